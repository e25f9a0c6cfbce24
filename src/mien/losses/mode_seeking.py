"""Mode seeking: different noise should give different images."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mien.batch import Turn
from mien.losses.functional import mode_seeking_loss
from mien.losses.term import Term


@dataclass(frozen=True, kw_only=True)
class ModeSeeking(Term):
    """|z1 - z2| / |G(z1, c) - G(z2, c)|, mean absolute differences (the inverse of Mao et al. 2019, eq. 3).

    A generator with detailed labels may ignore z: then it generates only one image for each label. The pairs are the
    first and the second half of the batch. The game's option `paired_labels` gives each pair one label.
    """

    def __call__(self, turn: Turn) -> Tensor:
        return mode_seeking_loss(turn.views["z"], turn.views["fake"])
