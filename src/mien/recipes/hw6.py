"""NTU ML2022 homework 6, anime faces at 64 x 64: its sample code, and the first improvement that it suggests."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.losses.adversarial import NonSaturating
from mien.networks.hw6 import HW6Discriminator, HW6Generator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.optimizer import Adam


@recipe
def hw6() -> Recipe:
    """The sample code of NTU's homework 6: DCGAN with 5 x 5 kernels, batch 64, Adam 1e-4 (0.5, 0.999).

    Sizes: both sides halve evenly until the shorter one is 4 to 7 (64, 128, 96, 96x80).
    """
    return Recipe(
        loss=NonSaturating(),
        discriminator=Side(network=Spec(HW6Discriminator, width=64), optimizer=Adam(lr=1e-4, beta1=0.5, beta2=0.999)),
        generator=Side(
            network=Spec(HW6Generator, latent_dim=100, width=64), optimizer=Adam(lr=1e-4, beta1=0.5, beta2=0.999)
        ),
        data=DataOptions(resolution=(64, 64)),
        batch_size=64,
    )


@recipe
def hw6_two_steps() -> Recipe:
    """NTU's homework 6 with two steps of D to one of G, the first improvement that it suggests.

    Sizes: as hw6.
    """
    return hw6().replace(discriminator_updates=2)
