"""The intervals between statistics, samples and validations. They depend on images alone, and grow with them."""

from __future__ import annotations

from collections.abc import Iterator


def ticks(first: int, growth: float) -> Iterator[int]:
    """Yield first, 2*first, … with intervals that grow to `growth` times the tick (in multiples of `first`).

    growth 0.12: 1, 2, 3 … 16, 17, 19, 21 kimg …; growth 1: 1, 2, 4, 8 kimg …
    """
    tick = first
    while True:
        yield tick
        tick += max(first, int(tick * growth) // first * first)


class Ticks:
    """The ticks after `images`, in order."""

    def __init__(self, first: int, growth: float, images: int):
        self.ahead = ticks(first, growth)
        self.next = next(self.ahead)
        self.due(images)

    def due(self, images: int) -> int | None:
        """Return the last tick that `images` has reached since the last call, or None."""
        reached = None
        while self.next <= images:
            reached, self.next = self.next, next(self.ahead)
        return reached
