"""Mode coverage on the built-in faces, whose true distribution is known: which faces are generated, and how often.

A classifier predicts the attributes of each image. Each number comes with the classifier's accuracy on held-out faces
and with the same number for real faces. The classifier makes errors, and N images never have exactly the true shares.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.metric import Metric, Reads, Score, metric
from mien.metrics.resize import resize

COMBINED = ("hair", "style")  # the attributes whose combinations are counted
WHOLE = ("hair", "style", "eyes")  # also counted, as stacked MNIST counts its 1,000 modes (Metz et al. 2017)
SURE = 0.95  # attributes classified with less accuracy are listed but not scored
LEAST = 0.1  # a combination is covered if its share is a tenth of the true one or more, in one image or more
OFF, CHANCE = 1.5, 4.0  # a share is off by at least this factor and by more than this number of standard deviations
SIDE, CELLS, LEVELS, COARSE = 64, 8, 3, 16  # see `described`
RIDGE = 0.003  # of the mean diagonal
MOST_NAMED = 12


@dataclass(frozen=True)
class AttributeDistribution:
    """An attribute with its true distribution.

    values: their names. truth: the true share of each value. accuracy: of the classifier, on held-out faces.
    """

    name: str
    values: tuple[str, ...]
    truth: tuple[float, ...]
    accuracy: float = math.nan


@dataclass(frozen=True)
class AttributeClassifier:
    """A linear classifier of attributes, from the colours at each place of an image.

    weights: [D, values of all attributes]. view: a transform of the images, uint8 [N,H,W,3] -> the same shape.
    """

    attributes: tuple[AttributeDistribution, ...]
    weights: Tensor
    view: Callable[[np.ndarray], np.ndarray] = np.ascontiguousarray

    def __call__(self, pixels: np.ndarray) -> Tensor:
        """Return the value of each attribute: uint8 [N,H,W,3] -> int64 [N, attributes]."""
        found = (described(self.view(pixels)) @ self.weights).split([len(one.values) for one in self.attributes], 1)
        return torch.stack([scores.argmax(1) for scores in found], 1)

    def key(self) -> str:
        return f"classifier {hashlib.sha256(self.weights.numpy().tobytes()).hexdigest()}"


def described(pixels: np.ndarray) -> Tensor:
    """Return the classifier's input: uint8 [N,H,W,3] -> float32 [N,D].

    It contains the share of each of 27 colours (three levels for each channel) in each of 8 x 8 cells. Square roots of
    the shares give weight to a few pixels, for example an iris. It also contains the image at 16 x 16, and a 1.
    """
    planes = resize(torch.from_numpy(np.ascontiguousarray(pixels)), SIDE, SIDE, "clean")
    red, green, blue = (planes * (LEVELS / 256)).long().unbind(1)
    colours, cell = LEVELS**3, SIDE // CELLS
    row, column = torch.arange(SIDE)[:, None] // cell, torch.arange(SIDE) // cell
    place = torch.arange(len(pixels))[:, None, None] * CELLS**2 + row * CELLS + column
    index = place * colours + (red * LEVELS + green) * LEVELS + blue
    counts = torch.bincount(index.flatten(), minlength=len(pixels) * CELLS**2 * colours).view(len(pixels), -1)
    small = torch.nn.functional.avg_pool2d(planes, SIDE // COARSE).flatten(1) / 127.5 - 1
    return torch.cat([(counts / cell**2).sqrt(), small, torch.ones(len(pixels), 1)], 1)


def learn(
    images: np.ndarray,
    values: np.ndarray,
    attributes: tuple[AttributeDistribution, ...],
    held_out: int,
    view: Callable[[np.ndarray], np.ndarray] = np.ascontiguousarray,
) -> AttributeClassifier:
    """Return a classifier trained on images uint8 [N,H,W,3] with values int [N, attributes].

    The last `held_out` images only measure the accuracy.
    """
    learned = len(images) - held_out
    rows = torch.cat([described(view(part)) for part in np.array_split(images[:learned], 1 + learned // 256)]).double()
    answers = torch.from_numpy(values[:learned])
    wanted = [torch.nn.functional.one_hot(answers[:, i], len(one.values)) for i, one in enumerate(attributes)]
    gram = rows.T @ rows
    gram.diagonal().add_(RIDGE * float(gram.diagonal().mean()))
    weights = torch.linalg.solve(gram, rows.T @ torch.cat(wanted, 1).double()).float()
    classifier = AttributeClassifier(attributes, weights, view)
    right = (classifier(images[learned:]).numpy() == values[learned:]).mean(0)
    known = (
        AttributeDistribution(one.name, one.values, one.truth, float(share)) for one, share in zip(attributes, right)
    )
    return AttributeClassifier(tuple(known), weights, view)


@metric
@dataclass(frozen=True)
class Modes(Metric):
    """modes: the number of covered combinations of hair colour and style; higher is better.

    modes_tv: the total variation distance of their shares from the true ones (half the sum of differences), 0 to 1;
    lower is better.
    """

    name: ClassVar[str] = "modes"
    reads: ClassVar[Reads] = "pixels"
    better = "higher"

    classifier: AttributeClassifier | None = None

    def rows(self, pixels: np.ndarray) -> Tensor:
        """Return the values of all attributes, [N, attributes]."""
        return self.able()(pixels)

    def able(self) -> AttributeClassifier:
        if self.classifier is None:
            raise UsageError("modes needs the built-in faces, whose attributes are known: give --data drawn")
        return self.classifier

    def key(self) -> str | None:
        return self.classifier.key() if self.classifier else None

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        attributes = self.able().attributes
        pairs = Combinations(attributes, COMBINED)
        unsure = [one for one in attributes if one.accuracy < SURE]
        doubt = ", ".join(one.name for one in unsure if one.name in COMBINED)
        settings = f"{' × '.join(COMBINED)}, {len(pairs.truth)} combinations, {pairs.accuracies()}"
        note = f"{doubt}: the classifier is not accurate enough at this size" if doubt else None
        details = [
            *(shares(one, fake[:, i]) for i, one in enumerate(attributes) if one not in unsure),
            *([f"not scored, accuracy below {SURE:.0%}: {', '.join(map(accuracy, unsure))}"] if unsure else []),
            *off([(i, one) for i, one in enumerate(attributes) if one not in unsure], fake),
            *pairs.lacking(fake),
            Combinations(attributes, WHOLE).covered_in_words(real, fake),
        ]
        return {
            "modes": Score(pairs.covered(fake), None, pairs.covered(real), settings, note, details=tuple(details)),
            "modes_tv": Score(pairs.distance(fake), None, pairs.distance(real), settings, note, better="lower"),
        }


class Combinations:
    """The combinations of several attributes. The true attributes are independent of each other."""

    def __init__(self, attributes: tuple[AttributeDistribution, ...], names: tuple[str, ...]):
        self.parts = [one for name in names for one in attributes if one.name == name]
        self.columns = [[one.name for one in attributes].index(part.name) for part in self.parts]
        self.truth = torch.tensor([math.prod(shares) for shares in product(*(part.truth for part in self.parts))])

    def counts(self, rows: Tensor) -> Tensor:
        """Return the count of each combination: values [N, attributes] -> int64 [combinations]."""
        index = torch.zeros(len(rows), dtype=torch.int64)
        for part, column in zip(self.parts, self.columns, strict=True):
            index = index * len(part.values) + rows[:, column]
        return torch.bincount(index, minlength=len(self.truth))

    def is_covered(self, rows: Tensor) -> Tensor:
        """Return which combinations count as covered: bool [combinations]."""
        return self.counts(rows) >= (LEAST * len(rows) * self.truth).clamp_min(1)

    def covered(self, rows: Tensor) -> float:
        return float(self.is_covered(rows).sum())

    def distance(self, rows: Tensor) -> float:
        return distance(self.counts(rows) / len(rows), self.truth)

    def accuracies(self) -> str:
        return "classified correctly: " + ", ".join(map(accuracy, self.parts))

    def lacking(self, rows: Tensor) -> list[str]:
        names = [" ".join(values) for values in product(*(part.values for part in self.parts))]
        missing = [name for name, there in zip(names, self.is_covered(rows)) if not there]
        what = f"{' × '.join(part.name for part in self.parts)} missing or nearly missing"
        return [f"{what}: {len(missing)} of {len(names)}: {listed(missing)}"] if missing else []

    def covered_in_words(self, real: Tensor, fake: Tensor) -> str:
        what = " × ".join(part.name for part in self.parts)
        return (
            f"{what}: {self.covered(fake):,.0f} of {len(self.truth):,} combinations are in {len(fake):,} images, "
            f"{self.covered(real):,.0f} in {len(real):,} real ones"
        )


def distance(found: Tensor, truth: Tensor) -> float:
    """Return the total variation distance between two vectors of shares."""
    return float((found - truth).abs().sum() / 2)


def shares(one: AttributeDistribution, column: Tensor) -> str:
    """Return "hair: aqua 8.1%, black 9.0%, …; expected 8.3% each; distance 0.031; classified correctly: 99.9%"."""
    fake = shares_of(column, len(one.values))
    found = ", ".join(f"{value} {share:.1%}" for value, share in zip(one.values, fake.tolist()))
    if len(set(one.truth)) == 1:
        truth = f"{one.truth[0]:.1%} each"
    else:
        truth = ", ".join(f"{value} {share:.1%}" for value, share in zip(one.values, one.truth))
    apart = distance(fake, torch.tensor(one.truth))
    return f"{one.name}: {found}; expected {truth}; distance {apart:.3f}; classified correctly: {one.accuracy:.1%}"


def off(attributes: list[tuple[int, AttributeDistribution]], rows: Tensor) -> list[str]:
    """Return lines about the values that are generated too seldom or too often, or one line if there are none."""
    found: dict[str, list[str]] = {"too seldom": [], "too often": []}
    count = len(rows)
    for column, one in attributes:
        fake = shares_of(rows[:, column], len(one.values)).tolist()
        for value, share, truth in zip(one.values, fake, one.truth, strict=True):
            if abs(share - truth) <= CHANCE * math.sqrt(truth * (1 - truth) / count):
                continue
            what = f"{value} {one.name} {share:.1%} (expected {truth:.1%})".replace("_", " ")
            if share * OFF <= truth:
                found["too seldom"].append(what)
            if share >= OFF * truth:
                found["too often"].append(what)
    lines = [f"{how}: {listed(what)}" for how, what in found.items() if what]
    return lines or ["no value's share is off by half and by more than chance"]


def shares_of(column: Tensor, values: int) -> Tensor:
    return torch.bincount(column, minlength=values) / len(column)


def accuracy(one: AttributeDistribution) -> str:
    return f"{one.name} {one.accuracy:.1%}"


def listed(words: list[str]) -> str:
    more = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
