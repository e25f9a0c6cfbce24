"""What a direction changes in the built-in faces, whose attributes can be read from an image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.inference.generator import Generator
from mien.inference.latents.synthesis import draw, w_of
from mien.metrics.modes import SURE, AttributeClassifier

SEEDS, FAR = 256, 2.0  # images that are read on either side; strength to that side


@dataclass(frozen=True)
class Change:
    """share: of images that have another value of `attribute` on one side than on the other, at least. before, after:
    the values that lose and gain most from -FAR to +FAR."""

    attribute: str
    share: float
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.attribute} {self.share:.0%} ({self.before} to {self.after})"


def changes(generator: Generator, directions: Tensor, classifier: AttributeClassifier) -> list[Change]:
    """directions [K, …] -> for each the attribute that it changes most, of those that the classifier is sure of."""
    w = w_of(generator, range(SEEDS))
    return [most(classifier(draw(generator, w - FAR * way)), classifier(draw(generator, w + FAR * way)), classifier)
            for way in directions]  # fmt: skip


def most(left: Tensor, right: Tensor, classifier: AttributeClassifier) -> Change:
    """left, right: int64 [N, attributes], which value of each. The share is half the sum of what all values gain and
    lose: total variation."""
    found = []
    for place, one in enumerate(classifier.attributes):
        if one.accuracy < SURE:
            continue
        counts = [torch.bincount(side[:, place], minlength=len(one.values)) / len(side) for side in (left, right)]
        gained = counts[1] - counts[0]
        names = one.values[int(gained.argmin())], one.values[int(gained.argmax())]
        found.append(Change(one.name, float(gained.abs().sum()) / 2, *names))
    return max(found, key=lambda change: change.share)
