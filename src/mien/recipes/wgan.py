"""Wasserstein GANs on the homework's networks: by clipped weights, and by a gradient penalty."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.losses.adversarial import Wasserstein
from mien.losses.penalties import GradientPenalty
from mien.networks.hw6 import HW6Discriminator
from mien.recipes.hw6 import hw6
from mien.recipes.recipe import Recipe, WeightClip, recipe
from mien.training.optimizer import Adam, RMSprop


@recipe
def wgan() -> Recipe:
    """WGAN (Arjovsky et al. 2017): weights of D clipped to 0.01, RMSprop 5e-5, 5 steps of D to 1 of G.

    -(discriminator/loss) estimates the distance. Course slides clip at 1: --set discriminator.constraint.limit=1.
    Sizes: as hw6.
    """
    return hw6().replace(
        loss=Wasserstein(),
        discriminator_constraint=WeightClip(0.01),
        discriminator_optimizer=RMSprop(lr=5e-5),
        generator_optimizer=RMSprop(lr=5e-5),
        discriminator_updates=5,
    )


@recipe
def wgan_gp() -> Recipe:
    """WGAN-GP (Gulrajani et al. 2017): gradient penalty 10, instance norm in D, Adam 1e-4 (0, 0.9), 5 steps of D.

    -(discriminator/loss) estimates the distance: the penalty is not part of it. Sizes: as hw6.
    """
    return hw6().replace(
        discriminator=Spec(HW6Discriminator, width=64, norm="instance"),
        loss=Wasserstein(),
        discriminator_terms={"gradient_penalty": GradientPenalty(weight=10.0)},
        discriminator_optimizer=Adam(lr=1e-4, beta1=0.0, beta2=0.9),
        generator_optimizer=Adam(lr=1e-4, beta1=0.0, beta2=0.9),
        discriminator_updates=5,
        channels_last=False,
    )
