"""Kernel Inception Distance: Binkowski et al. 2018, "Demystifying MMD GANs", section 4.

It is the unbiased squared maximum mean discrepancy with the kernel (x.y / D + 1)^3, as the mean over random subsets.
"""

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
    """Lower is better; about 0 for equal distributions. The number of images causes no bias.

    NumPy's RandomState draws the subsets, generated images before real ones, as in torch-fidelity.
    """

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
    """Return eq. 4 of the paper with m = n, for rows [n,D] and [n,D]. Sums are float64."""
    n = len(x)
    within = sum(kernel(z, z).sum() - kernel_diagonal(z).sum() for z in (x, y)) / (n * (n - 1))
    return float(within - 2 * kernel(x, y).sum() / n**2)


def kernel(x: Tensor, y: Tensor) -> Tensor:
    return ((x @ y.T).double() / x.shape[1] + 1) ** 3


def kernel_diagonal(x: Tensor) -> Tensor:
    squares: Tensor = torch.linalg.vecdot(x, x)
    return (squares.double() / x.shape[1] + 1) ** 3
