"""Monge Inception Distance: Berthet et al. 2026, "MIND: Monge Inception Distance for Generative Models Evaluation"
(arXiv 2605.06797).

It is the squared sliced 2-Wasserstein distance of two sets of D features, times 3 D. Each random direction projects all
features to numbers. The optimal transport between numbers keeps their order, so sorting gives the exact distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.metric import SAME_IMAGES, Metric, Score, metric, same_rows

BLOCK = 100  # directions at once: 80 MB for 50,000 images


@metric
@dataclass(frozen=True)
class MIND(Metric):
    """Lower is better; 0 for equal sets. The bias grows with smaller N: compare only numbers of the same N.

    NumPy's RandomState draws the directions, always the same ones. std: the standard error of the mean over them.
    The paper has equal numbers of images; here they may differ.
    """

    name: ClassVar[str] = "mind"

    directions: int = 1000  # two or more
    seed: int = 2020

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        if min(len(real), len(fake)) < 2:
            raise UsageError("mind needs 2 images or more of each kind: raise --num")
        settings = f"{self.directions} directions, seed {self.seed}"
        if same_rows(real, fake):  # rounding would give about 1e-12
            return {"mind": Score(0.0, settings=settings, note=SAME_IMAGES)}
        width = real.shape[1]
        directions = torch.from_numpy(np.random.RandomState(self.seed).standard_normal((self.directions, width)))
        distances = 3 * width * sliced_wasserstein(real.double(), fake.double(), directions)
        error = float(distances.std()) / math.sqrt(self.directions)
        return {"mind": Score(float(distances.mean()), error, settings=settings)}


def sliced_wasserstein(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    """Return the squared 2-Wasserstein distances [K] of rows [N,D] and [M,D], projected onto directions [K,D].

    The length of a direction has no effect.
    """
    units = directions / directions.norm(dim=1, keepdim=True)
    return torch.cat([wasserstein(x @ block.T, y @ block.T) for block in units.split(BLOCK)])


def wasserstein(x: Tensor, y: Tensor) -> Tensor:
    """Return the exact squared 2-Wasserstein distance [K] of the columns of [N,K] and [M,K].

    The i-th of N sorted values covers the shares i/N to (i+1)/N. A piece is a range of shares between two neighbouring
    edges of either side. If N = M, the pieces are the N pairs of equal rank.
    """
    n, m = len(x), len(y)
    edges = torch.cat([torch.arange(n + 1) * m, torch.arange(m + 1) * n]).unique()  # shares times N M: whole numbers
    pieces = edges.diff().to(x.dtype) / (n * m)
    start = edges[:-1]
    gaps = x.sort(0).values[start // m] - y.sort(0).values[start // n]
    distances: Tensor = pieces @ gaps.square()
    return distances
