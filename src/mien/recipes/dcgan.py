"""DCGAN (Radford, Metz & Chintala 2016): as published, and in a size for a laptop's CPU."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.games.noise import NoiseGame
from mien.losses.adversarial import NonSaturating
from mien.losses.penalties import R1
from mien.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.ema import EMA
from mien.training.optimizer import Adam


@recipe
def dcgan() -> Recipe:
    """DCGAN as published: width 64, batch 128, binary cross-entropy, Adam 2e-4 (0.5, 0.999).

    Sizes: any from 16x16 on; 96 and other squares of three times a power of two by the "5-3-1" layer.
    """
    return Recipe(
        game=Spec(NoiseGame, reuse_fakes=True),
        loss=NonSaturating(),
        discriminator=Side(network=Spec(DCGANDiscriminator, width=64), optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999)),
        generator=Side(
            network=Spec(DCGANGenerator, latent_dim=100, width=64), optimizer=Adam(lr=2e-4, beta1=0.5, beta2=0.999)
        ),
        data=DataOptions(resolution=(64, 64)),
        ema=EMA(half_life=10_000),  # for sample images only: it does not change the training
        batch_size=128,
    )


@recipe
def dcgan_laptop() -> Recipe:
    """DCGAN for two processor cores: width 32, batch 64, filtered resampling, lazy R1; faces within minutes.

    Sizes: as dcgan.
    """
    # Half the width allows twice the rate. A generator that starts at full contrast saves the first minutes.
    # The filters cost less time than the smaller kernels save, and they prevent checkerboards.
    return dcgan().replace(
        generator=Spec(DCGANGenerator, latent_dim=100, width=32, contrast=4.0, filtered=True),
        discriminator=Spec(DCGANDiscriminator, width=32, filtered=True),
        discriminator_optimizer=Adam(lr=4e-4, beta1=0.5, beta2=0.999),
        generator_optimizer=Adam(lr=4e-4, beta1=0.5, beta2=0.999),
        discriminator_terms={"r1": R1(weight=1.0, every=16)},
        batch_size=64,
        mirror=True,
        ema=EMA(half_life=2_000),
    )
