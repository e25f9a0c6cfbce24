"""A recipe: everything that says what is trained and how, as frozen data. A recipe function reads like a paper's table.

@recipe
def hinge() -> Recipe:
    \"\"\"DCGAN with hinge loss and lazy R1.\"\"\"
    return replace(dcgan(), loss=Hinge(), discriminator_terms={"r1": R1(weight=1.0, every=16)})
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from mien.augmentation.diffaugment import Augmentation
from mien.conditioning.condition import Condition
from mien.config import overrides, serialization
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.games.game import Game, Networks, Sources
from mien.games.noise import NoiseGame
from mien.losses.adversarial import Adversarial, AdversarialLoss, NonSaturating
from mien.losses.auxiliary import Auxiliary
from mien.losses.mode_seeking import ModeSeeking
from mien.losses.term import Term
from mien.media.pixels import LARGEST_SIDE, SMALLEST_SIDE
from mien.networks.bounded import bounded
from mien.networks.frozen_weights import Given, found, has_frozen
from mien.runtime.device import to_device
from mien.training.ema import EMA, MovingAverage
from mien.training.optimizer import Adam, OptimizerSettings
from mien.training.player import Player
from mien.training.state import Training

RECIPES: dict[str, Callable[[], Recipe]] = {}
"""Filled by `recipe` with mien's own: the name on the command line -> the function."""


@dataclass(frozen=True)
class WeightClip:
    """Each weight into [-limit, limit] after each step (WGAN, Arjovsky et al. 2017, algorithm 1)."""

    limit: float = 0.01

    @torch.no_grad()
    def __call__(self, module: nn.Module) -> None:
        for parameter in module.parameters():
            if parameter.requires_grad:  # in its player's update, all that it trains does
                parameter.clamp_(-self.limit, self.limit)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """generator, discriminator: built with `resolution` (height, width) and `channels` added. batch_size: over all
    processes. discriminator_updates: steps to one of the generator (n_critic). mirror: flip pictures at random.
    discriminator None: the generator learns by its own terms alone. gan_weight: of the loss among the generator's
    terms. jitter: pictures are enlarged by this share and cut back at a random place. direction: of a translation, from
    which side of the data to which.
    condition: what the networks are told besides the picture and the noise. auxiliary: with one, the weight of naming
    it; at 0 the discriminator is told the condition, above it names it instead (AC-GAN). name_fakes: of fakes, too.
    mode_seeking: weight of the term that has drawings of one condition differ with their noise.
    rate_factor: of both learning rates; a training that diverged goes on with half of it.
    parts: each update is made in so many, whose gradients add up: for a batch that does not fit into memory at once.
    frozen_layers: so many first layers of the discriminator keep the weights that they began with (FreezeD, Mo et al.
    2020), for small sets after another run's networks.
    channels_last: the networks' memory layout; it helps batch-norm networks and hurts instance-norm ones."""

    name: str = ""
    generator: Spec[nn.Module]
    discriminator: Spec[nn.Module] | None
    game: Spec[Game] = field(default_factory=lambda: Spec(NoiseGame))
    condition: Condition | None = None
    auxiliary: float = 0.0
    name_fakes: bool = False
    mode_seeking: float = 0.0
    loss: AdversarialLoss = field(default_factory=NonSaturating)
    gan_weight: float = 1.0
    discriminator_terms: dict[str, Term] = field(default_factory=dict)
    generator_terms: dict[str, Term] = field(default_factory=dict)
    discriminator_optimizer: OptimizerSettings = field(default_factory=Adam)
    generator_optimizer: OptimizerSettings = field(default_factory=Adam)
    rate_factor: float = 1.0
    parts: int = 1
    discriminator_updates: int = 1
    constrain: WeightClip | None = None
    augment: Augmentation | None = None
    ema: EMA = field(default_factory=EMA)
    batch_size: int = 64
    resolution: tuple[int, int] = (64, 64)
    channels: int = 3
    mirror: bool = False
    jitter: float = 0.0
    direction: Literal["AtoB", "BtoA"] = "AtoB"
    frozen_layers: int = 0
    channels_last: bool = True

    def __post_init__(self) -> None:
        if not (isinstance(self.game.of, type) and issubclass(self.game.of, Game)):
            raise UsageError(f"{self.game.of.__name__} is no game: derive it from mien.games.game.Game")
        if not 0 <= self.jitter <= 1:
            raise UsageError(f"jitter={self.jitter:g}: a picture can be enlarged by a share from 0 to 1")
        if self.rate_factor <= 0:
            raise UsageError(f"rate_factor={self.rate_factor:g}: it must be over 0, and 1 leaves the rates as they are")
        if self.parts < 1:
            raise UsageError(f"parts={self.parts}: an update is made in 1 part or more")
        if self.auxiliary and self.game.arguments.get("mismatch"):
            raise UsageError("game.mismatch is for a discriminator that is told the label: leave it out, or auxiliary")
        if self.mode_seeking and not self.accepts("paired_labels"):
            raise UsageError(f"mode_seeking compares what noise draws: {self.game.of.__name__} has no paired_labels")

    def build_game(self) -> Game:
        aids: dict[str, Any] = {"augment": self.augment.at} if self.augment else {}
        if self.mode_seeking:
            aids["paired_labels"] = True
        networks = Networks(self.build_generator, self.build_discriminator if self.discriminator else None)
        try:
            return self.game.of.build(networks, **{**self.game.arguments, **aids})
        except TypeError as error:
            raise UsageError(f"{self.game.of.__name__} cannot be built: {error}") from error

    def accepts(self, what: str) -> bool:
        """Whether the game takes it: "condition", "augment" or "paired_labels"."""
        return what in self.game.of.accepts

    @property
    def sources(self) -> Sources:
        """What the game reads besides pictures."""
        return self.game.of.sources

    def build_generator(self, **changes: Any) -> nn.Module:
        """changes: of its constructor's arguments."""
        spec, shape = self.generator, {"resolution": self.resolution, "channels": self.channels, **changes}
        with bounded(spec.of):
            return self.condition.generator(spec, **shape) if self.condition else spec.build(**shape)

    def build_discriminator(self, **changes: Any) -> nn.Module:
        """changes: of its constructor's arguments."""
        assert self.discriminator is not None
        spec, shape = self.discriminator, {"resolution": self.resolution, "channels": self.channels, **changes}
        with bounded(spec.of):
            if self.condition is None:
                return spec.build(**shape)
            return self.condition.discriminator(spec, classifies=self.names_labels, **shape)

    @property
    def names_labels(self) -> bool:
        return self.condition is not None and self.auxiliary > 0

    def build(self, device: torch.device, seed: int = 0) -> Training:
        """The training at its beginning: networks initialized from `seed` (on the processor, so that every device
        starts alike), players, moving average."""
        torch.manual_seed(seed)
        game = self.build_game()
        for module in [*game.generators.values(), *game.discriminators.values()]:
            to_device(module, device, self.channels_last)
        given = self.given(game)
        return Training(game, self.players(game), MovingAverage(self.ema, game.generators), given=given)

    def given(self, game: Game) -> dict[str, Given]:
        """By network: what its constructor freezes and makes again, whatever is drawn. Asked before players freeze."""
        networks = {**game.generators, **game.discriminators}
        if not has_frozen(networks.values()):
            return {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch.initial_seed() + 1)
            again = self.build_game()
        others = {**again.generators, **again.discriminators}
        both = {name: found(module, others[name]) for name, module in networks.items()}
        return {name: given for name, given in both.items() if given is not None}

    def players(self, game: Game) -> list[Player]:
        """Discriminators, then generators; a side without networks does not play."""
        discriminators = [self.discriminator_player(game)] if game.discriminators else []
        return [*discriminators, self.generator_player(game)]

    def discriminator_player(self, game: Game) -> Player:
        discriminator = Player(
            name="discriminator",
            modules=game.discriminators,
            turn=game.discriminator_turn,
            terms={
                "loss": Adversarial(loss=self.loss, side="discriminator"),
                **self.naming("discriminator"),
                **self.discriminator_terms,
                **(self.augment.terms() if self.augment else {}),
            },
            settings=self.discriminator_optimizer,
            updates=self.discriminator_updates,
            frozen=self.frozen_layers,
            rate_factor=self.rate_factor,
            parts=self.parts,
            memory=game.memory,
        )
        if self.constrain is not None:
            discriminator.constrain = self.constrain
        return discriminator

    def generator_player(self, game: Game) -> Player:
        loss = Adversarial(loss=self.loss, side="generator", weight=self.gan_weight)
        return Player(
            name="generator",
            modules=game.generators,
            turn=game.generator_turn,
            terms={
                **({"loss": loss} if game.discriminators else {}),
                **self.naming("generator"),
                **({"mode_seeking": ModeSeeking(weight=self.mode_seeking)} if self.mode_seeking else {}),
                **self.generator_terms,
            },
            settings=self.generator_optimizer,
            rate_factor=self.rate_factor,
            parts=self.parts,
            memory=game.memory,
        )

    def naming(self, side: Literal["discriminator", "generator"]) -> dict[str, Term]:
        return (
            {"label": Auxiliary(side=side, weight=self.auxiliary, fakes=self.name_fakes)} if self.names_labels else {}
        )

    def override(self, assignments: tuple[str, ...]) -> Recipe:
        """Apply `--set` changes in order. Raises UsageError for an unknown path or a value of the wrong type."""
        changed = self
        for assignment in assignments:
            changed = overrides.override(changed, assignment)
        return changed


