"""Precision, recall, density and coverage.

Improved precision and recall: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric". Density and coverage:
Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics". All use balls around each point, with the distance to the
k-th neighbour as radius.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.metric import Metric, Score, metric

BLOCK = 1000  # rows of distances in memory at once


@metric
@dataclass(frozen=True)
class PrecisionRecall(Metric):
    """Higher is better. Values lie in 0 to 1; density may exceed 1.

    Precision and density measure how real the generated images look. Recall and coverage measure how much of the real
    variety they have.
    """

    name: ClassVar[str] = "pr"
    better = "higher"

    k: int = 3  # of precision and recall
    k_density: int = 5  # of density and coverage

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        k, wider = self.k, self.k_density
        if min(len(real), len(fake)) <= wider:
            raise UsageError(f"pr needs more than {wider} images of each kind: raise --num")
        real, fake = real.double(), fake.double()
        real_radii, fake_radii = radii(real, (k, wider)), radii(fake, (k,))[0]
        in_fake = [(torch.cdist(block, fake) <= fake_radii).any(1) for block in real.split(BLOCK)]
        in_real, balls, covered = [], [], torch.zeros(len(real), dtype=torch.bool)
        for block in fake.split(BLOCK):
            distances = torch.cdist(block, real)
            in_real.append((distances <= real_radii[0]).any(1))
            within = distances < real_radii[1]
            balls.append(within.sum(1))
            covered |= within.any(0)
        values = {
            "precision": (torch.cat(in_real), f"k {k}"),
            "recall": (torch.cat(in_fake), f"k {k}"),
            "density": (torch.cat(balls) / wider, f"k {wider}"),
            "coverage": (covered, f"k {wider}"),
        }
        return {name: Score(float(value.double().mean()), settings=k) for name, (value, k) in values.items()}


def radii(points: Tensor, neighbours: tuple[int, ...]) -> list[Tensor]:
    """Return for each k the distances [N] of each point of [N,D] to its k-th nearest other point."""
    blocks = []
    for start in range(0, len(points), BLOCK):
        distances = torch.cdist(points[start : start + BLOCK], points)
        own = torch.arange(len(distances))
        distances[own, start + own] = -1.0  # the point itself comes first, even if the set contains a copy of it
        blocks.append(distances.topk(max(neighbours) + 1, largest=False, sorted=True).values)
    nearest = torch.cat(blocks)
    return [nearest[:, k] for k in neighbours]
