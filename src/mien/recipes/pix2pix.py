"""pix2pix (Isola et al. 2017): translation learned from pairs, and recipes with one half of its objective each."""

from __future__ import annotations

from mien.config.schedules import Linear
from mien.config.spec import Spec
from mien.games.paired import PairedGame
from mien.losses.adversarial import NonSaturating
from mien.losses.reconstruction import L1
from mien.networks.patchgan import PatchDiscriminator
from mien.networks.unet import UNetGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.ema import EMA
from mien.training.optimizer import Adam

STEADY, LENGTH = 100_000, 200_000  # images: 100 and 100 more epochs of 1,000 pairs
JITTER = 30 / 256  # 256 pixels are enlarged to 286 and cut back


def linear_decay_adam(rate: float) -> Adam:
    """Return Adam with a constant rate for half of the training, then a linear fall to 0."""
    return Adam(lr=Linear(start=rate, end=0.0, begin=STEADY, images=LENGTH), beta1=0.5, beta2=0.999)


@recipe
def pix2pix() -> Recipe:
    """pix2pix as published: U-Net against a 70x70 PatchGAN, L1 of weight 100, batch 1, rate 2e-4, falling late.

    For pairs (A|B side by side, drawn-lines); B from A, or --set direction=BtoA. The rate falls to 0 from 100 to
    200 kimg. On a processor take pix2pix-laptop.
    Sizes: multiples of 8; the more often they halve, the better.
    """
    return Recipe(
        game=Spec(PairedGame),
        loss=NonSaturating(),
        discriminator=Side(
            network=Spec(PatchDiscriminator, width=64, layers=3, norm="instance", sees_source=True),
            optimizer=linear_decay_adam(2e-4),
        ),
        generator=Side(
            network=Spec(UNetGenerator, width=64, norm="instance", dropout=0.5),
            optimizer=linear_decay_adam(2e-4),
            terms={"l1": L1(weight=100.0, a="fake", b="target")},
        ),
        data=DataOptions(resolution=(256, 256), mirror=True, jitter=JITTER),
        ema=EMA(half_life=1_000),
        batch_size=1,
        channels_last=False,
    )


@recipe
def pix2pix_laptop() -> Recipe:
    """pix2pix for two processor cores: a quarter of the width, batch 8 and its norm, rate 5e-4, at 64 px.

    --set discriminator=none is its pix2pix-l1, --set generator.terms.l1.weight=0 its pix2pix-gan. Sizes: as pix2pix.
    """
    return pix2pix().replace(
        # Instance norm removes each channel's mean, so it makes one colour for an entire head hard to express.
        generator=Spec(UNetGenerator, width=16, norm="batch", dropout=0.5),
        discriminator=Spec(PatchDiscriminator, width=32, layers=3, norm="instance", sees_source=True),
        discriminator_optimizer=linear_decay_adam(5e-4),  # about 2e-4 times the root of the batch
        generator_optimizer=linear_decay_adam(5e-4),
        batch_size=8,
        resolution=(64, 64),
    )


@recipe
def pix2pix_l1() -> Recipe:
    """pix2pix without a discriminator: the U-Net learns by L1 alone and generates the blurred mean of the answers.

    Sizes: as pix2pix.
    """
    return pix2pix().replace(discriminator=None)


@recipe
def pix2pix_gan() -> Recipe:
    """pix2pix without L1: only the discriminator, which gets the source, ties the result to it.

    Sizes: as pix2pix.
    """
    return pix2pix().replace(generator_terms={})
