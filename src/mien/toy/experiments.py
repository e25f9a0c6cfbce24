"""The ready experiments. Each has a question, an explanation of what to look at, and arms that stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mien.config.spec import Spec
from mien.losses.penalties import GradientPenalty
from mien.networks.points import PointDiscriminator, ShiftedLine
from mien.recipes.recipe import Recipe
from mien.toy.distributions import Mixture, bump, grid, line, ring
from mien.toy.recipes import gan, gan_fair, saturating, wgan, wgan_gp
from mien.training.optimizer import Adam


@dataclass(frozen=True)
class Experiment:
    """question: one sentence. explanation: paragraphs on what to look at and what it means. images: real points that
    each arm's discriminator sees. change: flags worth a try."""

    name: str
    question: str
    explanation: tuple[str, ...]
    mixture: Mixture
    arms: tuple[Recipe, ...]
    images: int
    change: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The name of its results: ring-gan for a distribution."""
        ready = self.name in EXPERIMENTS
        return self.name if ready else "-".join([self.name, *(arm.name for arm in self.arms)])


def js_fails() -> Experiment:
    """Why JS fails: two lines that do not overlap; JS stays at log 2 however near they are, Wasserstein falls."""
    shared = gan().replace(
        generator=Spec(ShiftedLine, start=2.0),
        discriminator=Spec(PointDiscriminator, width=64, depth=3),
        # Both D are trained towards their best, for only the best D measures a distance.
        discriminator_updates=10,
        discriminator_optimizer=Adam(lr=1e-3, beta1=0.5, beta2=0.9),
        # eps 1 makes this nearly plain gradient descent: Adam's division would hide how small a gradient is.
        generator_optimizer=Adam(lr=0.03, beta1=0.0, beta2=0.9, eps=1.0),
    )
    return Experiment(
        name="js-fails",
        question=js_fails.__doc__ or "",
        explanation=(
            "The real points lie on the upright line x = 0, the generated ones on another at x = theta, and theta is "
            "all that the generator can learn. As long as the lines do not coincide they share no point, so their true "
            "Jensen-Shannon divergence is log 2 = 0.693 at every distance. Their true Wasserstein distance is |theta|.",
            "Look at the left panel, the minimax game, in which G would walk down JS itself. D is soon sure of every "
            "point; its field is flat around the generated line, and a flat field has no slope to go down. The JS that "
            "D's loss stands for sits at log 2, which says only that D wins, and the line stays where it was.",
            "Look at the right panel: the critic's field is a slope all the way from one line to the other. The "
            "distance that its loss stands for falls with the true one, and the line walks home. That it reads a "
            "little more than the truth is the penalty's doing: slopes a little above 1 cost it almost nothing.",
        ),
        mixture=line(),
        arms=(
            replace(shared, name="gan", loss=saturating().loss),
            shared.replace(
                name="wgan-gp",
                loss=wgan_gp().loss,
                # Weight 10, as published: the penalty must hold the slope near 1 for the loss to be a distance.
                discriminator_terms={"gp": GradientPenalty(weight=10.0)},
            ),
        ),
        images=170_000,
        change=("--set generator.start=0.5", "--set discriminator.updates=1"),
    )


def mode_collapse() -> Experiment:
    """Mode collapse: a first GAN against WGAN-GP on the ring of eight."""
    return Experiment(
        name="mode-collapse",
        question=mode_collapse.__doc__ or "",
        explanation=(
            "Both generators start as one small heap in the middle; eight places want points. Count how many get them.",
            "The GAN's discriminator learns slowly here. At each moment some one place looks best to it, all generated "
            "points go there, D learns that this place is fake, and the heap moves on: it hops from mode to mode and "
            "never covers the ring. The generator did what its loss rewards: fool this D, not cover the data.",
            "The critic of WGAN-GP stays close to its best through several steps a round. Its loss is a distance "
            "between the two complete distributions: missing mass costs something anywhere, so no mode is left out.",
        ),
        mixture=ring(),
        arms=(gan(), wgan_gp()),
        images=400_000,
        change=("--set discriminator.optimizer.lr=1e-3", "--set generator.latent_dim=1"),
    )


def clipping() -> Experiment:
    """Clipping against penalty: two ways to keep a critic's slope in bounds, and what each makes of its field."""
    return Experiment(
        name="clipping",
        question=clipping.__doc__ or "",
        explanation=(
            "A critic may have no slope above 1. WGAN clips every weight; WGAN-GP puts a price on slopes that differ "
            "from 1 (Gulrajani et al. 2017, figures 1 and 2).",
            "Look at the fields: under clipping the critic becomes nearly as simple as a function can be, a few flat "
            "pieces; under the penalty it bends around the data.",
            "Look at the weights: clipped ones pile up at the two bounds, the others are spread like a bell. And at "
            "the gradients by layer: under clipping they are the more uneven; in a deep critic they grow or vanish by "
            "a factor a layer, which is why its bound is so hard to choose.",
        ),
        mixture=grid(),
        arms=(wgan(), wgan_gp()),
        images=300_000,
        change=("--set discriminator.constraint.limit=0.01", "--set discriminator.constraint.limit=1"),
    )


def strong_d() -> Experiment:
    """Too strong a D: when D is sure of everything, who still tells G where to go?"""

    def against_strong(arm: Recipe) -> Recipe:
        return arm.replace(
            discriminator_updates=20,
            discriminator_optimizer=Adam(lr=2e-3, beta1=0.5, beta2=0.9),
            # eps 1: nearly plain gradient descent, or it would not show how small a pull is.
            generator_optimizer=Adam(lr=2e-3, beta1=0.0, beta2=0.9, eps=1.0),
        )

    return Experiment(
        name="strong-d",
        question=strong_d.__doc__ or "",
        explanation=(
            "One bump of real points, a generator that starts beside it, and a D that takes twenty steps to each step "
            "of G. D(x) soon is a cliff between the two.",
            "Look at the pull: how strongly G's loss pulls at a generated point. In the minimax game it is "
            "D(G(z)) times D's slope: sure of every fake, D leaves almost nothing, and G starves.",
            "The non-saturating loss is the usual cure: -log D(G(z)) pulls with the slope of the logit itself, however "
            "sure D is. With the critic of WGAN-GP a better D is no danger at all: the pull lasts.",
        ),
        mixture=bump(),
        arms=(
            against_strong(saturating()),
            against_strong(replace(gan_fair(), name="non-saturating")),
            against_strong(wgan_gp()),
        ),
        images=200_000,
        change=("--set discriminator.updates=1", "--set discriminator.terms.gp.weight=10"),
    )


EXPERIMENTS: dict[str, Callable[[], Experiment]] = {
    made().name: made for made in (mode_collapse, js_fails, clipping, strong_d)
}


def free(mixture: Mixture, recipes: tuple[Recipe, ...]) -> Experiment:
    """Any recipes on any distribution."""
    names = " and ".join(recipe.name for recipe in recipes)
    explanation = (
        "Blue: the real distribution. Orange: generated points. The tint behind them, or the green curve, is the score "
        "of the discriminator at each place: bluer, or higher, is more real.",
        "The generator sees only the slope of that field. Where the field is flat, nothing moves.",
    )
    return Experiment(mixture.name, f"{mixture.about} Learned by {names}.", explanation, mixture, recipes, 400_000)
