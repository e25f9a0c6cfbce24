"""The base class of every term of an objective: a weight, an interval, and a value per sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from mien.batch import Turn
from mien.config.schedules import Number


@dataclass(frozen=True, kw_only=True)
class Term:
    """One summand of a player's objective.

    weight: a number or a schedule over images. every: the term is due each k-th step of its player and is then scaled
    by k, so that its mean strength is the same (lazy regularization, StyleGAN2 section 3.1).
    """

    exact: ClassVar[bool] = False  # whether it differentiates twice, or small differences: its step is in float32

    weight: Number = 1.0
    every: int = 1

    def prepare(self, turn: Turn) -> None:
        """Set requires_grad on the images that this term differentiates, before any logit is computed."""

    def __call__(self, turn: Turn) -> Tensor:
        """Return the value of each sample [N], or [N,P] for P patches an image, before weighting."""
        raise TypeError(f"{type(self).__name__} must define __call__(turn) -> [N]")

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        """Return further numbers for the log: 0-dimensional tensors on the device."""
        return {}
