"""Inception Score: Salimans et al. 2016, "Improved Techniques for Training GANs", section 4: exp E KL(p(y|x) || p(y)).

The score is high if each image clearly shows one ImageNet class and all images together show many classes. It says
little about faces. mien has it because papers report it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from torch import Tensor

from mien.metrics.metric import Metric, Reads, Score, metric


@metric
@dataclass(frozen=True)
class InceptionScore(Metric):
    """Higher is better, 1 to the number of classes. NumPy's RandomState shuffles the images, as in torch-fidelity."""

    name: ClassVar[str] = "is"
    reads: ClassVar[Reads] = "logits"
    better = "higher"
    needs_real: ClassVar[bool] = False

    splits: int = 10
    seed: int = 2020

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        splits = min(self.splits, len(fake))
        order = np.random.RandomState(self.seed).permutation(len(fake))
        logits = fake[order].double()
        edges = [index * len(fake) // splits for index in range(splits + 1)]
        values = [score(logits[start:stop]) for start, stop in pairwise(edges)]
        settings = f"{splits} splits, seed {self.seed}"
        return {"is": Score(float(np.mean(values)), float(np.std(values)), settings=settings)}


def score(logits: Tensor) -> float:
    """Return exp of the mean over images of KL(p(y|x) || mean p), for probabilities [n,K]."""
    log_p = logits.log_softmax(1)
    p = log_p.exp()
    return float((p * (log_p - p.mean(0).log())).sum(1).mean().exp())
