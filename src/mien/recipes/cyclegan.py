"""CycleGAN (Zhu et al. 2017): from one set of images to another and back, without pairs."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.games.unpaired import UnpairedGame
from mien.losses.adversarial import LeastSquares
from mien.losses.reconstruction import L1
from mien.networks.patchgan import PatchDiscriminator
from mien.networks.resnet_translator import ResNetTranslator
from mien.recipes.pix2pix import JITTER, linear_decay_adam
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.ema import EMA

CYCLE = 10.0
IDENTITY = 0.5 * CYCLE


@recipe
def cyclegan() -> Recipe:
    """CycleGAN as published: ResNets against 70x70 PatchGANs, cycle 10, identity 5, pools of 50, batch 1.

    For two sets (trainA and trainB, drawn-unpaired). The rate falls to 0 from 100 to 200 kimg. On a processor take
    cyclegan-laptop. Sizes: multiples of 4.
    """
    return Recipe(
        game=Spec(UnpairedGame, pool=50),
        loss=LeastSquares(),
        discriminator=Side(
            network=Spec(PatchDiscriminator, width=64, layers=3, norm="instance", affine=False),
            optimizer=linear_decay_adam(2e-4),
        ),
        generator=Side(
            network=Spec(ResNetTranslator, width=64, blocks=0, norm="instance", affine=False),
            optimizer=linear_decay_adam(2e-4),
            terms={
                "cycle_a": L1(weight=CYCLE, a="cycle_a", b="real_a"),
                "cycle_b": L1(weight=CYCLE, a="cycle_b", b="real_b"),
                "identity_a": L1(weight=IDENTITY, a="same_a", b="real_a"),
                "identity_b": L1(weight=IDENTITY, a="same_b", b="real_b"),
            },
            loss_weight=4.0,  # the paper sums both directions without LSGAN's 1/2; mien takes their mean, with it
        ),
        data=DataOptions(resolution=(256, 256), mirror=True, jitter=JITTER),
        ema=EMA(half_life=1_000),
        batch_size=1,
        channels_last=False,
    )


@recipe
def cyclegan_laptop() -> Recipe:
    """cyclegan for two processor cores: a quarter of the width, batch 4, rate 4e-4, patches of 34 pixels, at 64 px.

    Sizes: multiples of 4.
    """
    return cyclegan().replace(
        generator=Spec(ResNetTranslator, width=16, blocks=0, norm="instance", affine=False),
        discriminator=Spec(PatchDiscriminator, width=32, layers=2, norm="instance", affine=False),
        discriminator_optimizer=linear_decay_adam(4e-4),  # 2e-4 times the root of the batch
        generator_optimizer=linear_decay_adam(4e-4),
        batch_size=4,
        resolution=(64, 64),
    )
