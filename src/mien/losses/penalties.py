"""Penalties on the discriminator's gradient with respect to its images. Each is a term over the turn's matches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.batch import Turn
from mien.config.schedules import Number
from mien.losses.functional import gradient_penalty, r1_penalty, r2_penalty
from mien.losses.term import Term


@dataclass(frozen=True, kw_only=True)
class R1(Term):
    """1/2 * |grad D(real)|^2; the weight is the gamma of the papers (Mescheder et al. 2018, eq. 9)."""

    def prepare(self, turn: Turn) -> None:
        for match in turn.matches:
            match.real.requires_grad_()

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([r1_penalty(match.real_logits, match.real) for match in turn.matches]).mean(0)


@dataclass(frozen=True, kw_only=True)
class R2(Term):
    """1/2 * |grad D(fake)|^2 (Mescheder et al. 2018, eq. 10)."""

    def prepare(self, turn: Turn) -> None:
        for match in turn.matches:
            match.fake.requires_grad_()

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([r2_penalty(match.fake_logits, match.fake) for match in turn.matches]).mean(0)


@dataclass(frozen=True, kw_only=True)
class GradientPenalty(Term):
    """(|grad D(x)| - target)^2 at x between each real and its fake (Gulrajani et al. 2017, eq. 3; weight 10 there).

    One position per sample, drawn uniformly: a position shared by the batch is a well-known mistake.
    """

    weight: Number = 10.0
    target: float = 1.0

    def __call__(self, turn: Turn) -> Tensor:
        penalties = [gradient_penalty(match.logits, match.real, match.fake, self.target) for match in turn.matches]
        return torch.stack(penalties).mean(0)
