"""Path length regularization: equal steps in w give equal steps in the image (Karras et al. 2020, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mien.batch import Turn
from mien.config.schedules import Number
from mien.losses.functional import path_lengths
from mien.losses.term import Term
from mien.runtime import distributed

MEAN = "path_length/mean"  # in the game's memory


@dataclass(frozen=True, kw_only=True)
class PathLength(Term):
    """(|J^T y| - a)^2 for images of noise y and the running mean a of the lengths (eq. 4).

    J is the derivative of view "fake" by view "w". The noise is divided by the root of the number of pixels, and the
    squared length is averaged over the styles of an image, which makes weight 2 the paper's at any resolution:
    ln 2 / (r^2 (ln r - ln 2)), appendix B. decay: the share of the newest lengths in the mean.

    It costs a first and a second derivative of the synthesis. It shares the forward pass with the adversarial loss. The
    penalty on a part of the batch would need its own forward pass, so it would save little.
    """

    exact: ClassVar[bool] = True

    weight: Number = 2.0
    every: int = 4
    decay: float = 0.01

    def __call__(self, turn: Turn) -> Tensor:
        lengths = path_lengths(turn.views["fake"], turn.views["w"])
        newest = lengths.detach().mean()
        distributed.average([newest])
        mean = torch.lerp(turn.memory.get(MEAN, torch.zeros_like(newest)), newest, self.decay)
        turn.memory[MEAN] = mean
        return (lengths - mean).square()

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        return {"path length": turn.memory[MEAN]}
