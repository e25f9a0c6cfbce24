"""What every term of an objective shares: a weight, how often it is due, and a value per sample."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mien.batch import Turn
from mien.config.schedules import Number


@dataclass(frozen=True, kw_only=True)
class Term:
    """One summand of a player's objective.

    weight: a number or a schedule over images. every: the term is due each k-th step of its player and is then scaled
    by k, so that its mean strength stays (lazy regularization, StyleGAN2 section 3.1).
    """

    weight: Number = 1.0
    every: int = 1

    def prepare(self, turn: Turn) -> None:
        """Before any logit exists: ask the images that this term differentiates for their gradient."""

    def __call__(self, turn: Turn) -> Tensor:
        """-> [N], or [N,P] for P patches an image; before weighting."""
        raise TypeError(f"{type(self).__name__} must define __call__(turn) -> [N]")

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        """Further numbers for the log, each a 0-dimensional tensor that stays on the device."""
        return {}
