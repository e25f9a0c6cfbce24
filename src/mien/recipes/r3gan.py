"""R3GAN (Huang et al. 2024): relativistic pairing, R1 and R2 at every step, a plain residual network, no tricks."""

from __future__ import annotations

from mien.augmentation.ada import ADA
from mien.config.schedules import Cosine
from mien.config.spec import Spec
from mien.losses.adversarial import Relativistic
from mien.losses.penalties import R1, R2
from mien.losses.term import Term
from mien.networks.r3gan import R3GANDiscriminator, R3GANGenerator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.ema import EMA
from mien.training.optimizer import Adam


def adam(lr: float, images: int) -> Adam:
    """Return Adam without momentum: the rate falls to a quarter, and beta2 rises from 0.9 to 0.99."""
    return Adam(lr=Cosine(lr, lr / 4, images), beta1=0.0, beta2=Cosine(0.9, 0.99, images))


def penalties(gamma: float, images: int, every: int = 1) -> dict[str, Term]:
    """Return R1 and R2. Their weight falls to a tenth. every: of `Term`."""
    weight = Cosine(gamma, gamma / 10, images)
    return {"r1": R1(weight=weight, every=every), "r2": R2(weight=weight, every=every)}


def augmentation(p: float, images: int) -> ADA:
    """Return ADA's pipeline with cutout, color at half of p, and a p that rises by a schedule."""
    return ADA(p=Cosine(0.0, p, images), color=0.5, cutout=1.0)


@recipe
def r3gan() -> Recipe:
    """R3GAN as published for FFHQ at 64 px: gamma 2 to 0.2, batch 256, every schedule one cosine over 20,000 kimg.

    For a GPU. Any other size has the same width rule, but needs another gamma: see docs/recipes/r3gan.md.
    Sizes: both sides halve evenly until the shorter one is 4 to 7 (64, 128, 96, 96x80).
    """
    decay = 20_000_000
    return Recipe(
        loss=Relativistic(),
        discriminator=Side(
            network=Spec(R3GANDiscriminator, width=768, full=4, group_width=16, blocks=2, bf16_stages=4),
            optimizer=adam(2e-4, decay),
            terms=penalties(2.0, decay),
        ),
        generator=Side(
            network=Spec(R3GANGenerator, latent_dim=64, width=768, full=4, group_width=16, blocks=2, bf16_stages=4),
            optimizer=adam(2e-4, decay),
        ),
        extras={"augment": augmentation(0.3, decay)},
        data=DataOptions(resolution=(64, 64), mirror=True),
        ema=EMA(half_life=Cosine(0, 500_000, decay), ramp=0.0),
        batch_size=256,
    )


@recipe
def r3gan_ffhq256() -> Recipe:
    """R3GAN as published for FFHQ at 256 px: as r3gan, with gamma 150 to 15 and two narrower stages more.

    Sizes: as r3gan.
    """
    return r3gan().replace(
        generator=Spec(R3GANGenerator, latent_dim=64, width=768, full=4, group_width=16, blocks=2, bf16_stages=4),
        discriminator=Spec(R3GANDiscriminator, width=768, full=4, group_width=16, blocks=2, bf16_stages=4),
        discriminator_terms=penalties(150.0, 20_000_000),
        resolution=(256, 256),
    )


@recipe
def r3gan_cifar10() -> Recipe:
    """R3GAN as published for CIFAR-10 at 32 px: gamma 0.05 to 0.005, batch 512, a moving average over 5,000 kimg.

    Published with the classes as a condition; here there is none unless --cond is given. Sizes: as r3gan.
    """
    decay = 20_000_000
    return r3gan().replace(
        generator=Spec(R3GANGenerator, latent_dim=64, width=768, full=4, group_width=16, blocks=2, bf16_stages=3),
        discriminator=Spec(R3GANDiscriminator, width=768, full=4, group_width=16, blocks=2, bf16_stages=3),
        discriminator_terms=penalties(0.05, decay),
        augment=augmentation(0.55, decay),
        ema=EMA(half_life=Cosine(0, 5_000_000, decay), ramp=0.0),
        batch_size=512,
        resolution=(32, 32),
    )


@recipe
def r3gan_laptop() -> Recipe:
    """R3GAN for two processor cores: width 128, one block a stage, batch 16, rate 1e-3, penalties every 4 steps.

    All are chosen for speed. After half an hour its faces varied most among seven recipes.
    A start stretches all schedules from 100 kimg to the budget.
    Sizes: as r3gan.
    """
    decay = 100_000
    return r3gan().replace(
        generator=Spec(R3GANGenerator, latent_dim=64, width=128, full=2, group_width=16, blocks=1, bf16_stages=4),
        discriminator=Spec(R3GANDiscriminator, width=128, full=2, group_width=16, blocks=1, bf16_stages=4),
        discriminator_terms=penalties(2.0, decay, every=4),
        discriminator_optimizer=adam(1e-3, decay),
        generator_optimizer=adam(1e-3, decay),
        augment=None,  # in a training this short, D cannot memorize the images
        ema=EMA(half_life=Cosine(0, 2_000, decay), ramp=0.0),
        batch_size=16,
        schedules_follow_budget=True,
    )
