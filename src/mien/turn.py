"""The ground of every game: batches become turns, a turn holds matches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor, nn


@dataclass
class Batch:
    """What one update of one player sees.

    image: [N,C,H,W] in [-1, 1]. label: [N,K] (one-hot, multi-hot or a text embedding) or None.
    source: [N,C,H,W] in [-1, 1] or None: the image that a translator starts from.
    seed: every random draw of the update (latents, dropout, interpolation) follows from it.
    """

    image: Tensor
    label: Tensor | None = None
    source: Tensor | None = None
    seed: int = 0


def unchanged(image: Tensor) -> Tensor:
    """The augmentation that does nothing."""
    return image


@dataclass
class Match:
    """One discriminator, real and fake images [N,C,H,W] in [-1, 1], one condition [N,K] or None.

    Logits [N] are computed on first use and shared by every term. A term that differentiates the logits by the
    images asks for it in `Term.prepare`, before any logit is computed; `augment` lies between image and discriminator,
    so that such a gradient is one of the un-augmented image.
    """

    discriminator: nn.Module
    real: Tensor
    fake: Tensor
    condition: Tensor | None = None
    augment: Callable[[Tensor], Tensor] = unchanged

    def logits(self, image: Tensor) -> Tensor:
        """[N,C,H,W] -> [N]"""
        return self.discriminator(self.augment(image), self.condition)

    @cached_property
    def real_logits(self) -> Tensor:
        return self.logits(self.real)

    @cached_property
    def fake_logits(self) -> Tensor:
        return self.logits(self.fake)


@dataclass
class Turn:
    """The matches of one player's update, and whatever else its terms may read by name ("fake", "z", "cycle_a")."""

    matches: list[Match]
    views: dict[str, Tensor] = field(default_factory=dict)
