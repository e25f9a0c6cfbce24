"""The time that a training takes: in all sessions together, and in this one."""

from __future__ import annotations

import time

from mien.config.budget import Budget


class Clock:
    """Counts the seconds of training and the speed of this session; the time before `start` does not count.

    images, seconds: what the sessions before this one came to.
    """

    def __init__(self, images: int, seconds: float):
        self.before = (images, seconds)
        self.seconds = seconds  # trained until the last round, all sessions of the run together
        self.started = time.monotonic()

    def start(self) -> None:
        self.started = time.monotonic()

    def end_round(self) -> None:
        self.seconds = self.before[1] + self.since_start()

    def since_start(self) -> float:
        """Seconds of this session until now."""
        return time.monotonic() - self.started

    def in_session(self) -> float:
        """Seconds of this session until the last round."""
        return self.seconds - self.before[1]

    def speed(self, images: int) -> float:
        """Images a second in this session, which has come to so many images of the run."""
        return (images - self.before[0]) / max(self.in_session(), 1e-9)

    def remaining(self, images: int, budget: Budget) -> float:
        """Seconds to the end of the budget at this session's speed."""
        by_images = (budget.images - images) / max(self.speed(images), 1e-9)
        return max(0.0, min(by_images, budget.seconds - self.seconds))
