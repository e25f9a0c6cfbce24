"""Penalties on the discriminator's gradient with respect to its images. Each is a term over the turn's matches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.batch import Match, Turn
from mien.config.schedules import Number
from mien.losses.term import Term


def image_gradient(logits: Tensor, images: Tensor) -> Tensor:
    """d logits[i] / d images[i], flattened: [N], [N,C,H,W] -> [N, C*H*W], itself differentiable."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.flatten(1)


@dataclass(frozen=True, kw_only=True)
class R1(Term):
    """1/2 * |grad D(real)|^2; the weight is the gamma of the papers (Mescheder et al. 2018, eq. 9)."""

    def prepare(self, turn: Turn) -> None:
        for match in turn.matches:
            match.real.requires_grad_()

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([half_square(match.real_logits, match.real) for match in turn.matches]).mean(0)


@dataclass(frozen=True, kw_only=True)
class R2(Term):
    """1/2 * |grad D(fake)|^2 (Mescheder et al. 2018, eq. 10)."""

    def prepare(self, turn: Turn) -> None:
        for match in turn.matches:
            match.fake.requires_grad_()

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([half_square(match.fake_logits, match.fake) for match in turn.matches]).mean(0)


def half_square(logits: Tensor, images: Tensor) -> Tensor:
    return 0.5 * image_gradient(logits, images).square().sum(1)


@dataclass(frozen=True, kw_only=True)
class GradientPenalty(Term):
    """(|grad D(x)| - target)^2 at x between each real and its fake (Gulrajani et al. 2017, eq. 3; weight 10 there).

    One position per sample, drawn uniformly: a position shared by the batch is a well-known mistake.
    """

    weight: Number = 10.0
    target: float = 1.0

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([self.of(match) for match in turn.matches]).mean(0)

    def of(self, match: Match) -> Tensor:
        real, fake = match.real.detach(), match.fake.detach()
        position = torch.rand(len(real), 1, 1, 1, device=real.device, dtype=real.dtype)
        between = torch.lerp(real, fake, position).requires_grad_()
        return (image_gradient(match.logits(between), between).norm(dim=1) - self.target).square()
