"""Fill missing labels with a linear probe that is trained on the labelled images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.data.attributes import Attribute, attributes_of
from mien.evaluation.image_sets import ImageSet
from mien.metrics.linear_probe import FEWEST, learn
from mien.metrics.modes import CELLS, LEVELS, described
from mien.runtime.console import counted


@dataclass(frozen=True)
class FilledAttribute:
    """The result for one attribute.

    Counts of images: `given` a label before, `filled` by the probe, and still `unknown`.

    Measured on held-out folds of the labelled images: the probe's accuracy; majority, the share of the most frequent
    value; accuracy_when_sure, where the probe is sure enough to fill a label; sure, the share of images where it is.
    """

    name: str
    values: tuple[str, ...]
    given: int
    filled: int
    unknown: int
    accuracy: float | None
    majority: float | None
    accuracy_when_sure: float | None
    sure: float
    least: float | None  # the smallest probability at which a prediction becomes a label


COARSER = 2  # cells of `described` joined along each axis, because heads differ in their position


def colours(side: ImageSet) -> Tensor:
    """Return the share of 27 colours in each of 4 x 4 cells, [N,432].

    Labels of hair and eyes are colours, but features of extractors hold little about colour. Together with
    EfficientNet's features, the shares raise the accuracy on anime hair from 69 to 77 %.
    """
    parts = []
    for pixels in side.batches(256):
        cells = described(np.array(pixels))[:, : CELLS**2 * LEVELS**3].view(-1, CELLS, CELLS, LEVELS**3)
        parts.append(torch.nn.functional.avg_pool2d(cells.permute(0, 3, 1, 2), COARSER).flatten(1))
    return torch.cat(parts)


def fill(
    features: Tensor, labels: np.ndarray, names: tuple[str, ...], accuracy: float
) -> tuple[np.ndarray, list[FilledAttribute]]:
    """Return (the labels [N,K] with the filled values, the result for each attribute).

    features: [N,D]. labels: [N,K]; zeros: unknown. accuracy: the accuracy that filled values must reach, 0 to 1.
    """
    result = labels.copy()
    attributes = attributes_of(names, labels)
    found = []
    with counted("filling labels") as progress:
        for done, attribute in enumerate(attributes):
            found.append(fill_one(attribute, features, attribute.decode(labels), result, accuracy))
            progress(done + 1, len(attributes))
    return result, found


def fill_one(
    attribute: Attribute, features: Tensor, given: np.ndarray, labels: np.ndarray, accuracy: float
) -> FilledAttribute:
    """Fill one attribute's columns of `labels` [N,K], in place. given: int [N], -1: unknown."""
    known, missing = int((given >= 0).sum()), np.flatnonzero(given < 0)
    if known < FEWEST or len(np.unique(given[given >= 0])) < 2:
        return FilledAttribute(attribute.name, attribute.values, known, 0, len(missing), None, None, None, 0.0, None)
    learned = learn(features, given, len(attribute.values))
    least = learned.sure_from(accuracy)
    share, right = learned.when_sure(least)
    chances, guesses = learned.probe(features[missing].float()).max(1)
    values = np.where(chances.numpy() >= least, guesses.numpy(), -1)
    rows = np.zeros((len(missing), labels.shape[1]), labels.dtype)
    attribute.encode(rows, values)
    for column in attribute.columns:
        labels[missing, column] = rows[:, column]
    filled = int((values >= 0).sum())
    return FilledAttribute(
        attribute.name, attribute.values, known, filled, len(missing) - filled, learned.accuracy, learned.majority,
        None if math.isnan(right) else right, share, None if math.isinf(least) else least,
    )  # fmt: skip
