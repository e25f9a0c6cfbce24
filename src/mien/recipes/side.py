"""The parts of a recipe: its sides, and the options of its data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn

from mien.config.spec import Spec
from mien.errors import UsageError
from mien.losses.term import Term
from mien.training.optimizer import Adam, OptimizerSettings

SIDES = ("discriminator", "generator")


@dataclass(frozen=True)
class WeightClip:
    """Clips each weight to [-limit, limit] after each step (WGAN, Arjovsky et al. 2017, algorithm 1)."""

    limit: float = 0.01

    @torch.no_grad()
    def __call__(self, module: nn.Module) -> None:
        for parameter in module.parameters():
            if parameter.requires_grad:  # in its player's update, all trained parameters do
                parameter.clamp_(-self.limit, self.limit)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One player of the game: its network and the settings of its training.

    network: `resolution` (height, width) and `channels` are added when the game builds it. terms: besides the
    adversarial loss, whose weight is `loss_weight`. updates: steps a round (n_critic, of a discriminator). constraint:
    applied after each step. frozen_layers: the number of first layers that are not trained (FreezeD, Mo et al. 2020).
    """

    network: Spec[nn.Module] = field(metadata={"flat": True})
    optimizer: OptimizerSettings = field(default_factory=Adam)
    terms: dict[str, Term] = field(default_factory=dict)
    loss_weight: float = 1.0
    updates: int = 1
    constraint: WeightClip | None = None
    frozen_layers: int = 0


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """The options of the images of a training.

    resolution: (height, width). mirror: flip images at random. jitter: enlarge images by this share, and crop them at
    a random position. direction: of a translation, AtoB or BtoA.
    """

    resolution: tuple[int, int] = (64, 64)
    channels: int = 3
    mirror: bool = False
    jitter: float = 0.0
    direction: Literal["AtoB", "BtoA"] = "AtoB"

    def __post_init__(self) -> None:
        if not 0 <= self.jitter <= 1:
            raise UsageError(f"jitter={self.jitter:g}: an image can be enlarged by a share from 0 to 1")
