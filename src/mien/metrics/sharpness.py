"""The difference of neighbouring pixels: blur decreases it, noise increases it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.metrics.metric import Metric, Reads, Score, metric


@metric
@dataclass(frozen=True)
class Sharpness(Metric):
    """The mean absolute difference of a pixel from its right and its lower neighbour, in levels from 0 to 255.

    The best value is that of the real images. A lower value means blur, a higher value means noise.
    """

    name: ClassVar[str] = "sharpness"
    reads: ClassVar[Reads] = "pixels"
    better = "higher"

    def rows(self, pixels: np.ndarray) -> Tensor:
        """Return [N,1]."""
        levels = torch.from_numpy(pixels).double()
        down, right = (levels.diff(dim=axis).abs().mean((1, 2, 3)) for axis in (1, 2))
        return ((down + right) / 2)[:, None]

    def key(self) -> str:
        return "mean step"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        return {"sharpness": Score(float(fake.mean()), real=float(real.mean()))}
