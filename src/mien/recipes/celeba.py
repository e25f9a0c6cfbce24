"""Photos of celebrities at 96 x 80, the shape of CelebA's own 218 x 178."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.losses.adversarial import NonSaturating
from mien.networks.celeba import CelebADiscriminator, CelebAGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.optimizer import Adam


@recipe
def celeba() -> Recipe:
    """Photos of celebrities at 96x80: z 64, dropout in D, batch 64, cross-entropy, Adam 1e-4 (0.9, 0.999).

    Published with 200 epochs: --budget 200ep. Sizes: both sides multiples of 16.
    """
    return Recipe(
        loss=NonSaturating(),
        discriminator=Side(
            network=Spec(CelebADiscriminator, width=64, dropout=0.1), optimizer=Adam(lr=1e-4, beta1=0.9, beta2=0.999)
        ),
        generator=Side(
            network=Spec(CelebAGenerator, latent_dim=64, width=64), optimizer=Adam(lr=1e-4, beta1=0.9, beta2=0.999)
        ),
        data=DataOptions(resolution=(96, 80)),
        batch_size=64,
        channels_last=False,  # these networks, with few channels and odd paddings, are 5 to 10 % faster without it
    )
