"""Labels where there are none: a linear probe learns from the pictures that have them, and says what it cannot tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.data.attributes import Group, groups
from mien.evaluation.image_sets import Side
from mien.metrics.linear_probe import FEWEST, learn
from mien.metrics.modes import CELLS, LEVELS, described
from mien.runtime.console import counted


@dataclass(frozen=True)
class FilledGroup:
    """One attribute: `told` pictures had it, `filled` got it, `unknown` stay without. On held-out folds: how often the
    probe is right (accuracy), how often the most frequent value would be (majority), and how often it is right where it
    is as sure as it had to be to fill a label (sure: in which share of pictures that is)."""

    name: str
    values: tuple[str, ...]
    told: int
    filled: int
    unknown: int
    accuracy: float | None
    majority: float | None
    accuracy_when_sure: float | None
    sure: float
    least: float | None  # the probability from which on a guess is taken


COARSER = 2  # cells along each side that `described` sees are joined, so that a head may be anywhere


def colours(side: Side) -> Tensor:
    """[N,432]: which colours are where, 27 of them in 4 x 4 cells. Extractors hardly look at colour, and labels of hair
    and eyes are colours: beside EfficientNet's features they raise the accuracy on anime hair from 69 to 77 %."""
    parts = []
    for pixels in side.batches(256):
        cells = described(np.array(pixels))[:, : CELLS**2 * LEVELS**3].view(-1, CELLS, CELLS, LEVELS**3)
        parts.append(torch.nn.functional.avg_pool2d(cells.permute(0, 3, 1, 2), COARSER).flatten(1))
    return torch.cat(parts)


def fill(
    features: Tensor, labels: np.ndarray, names: tuple[str, ...], accuracy: float
) -> tuple[np.ndarray, list[FilledGroup]]:
    """features [N,D]; labels [N,K], zeros where nobody knows. -> labels with what could be told at this accuracy."""
    result = labels.copy()
    attributes = groups(names, labels)
    found = []
    with counted("learning labels") as progress:
        for done, group in enumerate(attributes):
            found.append(fill_one(group, features, group.told(labels), result, accuracy))
            progress(done + 1, len(attributes))
    return result, found


def fill_one(group: Group, features: Tensor, told: np.ndarray, labels: np.ndarray, accuracy: float) -> FilledGroup:
    """`told` int [N], -1 where nobody knows: those columns of `labels` [N,K] are filled in place."""
    known, missing = int((told >= 0).sum()), np.flatnonzero(told < 0)
    if known < FEWEST or len(np.unique(told[told >= 0])) < 2:
        return FilledGroup(group.name, group.values, known, 0, len(missing), None, None, None, 0.0, None)
    learned = learn(features, told, len(group.values))
    least = learned.sure_from(accuracy)
    share, right = learned.when_sure(least)
    chances, guesses = learned.probe(features[missing].float()).max(1)
    values = np.where(chances.numpy() >= least, guesses.numpy(), -1)
    rows = np.zeros((len(missing), labels.shape[1]), labels.dtype)
    group.write(rows, values)
    for column in group.columns:
        labels[missing, column] = rows[:, column]
    filled = int((values >= 0).sum())
    return FilledGroup(
        group.name, group.values, known, filled, len(missing) - filled, learned.accuracy, learned.majority,
        None if math.isnan(right) else right, share, None if math.isinf(least) else least,
    )  # fmt: skip
