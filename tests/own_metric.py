"""A metric of a user's own, as `--metrics tests/own_metric.py:NAME` takes it."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.metrics.metric import Metric, Score, metric


@metric
class Brightness(Metric):
    """How far the fakes' mean is from the real ones'. It also reseeds the global generators: training must bear it."""

    name: ClassVar[str] = "brightness"
    reads = "pixels"

    def rows(self, pixels: np.ndarray) -> Tensor:
        torch.manual_seed(int(pixels.sum()))
        np.random.seed(int(pixels[0, 0, 0, 0]))
        return torch.from_numpy(pixels).double().mean((1, 2, 3))[:, None]

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        return {"brightness": Score(float((fake.mean() - real.mean()).abs()), real=0.0)}


@metric
class Wide(Brightness):
    name: ClassVar[str] = "spread"
    better = "higher"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        return {"spread": Score(float(fake.std()))}


@metric
class Broken(Brightness):
    name: ClassVar[str] = "broken"

    def rows(self, pixels: np.ndarray) -> Tensor:
        return torch.zeros(3)
