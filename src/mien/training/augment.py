"""Augmentation of what the discriminator sees, real and drawn pictures alike."""

from __future__ import annotations

from typing import Protocol

from mien.losses.term import Term
from mien.turn import Batch, Memory, Transform


class Augmentation(Protocol):
    """Settings that give each batch its transform, differentiable twice, and the discriminator its further terms."""

    def at(self, batch: Batch, memory: Memory) -> Transform:
        """The transform of this batch; it may draw from torch's generator, and keep what it must in `memory`."""
        ...

    def terms(self) -> dict[str, Term]:
        """What has to be watched in the discriminator's turn: a term of weight 0 that sees its logits."""
        ...
