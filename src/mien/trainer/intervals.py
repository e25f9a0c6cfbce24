"""When something is due, as a function of images alone: often at first, when much changes, then ever less often."""

from __future__ import annotations

from collections.abc import Iterator


def ticks(first: int, growth: float) -> Iterator[int]:
    """first, 2*first, … with gaps that widen to `growth` of the tick itself (in whole multiples of `first`).

    growth 0.12: 1, 2, 3 … 16, 17, 19, 21 kimg …; growth 1: 1, 2, 4, 8 kimg …
    """
    tick = first
    while True:
        yield tick
        tick += max(first, int(tick * growth) // first * first)


class Ticks:
    """The ticks after `images`, asked for as training goes on."""

    def __init__(self, first: int, growth: float, images: int):
        self.ahead = ticks(first, growth)
        self.next = next(self.ahead)
        self.due(images)

    def due(self, images: int) -> int | None:
        """The last tick that `images` has reached since the last call, if there is one."""
        reached = None
        while self.next <= images:
            reached, self.next = self.next, next(self.ahead)
        return reached
