"""Penalties on the discriminator's gradient with respect to its images. Each is a term over the turn's matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from mien.batch import Match, Turn
from mien.config.schedules import Number
from mien.errors import UsageError
from mien.losses import finite_difference
from mien.losses.functional import gradient_penalty, r1_penalty
from mien.losses.term import Term


@dataclass(frozen=True, kw_only=True)
class ZeroCentered(Term):
    """1/2 * |grad D|^2 at the images `at`: what R1 and R2 have in common.

    epsilon: None differentiates D's gradient once more. A number, 0.01 in the papers, takes a finite difference
    instead: one more pass of D and no second gradient. Its mean is the same, but a single one varies (see
    `finite_difference_penalty`).
    share: the part of the batch that the penalty is computed on, 1/4 in AFM (arXiv 2511.22475). It is the last part,
    because mismatched fakes come first. A share below 1 needs a pass of its own.
    """

    at: ClassVar[Literal["real", "fake"]]
    exact: ClassVar[bool] = True
    epsilon: float | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.epsilon is not None and not self.epsilon > 0:
            raise UsageError(f"epsilon={self.epsilon:g}: a step is above 0, such as 0.01; none takes the gradient")
        if not 0 < self.share <= 1:
            raise UsageError(f"share={self.share:g}: a part of the batch is above 0 and at most 1")

    def prepare(self, turn: Turn) -> None:
        for match in turn.matches:
            if self.epsilon is not None:
                finite_difference.prepare(match, self.share)
            elif self.share == 1:
                self.judged(match)[0].requires_grad_()

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([self.penalty(match) for match in turn.matches]).mean(0)

    def penalty(self, match: Match) -> Tensor:
        """-> [N], or [count] for a share of the batch."""
        image, condition = self.judged(match)
        count = max(1, round(self.share * len(image)))
        if self.epsilon is not None:
            logits = self.logits(match)  # before the noise is drawn
            return finite_difference.difference_penalty(match, image, condition, logits, count, self.epsilon)
        if self.share == 1:
            return r1_penalty(self.logits(match), image)
        some = image[-count:].detach().requires_grad_()
        return r1_penalty(match.logits(some, None if condition is None else condition[-count:]), some)

    def judged(self, match: Match) -> tuple[Tensor, Tensor | None]:
        """Return the images and their condition."""
        return (match.real, match.condition) if self.at == "real" else (match.fake, match.requested)

    def logits(self, match: Match) -> Tensor:
        return match.real_logits if self.at == "real" else match.fake_logits


@dataclass(frozen=True, kw_only=True)
class R1(ZeroCentered):
    """1/2 * |grad D(real)|^2; the weight is the gamma of the papers (Mescheder et al. 2018, eq. 9)."""

    at: ClassVar[Literal["real", "fake"]] = "real"


@dataclass(frozen=True, kw_only=True)
class R2(ZeroCentered):
    """1/2 * |grad D(fake)|^2 (Mescheder et al. 2018, eq. 10)."""

    at: ClassVar[Literal["real", "fake"]] = "fake"


@dataclass(frozen=True, kw_only=True)
class GradientPenalty(Term):
    """(|grad D(x)| - target)^2 at x between each real and its fake (Gulrajani et al. 2017, eq. 3; weight 10 there).

    One position per sample, drawn uniformly: a position shared by the batch is a well-known mistake.
    """

    exact: ClassVar[bool] = True

    weight: Number = 10.0
    target: float = 1.0

    def __call__(self, turn: Turn) -> Tensor:
        penalties = [gradient_penalty(match.logits, match.real, match.fake, self.target) for match in turn.matches]
        return torch.stack(penalties).mean(0)
