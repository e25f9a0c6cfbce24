"""SNGAN (Miyato et al. 2018): a discriminator held at Lipschitz constant 1 by spectral normalization."""

from __future__ import annotations

from mien.config.schedules import Linear
from mien.config.spec import Spec
from mien.losses.adversarial import Hinge
from mien.networks.sngan import SNGANDiscriminator, SNGANGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.optimizer import Adam

LENGTH = 100_000 * 5 * 64  # images: as many steps of G, for each 5 steps of D, of 64 images


@recipe
def sngan() -> Recipe:
    """SNGAN: residual networks, spectral norm, hinge loss, 5 steps of D, rate 2e-4 falling to 0 over 32,000 kimg.

    A shorter training needs a shorter fall: --set discriminator.optimizer.lr.images=2000000, and the same for
    generator.optimizer. Sizes: both sides halve evenly until the shorter one is 4 to 7 (64, 128, 96, 96x80).
    """
    rate = Linear(start=2e-4, end=0.0, images=LENGTH)
    return Recipe(
        loss=Hinge(),
        discriminator=Side(
            network=Spec(SNGANDiscriminator, width=64), optimizer=Adam(lr=rate, beta1=0.0, beta2=0.9), updates=5
        ),
        generator=Side(
            network=Spec(SNGANGenerator, latent_dim=128, width=64), optimizer=Adam(lr=rate, beta1=0.0, beta2=0.9)
        ),
        data=DataOptions(resolution=(64, 64)),
        batch_size=64,
    )
