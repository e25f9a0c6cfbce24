"""A naive first GAN, without the advice of later papers (the game itself: Goodfellow et al. 2014)."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.losses.adversarial import NonSaturating
from mien.networks.first_gan import FirstDiscriminator, FirstGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.optimizer import Adam


@recipe
def gan() -> Recipe:
    """A naive first GAN, known to collapse: no batch norm, 5 steps of D to 1 of G, batch 32, cross-entropy.

    Sizes: both sides multiples of 4, from 48 on.
    """
    return Recipe(
        loss=NonSaturating(),  # "BCE": the sigmoid and both logarithms are in here
        discriminator=Side(
            network=Spec(FirstDiscriminator, width=64), optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999), updates=5
        ),
        generator=Side(
            network=Spec(FirstGenerator, latent_dim=100, width=64), optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999)
        ),
        data=DataOptions(resolution=(64, 64)),
        batch_size=32,
    )
