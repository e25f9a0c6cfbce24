"""StyleGAN2 (Karras et al. 2020) with the settings that StyleGAN2-ADA chooses by itself, and in a size for a CPU."""

from __future__ import annotations

from mien.config.spec import Spec
from mien.games.style import StyleGame
from mien.losses.adversarial import NonSaturating
from mien.losses.path_length import PathLength
from mien.losses.penalties import R1
from mien.networks.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from mien.recipes.recipe import Recipe, recipe
from mien.recipes.side import DataOptions, Side
from mien.training.ema import EMA
from mien.training.optimizer import Adam

R1_EVERY, PATH_LENGTH_EVERY = 16, 4


def gamma(resolution: int, batch_size: int) -> float:
    """Return R1's weight as StyleGAN2-ADA chooses it (Karras et al. 2020b, appendix C)."""
    return 0.0002 * resolution**2 / batch_size


def lazy_adam(lr: float, every: int) -> Adam:
    """Return Adam (0, 0.99) for a player with a term that is due each `every` steps (Karras et al. 2020, appendix B).

    In the paper the term has a separate step, so rate and betas are corrected by c = every / (every + 1). Here the term
    is added to a step. Rate and betas stay those of the paper, so that the other steps are the same.
    """
    c = every / (every + 1)
    return Adam(lr=c * lr, beta1=0.0, beta2=0.99**c)


@recipe
def stylegan2() -> Recipe:
    """StyleGAN2 as StyleGAN2-ADA's "auto" sets it at 64 px: styles, noise, mixing, lazy R1 and path length, batch 32.

    R1's weight is 0.0002 * size^2 / batch: for another size or batch, --set discriminator.terms.r1.weight=….
    Sizes: both sides halve evenly until the shorter one is 4 to 7 (64, 128, 96, 96x80).
    """
    return Recipe(
        game=Spec(StyleGame, mixing=0.9),
        loss=NonSaturating(),
        discriminator=Side(
            network=Spec(StyleGAN2Discriminator, width=256, most=512),
            optimizer=lazy_adam(2.5e-3, R1_EVERY),
            terms={"r1": R1(weight=gamma(64, 32), every=R1_EVERY)},
        ),
        generator=Side(
            network=Spec(StyleGAN2Generator, latent_dim=512, w_dim=512, width=256, most=512, mapping_layers=2),
            optimizer=lazy_adam(2.5e-3, PATH_LENGTH_EVERY),
            terms={"path_length": PathLength(weight=2.0, every=PATH_LENGTH_EVERY)},
        ),
        data=DataOptions(resolution=(64, 64)),
        ema=EMA(half_life=10_000 * 32 / 32, ramp=0.05),
        batch_size=32,
    )


@recipe
def stylegan2_paper256() -> Recipe:
    """StyleGAN2 as its paper compares at 256 px: 8 mapping layers, batch 64, groups of 8, gamma 1, EMA over 20 kimg.

    Sizes: as stylegan2.
    """
    return stylegan2().replace(
        generator=Spec(StyleGAN2Generator, latent_dim=512, w_dim=512, width=256, most=512, mapping_layers=8),
        discriminator=Spec(StyleGAN2Discriminator, width=256, most=512, group=8),
        discriminator_terms={"r1": R1(weight=1.0, every=R1_EVERY)},
        ema=EMA(half_life=20_000, ramp=0.0),
        batch_size=64,
        resolution=(256, 256),
    )


@recipe
def stylegan2_laptop() -> Recipe:
    """StyleGAN2 for two processor cores: width 16 (at most 128), w of 128, batch 16.

    R1's weight is 0.0002 * size^2 / batch, as in stylegan2. Sizes: as stylegan2.
    """
    return stylegan2().replace(
        generator=Spec(StyleGAN2Generator, latent_dim=128, w_dim=128, width=16, most=128, mapping_layers=2),
        discriminator=Spec(StyleGAN2Discriminator, width=16, most=128),
        discriminator_terms={"r1": R1(weight=gamma(64, 16), every=R1_EVERY)},
        ema=EMA(half_life=2_000),
        batch_size=16,
    )
