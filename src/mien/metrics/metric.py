"""A metric: what to look at in each picture, and what to make of what was seen in real and in fake ones.

    @metric
    class Steepness(Metric):
        name, reads = "steepness", "pixels"
        def rows(self, pixels): ...              # uint8 [N,H,W,3] -> [N,K], a batch at a time
        def scores(self, real, fake): ...        # [N,K] and [M,K] -> {"steepness": Score(value)}

A metric that reads "features" or "logits" leaves `rows` out: an extractor makes them, one pass for all metrics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeVar

import numpy as np
from torch import Tensor

from mien.data.attributes import SWITCH, Group

Reads = Literal["features", "logits", "pixels"]
M = TypeVar("M", bound="type[Metric]")

METRICS: dict[tuple[str, str], type[Metric]] = {}  # by the module that it is written in, and its name


@dataclass(frozen=True)
class Score:
    """One number. std: over the metric's own subsets. real: the same measure of the real pictures, where it has one.
    settings: what the number depends on besides the extractor. note: what has to be said with it. better: where it is
    not as the metric says. details: what one number cannot tell, a line each."""

    value: float
    std: float | None = None
    real: float | None = None
    settings: str | None = None
    note: str | None = None
    better: Literal["lower", "higher"] | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labels:
    """What the pictures of a side are, or were asked to be. values: float32 [N,K], names: K (`mien.data.attributes`).
    tells_off: whether a switch that is off was told; a caption does not say what is not there."""

    values: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    tells_off: bool = True

    def told(self, group: Group) -> np.ndarray:
        """int64 [N], which value of an attribute each picture has or should have; -1: not known, not asked for"""
        found = group.told(self.values)
        return found if self.tells_off or group.values != SWITCH else np.where(found == 1, 1, -1)


class Metric:
    """Subclasses are frozen dataclasses where they have settings, and can be made without arguments."""

    name: ClassVar[str]
    reads: ClassVar[Reads] = "features"
    better: ClassVar[Literal["lower", "higher"]] = "lower"
    needs_real: ClassVar[bool] = True  # False: `scores` is given an empty `real` when nothing else reads real ones
    needs_pairs: ClassVar[bool] = False  # True: each real picture is the target of the fake one in its place

    def rows(self, pixels: np.ndarray) -> Tensor:
        """uint8 [N,H,W,3] -> [N,K]. Only for a metric that reads pixels; each row depends on its own picture alone."""
        raise TypeError(f"{type(self).__name__} reads {self.reads}: only one that reads pixels has rows")

    def key(self) -> str | None:
        """All that `rows` depends on: what is kept of the real pictures goes by it. None: keep nothing."""
        return None

    def told(self, real: Labels | None, fake: Labels | None) -> Metric:
        """The metric with what the pictures of both sides are or were asked to be; most need none of it."""
        return self

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        """What was seen of N real and of M fake pictures, in their order, [N,K] and [M,K] in memory of the processor
        -> one number or several, by name."""
        raise TypeError(f"{type(self).__name__} must define scores(real, fake) -> {{name: Score}}")


def metric(made: M) -> M:
    """Enter a metric under its name."""
    METRICS[made.__module__, made.name] = made
    return made
