"""The distance of a translation from the target of its pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.metrics.metric import Metric, Reads, Score, metric


@metric
@dataclass(frozen=True)
class L1(Metric):
    """The mean absolute difference of all pixels, on the scale from -1 to 1, as in the loss of pix2pix.

    If a source has several correct targets, their median has the smallest distance, and the median is blurred. See
    `sharpness`.
    """

    name: ClassVar[str] = "l1"
    reads: ClassVar[Reads] = "pixels"
    needs_pairs: ClassVar[bool] = True

    def rows(self, pixels: np.ndarray) -> Tensor:
        """Return the images themselves: uint8 [N,H*W*3]."""
        return torch.from_numpy(pixels.reshape(len(pixels), -1))

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        apart = [(one.double() - other.double()).abs().mean() for one, other in zip(real, fake, strict=True)]
        return {"l1": Score(float(torch.stack(apart).mean()) / 127.5)}
