"""Adversarial losses: pure functions of logits [N], lower is better for the side that they are named after.

Of a discriminator that judges patches the logits are [N,P], and so is the loss: each patch is judged by itself, and the
mean is taken last (Isola et al. 2017, section 3.2).

Each also says how a logit reads as "how real" (`realness`), which is what D(real) and D(fake) in the log mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor

from mien.batch import Match, Turn
from mien.losses import functional
from mien.losses.term import Term


class AdversarialLoss(Protocol):
    """A loss says by itself what its logits mean; nothing else in mien knows losses by their names.

    generator_sees_real: False spares the generator's turn the discriminator's pass over real images; `real` is
    then None there. positive_means_real: the discriminator learns to give real images logits above 0 and fakes logits
    below 0. ADA needs that. realness_is_probability: `realness` lies between 0 and 1. A loss that leaves out one of
    the last two says no (`says`).
    """

    generator_sees_real: ClassVar[bool]
    positive_means_real: ClassVar[bool]
    realness_is_probability: ClassVar[bool]

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Logits [N] each -> [N]"""
        ...

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Logits [N] each -> [N]"""
        ...

    def realness(self, logits: Tensor) -> Tensor:
        """Logits [N] -> [N]: a probability where the loss has one, else the score itself."""
        ...


def says(loss: AdversarialLoss | type[AdversarialLoss], what: str) -> bool:
    """Whether a loss says this of its logits: "positive_means_real" or "realness_is_probability"."""
    return bool(getattr(loss, what, False))  # losses that were written for mien 0.1.0 say neither


@dataclass(frozen=True)
class NonSaturating:
    """-log D(G(z)) for the generator (Goodfellow et al. 2014, section 3; "BCE" in DCGAN code)."""

    generator_sees_real: ClassVar[bool] = False
    positive_means_real: ClassVar[bool] = True
    realness_is_probability: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.non_saturating_discriminator_loss(real, fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return functional.non_saturating_generator_loss(fake)

    def realness(self, logits: Tensor) -> Tensor:
        return torch.sigmoid(logits)


@dataclass(frozen=True)
class Saturating(NonSaturating):
    """The minimax game itself (Goodfellow et al. 2014, eq. 1): G minimizes log(1 - D(G(z))) and starves when D wins."""

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return functional.saturating_generator_loss(fake)


@dataclass(frozen=True)
class Hinge:
    """Hinge loss (Lim & Ye 2017; Miyato et al. 2018, eq. 16 and 17)."""

    generator_sees_real: ClassVar[bool] = False
    positive_means_real: ClassVar[bool] = True
    realness_is_probability: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.hinge_discriminator_loss(real, fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return functional.hinge_generator_loss(fake)

    def realness(self, logits: Tensor) -> Tensor:
        return logits


@dataclass(frozen=True)
class LeastSquares:
    """LSGAN with a = 0, b = c = 1 (Mao et al. 2017, eq. 9)."""

    generator_sees_real: ClassVar[bool] = False
    positive_means_real: ClassVar[bool] = False  # the border lies at 1/2
    realness_is_probability: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.least_squares_discriminator_loss(real, fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return functional.least_squares_generator_loss(fake)

    def realness(self, logits: Tensor) -> Tensor:
        return logits


@dataclass(frozen=True)
class Wasserstein:
    """Critic difference (Arjovsky et al. 2017, eq. 2). The negative of D's loss estimates the distance."""

    generator_sees_real: ClassVar[bool] = False
    positive_means_real: ClassVar[bool] = False
    realness_is_probability: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.wasserstein_critic_loss(real, fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return functional.wasserstein_generator_loss(fake)

    def realness(self, logits: Tensor) -> Tensor:
        return logits


@dataclass(frozen=True)
class Relativistic:
    """Relativistic pairing (Jolicoeur-Martineau 2019; R3GAN, eq. 2): each fake is judged against one real."""

    generator_sees_real: ClassVar[bool] = True
    positive_means_real: ClassVar[bool] = False
    realness_is_probability: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.relativistic_discriminator_loss(real, fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        assert real is not None  # generator_sees_real
        return functional.relativistic_generator_loss(real, fake)

    def realness(self, logits: Tensor) -> Tensor:
        return logits


@dataclass(frozen=True, kw_only=True)
class Adversarial(Term):
    """A loss as a term: the mean over the turn's matches, seen from one side."""

    loss: AdversarialLoss
    side: Literal["discriminator", "generator"]

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([self.judge(match) for match in turn.matches]).mean(0)

    def judge(self, match: Match) -> Tensor:
        if self.side == "discriminator":
            return self.loss.discriminator(match.real_logits, match.fake_logits)
        return self.loss.generator(match.real_logits if self.loss.generator_sees_real else None, match.fake_logits)

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        """D(real) and D(fake) as the discriminator meets them; D(fake) once more when the generator answers."""
        fake = torch.stack([self.realness(match.fake_logits) for match in turn.matches]).mean()
        if self.side == "generator":
            return {"D(fake) after": fake}
        real = torch.stack([self.realness(match.real_logits) for match in turn.matches]).mean()
        return {"D(real)": real, "D(fake)": fake}

    def realness(self, logits: Tensor) -> Tensor:
        return self.loss.realness(logits.detach()).mean()
