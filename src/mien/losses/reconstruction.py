"""The distance of an image from its target: the supervised part of a translation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mien.batch import Turn
from mien.losses.term import Term


@dataclass(frozen=True, kw_only=True)
class L1(Term):
    """The mean absolute difference of two named views, in units of [-1, 1] (Isola et al. 2017, eq. 3; the cycle and
    the identity of Zhu et al. 2017, eq. 2 and section 5.2)."""

    a: str
    b: str

    def __call__(self, turn: Turn) -> Tensor:
        return (turn.views[self.a] - turn.views[self.b]).abs().flatten(1).mean(1)
