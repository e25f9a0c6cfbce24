"""AFD, "anime face detection": the share of images in which a face detector finds a face.

Homework 6 of NTU's course on machine learning scores generators with it. The rate means nothing without the detector
and its rate on real images, so mien always gives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.detectors import Detector
from mien.metrics.metric import Metric, Reads, Score, metric


@metric
@dataclass(frozen=True)
class AFD(Metric):
    """Higher is better, up to about the rate of the real images. A higher rate means images more regular than the
    data.
    """

    name: ClassVar[str] = "afd"
    reads: ClassVar[Reads] = "pixels"
    better = "higher"

    detector: Detector | None = None

    def rows(self, pixels: np.ndarray) -> Tensor:
        """Return [N,1]: 1 where the detector finds a face, else 0."""
        if self.detector is None:
            raise UsageError("afd needs a detector: --detector human, a cascade file, or my_detector.py:function")
        return torch.from_numpy(self.detector(pixels)).float()[:, None]

    def key(self) -> str | None:
        return self.detector.key() if self.detector else None

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        settings = self.detector.name if self.detector else None
        return {"afd": Score(float(fake.double().mean()), real=float(real.double().mean()), settings=settings)}
