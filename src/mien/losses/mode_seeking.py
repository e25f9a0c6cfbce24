"""Mode seeking: noise that differs is to draw images that differ."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mien.batch import Turn
from mien.losses.functional import mode_seeking_loss
from mien.losses.term import Term


@dataclass(frozen=True, kw_only=True)
class ModeSeeking(Term):
    """|z1 - z2| / |G(z1, c) - G(z2, c)|, mean absolute differences (Mao et al. 2019, eq. 3, turned over to fall).

    A generator that is told much of an image may take its variety from what it is told and none from z: with one label
    it then draws one image. The pairs are the first and the second half of the batch; to have one label each, the
    game draws `paired_labels`.
    """

    def __call__(self, turn: Turn) -> Tensor:
        return mode_seeking_loss(turn.views["z"], turn.views["fake"])
