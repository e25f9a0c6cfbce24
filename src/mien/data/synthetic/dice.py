"""Random numbers of one drawn face, from a stream of its own."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Dice:
    """Random numbers for face number `index` of a seed, both from 0 to 2^64 - 1. `sample_face` has other numbers.

    All come from `Generator.random`, whose bits are the same on every machine.
    """

    def __init__(self, seed: int, index: int) -> None:
        key, place = np.array([seed, index], np.uint64), np.array([0, 0, 0, 1], np.uint64)
        self._random = np.random.Generator(np.random.Philox(counter=place, key=key))

    def uniform(self, low: float, high: float) -> float:
        """Return a number between low and high."""
        return low + (high - low) * self._random.random()

    def bell(self, reach: float) -> float:
        """Return a number between -reach and reach, most often near 0: the mean of three uniform numbers."""
        return reach * (sum(self._random.random() for _ in range(3)) / 1.5 - 1)

    def field(self, height: int, width: int) -> NDArray[np.float32]:
        """Return numbers between 0 and 1: float32 [height,width]."""
        return self._random.random((height, width), np.float32)

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self._random.random() < share

    def pick(self, weights: Mapping[T, float]) -> T:
        """Return one of the keys, each as often as its weight says."""
        values = list(weights)
        ends = list(accumulate(weights.values()))
        return values[bisect_right(ends, self._random.random() * ends[-1])]
