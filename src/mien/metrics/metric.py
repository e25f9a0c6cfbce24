"""A metric: rows of numbers for each image, and scores of the rows of real and of fake images.

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
import torch
from torch import Tensor

from mien.data.attributes import BINARY, Attribute

Reads = Literal["features", "logits", "pixels"]
M = TypeVar("M", bound="type[Metric]")

METRICS: dict[tuple[str, str], type[Metric]] = {}  # by the module that defines it, and its name
EARLIER_TEXTS = {
    "read right: ": "classified correctly: ",
    "reader of the built-in faces": "classifier of the built-in faces",
}
"""Texts of `Score.settings` in rows of version 0.1.0 -> their new words. The measures are the same."""


def current_text(value: object) -> object:
    """Return a value of a row of metrics.jsonl; a text of an earlier version in its new words."""
    if not isinstance(value, str):
        return value
    for old, new in EARLIER_TEXTS.items():
        value = value.replace(old, new)
    return value


@dataclass(frozen=True)
class Score:
    """One number of a metric.

    std: over the metric's own subsets. real: the same measure of the real images, if the metric has one. settings: what
    the number depends on besides the extractor. note: a remark that must accompany the number. better: set if it
    differs from the metric's. details: further facts, one on each line.
    """

    value: float
    std: float | None = None
    real: float | None = None
    settings: str | None = None
    note: str | None = None
    better: Literal["lower", "higher"] | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labels:
    """The labels of an image set: given labels of real images, requested labels of generated images.

    values: float32 [N,K]. names: K (`mien.data.attributes`). states_off: whether a label says that a binary attribute
    is off. A caption does not mention what is absent.
    """

    values: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    states_off: bool = True

    def decode(self, attribute: Attribute) -> np.ndarray:
        """Return the value of the attribute that each image has or should have: int64 [N]. -1: not known or not
        requested.
        """
        found = attribute.decode(self.values)
        return found if self.states_off or attribute.values != BINARY else np.where(found == 1, 1, -1)


class Metric:
    """A metric. Subclasses with settings are frozen dataclasses that need no arguments."""

    name: ClassVar[str]
    reads: ClassVar[Reads] = "features"
    better: ClassVar[Literal["lower", "higher"]] = "lower"
    needs_real: ClassVar[bool] = True  # False: `real` of `scores` is empty if no other metric needs real images
    needs_pairs: ClassVar[bool] = False  # True: each real image is the target of the generated image at the same index

    def rows(self, pixels: np.ndarray) -> Tensor:
        """Return rows [N,K] of uint8 [N,H,W,3]. Only for a metric that reads pixels. A row depends on its own image
        alone.
        """
        raise TypeError(f"{type(self).__name__} reads {self.reads}: only one that reads pixels has rows")

    def key(self) -> str | None:
        """Return everything that `rows` depends on, for the cache of real images. None: the rows are not cached."""
        return None

    def with_labels(self, real: Labels | None, fake: Labels | None) -> Metric:
        """Return the metric with the labels of both image sets. Most metrics need none."""
        return self

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        """Return scores by name, of the rows of N real and M generated images: [N,K] and [M,K], on the CPU, in
        order.
        """
        raise TypeError(f"{type(self).__name__} must define scores(real, fake) -> {{name: Score}}")


SAME_IMAGES = "both sets are the same images"


def same_rows(real: Tensor, fake: Tensor) -> bool:
    """Return whether [N,K] and [M,K] contain the same rows, in any order."""
    if real.shape != fake.shape:
        return False
    sums = [rows.sum(1, dtype=torch.float64) for rows in (real, fake)]
    orders = [column.argsort() for column in sums]
    if not torch.equal(sums[0][orders[0]], sums[1][orders[1]]):  # nearly always so for different rows: no copy is made
        return False
    return torch.equal(real[orders[0]], fake[orders[1]])


def metric(made: M) -> M:
    """Register a metric under its name."""
    METRICS[made.__module__, made.name] = made
    return made
