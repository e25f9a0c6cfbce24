"""Recipes for points: the losses and penalties of the big ones around two small perceptrons."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from mien import recipes
from mien.config.schedules import Linear
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.losses.adversarial import Hinge, NonSaturating, Relativistic, Saturating, Wasserstein
from mien.losses.penalties import R1, R2, GradientPenalty
from mien.networks.points import PointDiscriminator, PointGenerator
from mien.recipes.recipe import Recipe, WeightClip
from mien.recipes.side import DataOptions, Side
from mien.training.optimizer import Adam

BALANCED = Adam(lr=1e-3, beta1=0.5, beta2=0.9)
CALMING = Adam(lr=Linear(2e-3, 2e-4, 400_000), beta1=0.5, beta2=0.9)


def gan() -> Recipe:
    """The GAN of a first attempt: binary cross-entropy, a D that learns ten times slower than G; it drops modes."""
    return Recipe(
        name="gan",
        loss=NonSaturating(),
        # A slow D shows G one place at a time where points still pass for real, and all of G goes there.
        discriminator=Side(
            network=Spec(PointDiscriminator, width=64, depth=3), optimizer=Adam(lr=1e-4, beta1=0.5, beta2=0.999)
        ),
        generator=Side(
            network=Spec(PointGenerator, latent_dim=2, width=64, depth=3),
            optimizer=Adam(lr=1e-3, beta1=0.5, beta2=0.999),
        ),
        data=DataOptions(resolution=(1, 1), channels=2),
        batch_size=128,
    )


def gan_fair() -> Recipe:
    """The same GAN with equal rates for both sides: what a balanced game is worth."""
    return gan().replace(name="gan-fair", discriminator_optimizer=Adam(lr=1e-3, beta1=0.5, beta2=0.999))


def saturating() -> Recipe:
    """The minimax game as first written down: G minimizes log(1 - D), and starves when D is sure."""
    return gan_fair().replace(name="saturating", loss=Saturating())


def wgan() -> Recipe:
    """WGAN: the critic's weights are clipped to +-0.1 after each of its five steps."""
    return gan().replace(
        name="wgan",
        loss=Wasserstein(),
        discriminator_constraint=WeightClip(limit=0.1),
        discriminator_updates=5,
        discriminator_optimizer=BALANCED,
        generator_optimizer=BALANCED,
    )


def wgan_gp() -> Recipe:
    """WGAN-GP: a gradient penalty of weight 0.1, as its authors took for these points; three critic steps."""
    return gan().replace(
        name="wgan-gp",
        loss=Wasserstein(),
        discriminator_terms={"gp": GradientPenalty(weight=0.1)},
        discriminator_updates=3,
        discriminator_optimizer=CALMING,
        generator_optimizer=CALMING,
    )


def hinge() -> Recipe:
    """Hinge loss, two steps of D to one of G."""
    return gan_fair().replace(name="hinge", loss=Hinge(), discriminator_updates=2)


def r1() -> Recipe:
    """The fair GAN with an R1 penalty on D's slope at the real points."""
    return gan_fair().replace(name="r1", discriminator_terms={"r1": R1(weight=0.1)})


def r3gan() -> Recipe:
    """R3GAN's objective: relativistic pairing, R1 and R2 at every step."""
    return gan_fair().replace(
        name="r3gan",
        loss=Relativistic(),
        discriminator_terms={"r1": R1(weight=0.1), "r2": R2(weight=0.1)},
        discriminator_optimizer=BALANCED,
        generator_optimizer=BALANCED,
    )


POINT_RECIPES: dict[str, Callable[[], Recipe]] = {
    made().name: made for made in (gan, gan_fair, saturating, wgan, wgan_gp, hinge, r1, r3gan)
}


def find(name: str) -> Recipe:
    """A recipe of the lab; or a user's own, my_gan.py:name, around the lab's networks. Raises UsageError."""
    if ".py:" in name:
        own, lab = recipes.find(name), gan()
        return own.replace(
            generator=lab.generator.network,
            discriminator=lab.discriminator and lab.discriminator.network,
            resolution=(1, 1),
            mirror=False,
        )
    if name not in POINT_RECIPES:
        near = difflib.get_close_matches(name, POINT_RECIPES, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(POINT_RECIPES)}"
        raise UsageError(f"--recipe {name!r} is no recipe for points: {hint}")
    return POINT_RECIPES[name]()