def recipe(function: Callable[[], Recipe]) -> Callable[[], Recipe]:
    """Enter a recipe function under its name (underscores become hyphens); its docstring's first line describes it.

    One in a user's file is asked for by that file, so it takes no name away from mien's own.
    """
    if not function.__module__.startswith(serialization.USER_PREFIX):
        RECIPES[recipe_name(function)] = function
    return function


def recipe_name(function: Callable[[], Recipe]) -> str:
    return function.__name__.replace("_", "-")


def from_json(data: Any, file: str | Path = "recipe.json") -> Recipe:
    """Inverse of `encoding.encode`. Raises UsageError, naming the file, for anything but a recipe."""
    try:
        decoded = serialization.decode(data)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None
    if not isinstance(decoded, Recipe):
        raise UsageError(f"{file} does not hold a recipe")
    for name, number, least, most in limits(decoded):
        if not least <= number <= most:
            raise UsageError(f"{file}: {name} is {number}: it must be {least:,} to {most:,}")
    return decoded


def limits(recipe: Recipe) -> list[tuple[str, int, int, int]]:
    """(setting, its number, least, most) of what no training has: a file that says so would keep it busy for ever."""
    sides = [("resolution", side, SMALLEST_SIDE, LARGEST_SIDE) for side in recipe.resolution]
    found = [*sides, ("channels", recipe.channels, 1, 3), ("batch_size", recipe.batch_size, 1, 1 << 16)]
    found.append(("discriminator_updates", recipe.discriminator_updates, 1, 1000))
    if recipe.condition:
        found.append(("condition.dim", recipe.condition.dim, 1, 1 << 16))
        found.append(("condition.embedding_dim", recipe.condition.embedding_dim, 1, 1 << 16))
    return found
