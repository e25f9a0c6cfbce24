"""Labels for directions: which attribute of the built-in faces a direction changes most."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.inference.generator import Generator
from mien.inference.latents.synthesis import images_of, w_of
from mien.metrics.modes import SURE, AttributeClassifier

SEEDS, FAR = 256, 2.0  # images that are classified on each side; strength of each side


@dataclass(frozen=True)
class Change:
    """The change of one attribute from strength -FAR to +FAR.

    share: at least this share of images changes its value. before, after: the values that lose and gain most.
    """

    attribute: str
    share: float
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.attribute} {self.share:.0%} ({self.before} to {self.after})"


def changes(generator: Generator, directions: Tensor, classifier: AttributeClassifier) -> list[Change]:
    """The attribute that each direction [K, …] changes most, of those with a classifier accuracy of at least SURE."""
    w = w_of(generator, range(SEEDS))
    sides = ([classifier(images_of(generator, w + far * way)) for far in (-FAR, FAR)] for way in directions)
    return [most(left, right, classifier) for left, right in sides]


def most(left: Tensor, right: Tensor, classifier: AttributeClassifier) -> Change:
    """The largest change by total variation. left, right: int64 [N, attributes], indices of values."""
    found = []
    for column, one in enumerate(classifier.attributes):
        if one.accuracy < SURE:
            continue
        counts = [torch.bincount(side[:, column], minlength=len(one.values)) / len(side) for side in (left, right)]
        gained = counts[1] - counts[0]
        names = one.values[int(gained.argmin())], one.values[int(gained.argmax())]
        found.append(Change(one.name, float(gained.abs().sum()) / 2, *names))
    return max(found, key=lambda change: change.share)
