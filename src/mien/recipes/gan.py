"""A first GAN, written before reading anyone's advice (the game itself: Goodfellow et al. 2014)."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.losses.adversarial import NonSaturating
from mien.networks.first_gan import FirstDiscriminator, FirstGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.training.optimizer import Adam


@recipe
def gan() -> Recipe:
    """A naive first GAN, known to collapse: no batch norm, 5 steps of D to 1 of G, batch 32, cross-entropy.

    Sizes: both sides multiples of 4, from 48 on.
    """
    return Recipe(
        generator=Spec(FirstGenerator, latent_dim=100, width=64),
        discriminator=Spec(FirstDiscriminator, width=64),
        loss=NonSaturating(),  # "BCE": the sigmoid and both logarithms are in here
        discriminator_optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999),
        generator_optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999),
        discriminator_updates=5,
        batch_size=32,
        resolution=(64, 64),
    )
