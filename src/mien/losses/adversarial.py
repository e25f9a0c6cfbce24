"""Adversarial losses: pure functions of logits [N]. Lower is better for the side in the method's name.

For a discriminator that judges patches, logits and loss are [N,P]: each patch counts by itself, and the mean is taken
last (Isola et al. 2017, section 3.2).

`realness` turns a logit into "how real": the D(real) and D(fake) of the log.
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
    """The interface of a loss. Its attributes say what its logits mean; mien knows no loss by its name.

    generator_sees_real: False if the generator's loss needs no real logits; then `real` is None, and a pass of the
    discriminator is saved. positive_means_real: the discriminator learns logits above 0 for real images and below 0 for
    fakes. ADA needs that. realness_is_probability: `realness` is from 0 to 1. The last two are False if left out.
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
    """Return a loss's attribute "positive_means_real" or "realness_is_probability", or False without it."""
    return bool(getattr(loss, what, False))  # losses written for mien 0.1.0 have neither


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
    """The minimax game itself (Goodfellow et al. 2014, eq. 1): G's gradient vanishes if D wins."""

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
    positive_means_real: ClassVar[bool] = False  # the border between real and fake is 1/2
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
    """A loss as a term of one side: the mean over the turn's matches."""

    loss: AdversarialLoss
    side: Literal["discriminator", "generator"]

    def __call__(self, turn: Turn) -> Tensor:
        return torch.stack([self.judge(match) for match in turn.matches]).mean(0)

    def judge(self, match: Match) -> Tensor:
        if self.side == "discriminator":
            return self.loss.discriminator(match.real_logits, match.fake_logits)
        return self.loss.generator(match.real_logits if self.loss.generator_sees_real else None, match.fake_logits)

    def statistics(self, turn: Turn) -> dict[str, Tensor]:
        """Return D(real) and D(fake) of the discriminator's turn, or D(fake) of the generator's turn."""
        fake = torch.stack([self.realness(match.fake_logits) for match in turn.matches]).mean()
        if self.side == "generator":
            return {"D(fake) after": fake}
        real = torch.stack([self.realness(match.real_logits) for match in turn.matches]).mean()
        return {"D(real)": real, "D(fake)": fake}

    def realness(self, logits: Tensor) -> Tensor:
        return self.loss.realness(logits.detach()).mean()
