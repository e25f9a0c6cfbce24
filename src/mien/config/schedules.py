"""Numbers that may change with the images shown to the discriminator. `at` reads them; a plain float is constant."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cosine:
    """`start` until `begin` images, then along half a cosine to `end` at `images`, then constant (R3GAN, appendix)."""

    start: float
    end: float
    images: int
    begin: int = 0

    def __call__(self, images: int) -> float:
        share = min(max(images - self.begin, 0) / max(self.images - self.begin, 1), 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1.0 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Linear:
    """`start` until `begin` images, then on a straight line to `end` at `images`, then constant."""

    start: float
    end: float
    images: int
    begin: int = 0

    def __call__(self, images: int) -> float:
        share = min(max(images - self.begin, 0) / max(self.images - self.begin, 1), 1.0)
        return self.start + (self.end - self.start) * share


Schedule = Cosine | Linear
Number = float | Schedule


def at(number: Number, images: int) -> float:
    """Return the number's value after `images` images."""
    return float(number) if isinstance(number, int | float) else number(images)
