"""A linear probe: softmax regression from an extractor's features to the values of one attribute.

Cross-validation chooses the strength of the L2 penalty. The same held-out folds give the probability above which
predictions reach a required accuracy. No probe judges an image that it was trained on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

STRENGTHS = (0.3, 0.1, 0.03, 0.01, 0.003)  # of the penalty; features have variance 1
FOLDS = 5
STEPS = 30  # of L-BFGS, at most
MOST = 20_000  # images that the probe is trained on: more images change nothing visible
FEWEST = 50  # held-out images that an accuracy needs


@dataclass(frozen=True)
class Probe:
    """mean, scale [D]: of the features in training. weights [D + 1, V]."""

    mean: Tensor
    scale: Tensor
    weights: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Return the probability of each value: features [N,D] -> [N,V]."""
        return logits(self.weights, (features - self.mean) / self.scale).softmax(1)


@dataclass(frozen=True)
class Learned:
    """A probe and its accuracy. accuracy, guessed [N], chances [N,V]: on held-out folds.

    `rows`: the rows of the input that the probe was trained on. majority: the accuracy of always predicting the most
    frequent value.
    """

    probe: Probe
    strength: float
    rows: np.ndarray
    chances: Tensor
    truth: Tensor
    majority: float

    @property
    def accuracy(self) -> float:
        return float((self.chances.argmax(1) == self.truth).float().mean())

    def sure_from(self, accuracy: float) -> float:
        """Return the smallest probability above which held-out predictions have this accuracy.

        0: all predictions together have it. Infinite: fewer than FEWEST predictions can have it.
        """
        most, guessed = self.chances.max(1)
        order = most.argsort(descending=True, stable=True)
        right = (guessed == self.truth)[order].double().cumsum(0) / torch.arange(1, len(order) + 1)
        enough = (right >= accuracy).nonzero().flatten()
        last = int(enough[-1]) if len(enough) else -1
        if last + 1 == len(order):
            return 0.0
        return float(most[order[last]]) if last + 1 >= FEWEST else math.inf

    def when_sure(self, least: float) -> tuple[float, float]:
        """Return (the share of held-out images with at least this probability, the accuracy on them)."""
        most, guessed = self.chances.max(1)
        sure = most >= least
        right = (guessed == self.truth)[sure].float()
        return float(sure.float().mean()), float(right.mean()) if len(right) else math.nan


def learn(features: Tensor, values: np.ndarray, count: int) -> Learned:
    """Return a probe for features [N,D] and values int [N] in 0 … count-1, or -1 if not known.

    The same input gives the same probe.
    """
    generator = np.random.Generator(np.random.Philox(0))
    rows = generator.permutation(np.flatnonzero(values >= 0))[:MOST]
    known, truth = features[rows].float(), torch.from_numpy(np.asarray(values)[rows])
    fold = torch.arange(len(rows)) % FOLDS
    # The search for the next weights starts at the weights of the stronger penalty.
    starts: list[Tensor | None] = [None] * FOLDS
    best, strength, chances = math.inf, STRENGTHS[0], torch.empty(0)
    for candidate in STRENGTHS:
        held_out = torch.zeros(len(rows), count)
        for number in range(FOLDS):
            out = fold == number
            probe = fit(known[~out], truth[~out], count, candidate, starts[number])
            starts[number] = probe.weights
            held_out[out] = probe(known[out])
        loss = float(-held_out.gather(1, truth[:, None]).clamp_min(1e-9).log().mean())
        if loss >= best:
            break  # a weaker penalty would only be worse: the loss has one minimum
        best, strength, chances = loss, candidate, held_out
    majority = float(torch.bincount(truth, minlength=count).max() / len(truth))
    return Learned(fit(known, truth, count, strength), strength, rows, chances, truth, majority)


def fit(features: Tensor, values: Tensor, count: int, strength: float, start: Tensor | None = None) -> Probe:
    """Return the probe with the smallest loss on features [N,D] and values int64 [N].

    The loss is the mean cross-entropy plus strength/2 times the squared weights (not the biases).
    """
    mean, scale = features.mean(0), features.std(0).clamp_min(1e-6)
    rows = (features - mean) / scale
    weights = features.new_zeros(rows.shape[1] + 1, count) if start is None else start.clone()
    weights.requires_grad_(True)
    search = torch.optim.LBFGS([weights], max_iter=STEPS, tolerance_change=1e-7, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits(weights, rows), values)
        loss = loss + 0.5 * strength * weights[:-1].square().sum()
        loss.backward()
        return loss

    search.step(closure)
    return Probe(mean, scale, weights.detach())


def logits(weights: Tensor, rows: Tensor) -> Tensor:
    return rows @ weights[:-1] + weights[-1]
