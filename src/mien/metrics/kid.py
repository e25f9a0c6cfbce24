"""Kernel Inception Distance: Binkowski et al. 2018, "Demystifying MMD GANs", section 4: the squared maximum mean
discrepancy under the kernel (x.y / D + 1)^3, unbiased, as the mean over random subsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.metric import SAME_IMAGES, Metric, Score, metric, same_rows


@metric
@dataclass(frozen=True)
class KID(Metric):
    """Lower is better; around 0 for equal distributions, and no bias by N. Subsets are drawn by NumPy's RandomState,
    fake before real, as torch-fidelity draws them."""

    name: ClassVar[str] = "kid"

    subsets: int = 100
    size: int = 1000
    seed: int = 2020

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        size = min(self.size, len(real), len(fake))
        if size < 2:
            raise UsageError("kid needs 2 images or more of each kind: raise --num")
        settings = f"{self.subsets} subsets of {size}, seed {self.seed}"
        if same_rows(real, fake):  # two different subsets of one set would differ by chance
            return {"kid": Score(0.0, 0.0, settings=settings, note=SAME_IMAGES)}
        draw = np.random.RandomState(self.seed)
        values = []
        for _ in range(self.subsets):
            ours = fake[draw.choice(len(fake), size, replace=False)]
            theirs = real[draw.choice(len(real), size, replace=False)]
            values.append(discrepancy(ours, theirs))
        note = f"subsets of {size:,}, not {self.size:,}: there are no more images" if size < self.size else None
        return {"kid": Score(float(np.mean(values)), float(np.std(values)), settings=settings, note=note)}


def discrepancy(x: Tensor, y: Tensor) -> float:
    """[n,D], [n,D] -> the paper's eq. 4 with m = n; sums in float64."""
    n = len(x)
    within = sum(kernel(z, z).sum() - kernel_diagonal(z).sum() for z in (x, y)) / (n * (n - 1))
    return float(within - 2 * kernel(x, y).sum() / n**2)


def kernel(x: Tensor, y: Tensor) -> Tensor:
    return ((x @ y.T).double() / x.shape[1] + 1) ** 3


def kernel_diagonal(x: Tensor) -> Tensor:
    squares: Tensor = torch.linalg.vecdot(x, x)
    return (squares.double() / x.shape[1] + 1) ** 3
