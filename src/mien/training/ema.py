"""Moving average of the generators' weights, its memory given as a half-life in images (StyleGAN2, R3GAN)."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mien.config.schedules import Number, at


@dataclass(frozen=True)
class EMA:
    """The settings of the moving average.

    half_life: images after which an old weight counts half. ramp: the half-life is at most `ramp` times the images so
    far (StyleGAN2-ADA: 0.05). So the average follows the quick changes at the start.
    """

    half_life: Number = 10_000
    ramp: float = 0.05

    def decay(self, images: int, batch_size: int) -> float:
        """Return the factor of the old average in a step of `batch_size` images."""
        half_life = min(at(self.half_life, images), self.ramp * images) if self.ramp else at(self.half_life, images)
        return 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0


class MovingAverage:
    """Averaged copies of networks, ready to generate (in evaluation mode, frozen)."""

    def __init__(self, settings: EMA, modules: dict[str, nn.Module]):
        self.settings = settings
        self.sources = modules
        self.modules = {name: copy.deepcopy(module).eval().requires_grad_(False) for name, module in modules.items()}
        self.averages = [tensor for module in self.modules.values() for tensor in floats(module)]
        self.originals = [tensor for module in modules.values() for tensor in floats(module)]

    @torch.no_grad()
    def update(self, images: int, batch_size: int) -> None:
        """Average the weights, and batch norm's running statistics likewise."""
        weight = 1.0 - self.settings.decay(images, batch_size)
        torch._foreach_lerp_(self.averages, self.originals, weight)


def floats(module: nn.Module) -> list[Tensor]:
    return [tensor for tensor in module.state_dict(keep_vars=True).values() if tensor.is_floating_point()]
