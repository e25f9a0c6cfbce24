"""The time of a training: of all sessions together, and of this one."""

from __future__ import annotations

import time

from mien.config.budget import Budget


class Clock:
    """Measures the seconds of training and the speed of this session. The time before `start` does not count.

    images, seconds: the sums of the sessions before this one.
    """

    def __init__(self, images: int, seconds: float):
        self.before = (images, seconds)
        self.seconds = seconds  # trained until the last round, all sessions of the run together
        self.started = time.monotonic()

    def start(self) -> None:
        self.started = time.monotonic()

    def end_round(self) -> None:
        self.seconds = self.before[1] + self.since_start()

    def skip(self, seconds: float) -> None:
        """Leave out a pause: it is no time of training."""
        self.started += seconds

    def since_start(self) -> float:
        """Return the seconds of this session until now."""
        return time.monotonic() - self.started

    def in_session(self) -> float:
        """Return the seconds of this session until the last round."""
        return self.seconds - self.before[1]

    def speed(self, images: int) -> float:
        """Return the images a second of this session. images: of all sessions of the run so far."""
        return (images - self.before[0]) / max(self.in_session(), 1e-9)

    def remaining(self, images: int, budget: Budget) -> float:
        """Return the seconds to the end of the budget at this session's speed."""
        by_images = (budget.images - images) / max(self.speed(images), 1e-9)
        return max(0.0, min(by_images, budget.seconds - self.seconds))
