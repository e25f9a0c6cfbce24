"""A recipe: everything that says what is trained and how, as frozen data. A recipe function reads like a paper's table.

@recipe
def hinge() -> Recipe:
    \"\"\"DCGAN with hinge loss and lazy R1.\"\"\"
    return dcgan().replace(loss=Hinge(), discriminator_terms={"r1": R1(weight=1.0, every=16)})
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from mien.augmentation.diffaugment import Augmentation
from mien.batch import Batch, Turn
from mien.conditioning.condition import Condition
from mien.config import overrides, serialization
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.games.extra import Extra, SideName
from mien.games.game import Game, Networks, Sources
from mien.games.noise import NoiseGame
from mien.losses.adversarial import Adversarial, AdversarialLoss, NonSaturating
from mien.losses.term import Term
from mien.media.pixels import LARGEST_SIDE, SMALLEST_SIDE
from mien.networks.bounded import bounded
from mien.networks.frozen_weights import Given, found, has_frozen
from mien.recipes import earlier
from mien.recipes.extras import BY_NAME
from mien.recipes.side import SIDES, DataOptions, Side
from mien.recipes.side import WeightClip as WeightClip
from mien.runtime.device import to_device
from mien.training.ema import EMA, MovingAverage
from mien.training.player import Player, do_nothing
from mien.training.state import Training

RECIPES: dict[str, Callable[[], Recipe]] = {}
"""Filled by `recipe` with mien's own: the name on the command line -> the function."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A game, its two sides, and what both share.

    discriminator None: the generator learns by its own terms alone. condition: what the networks are told besides image
    and noise. extras: by name; what each adds, `mien.games.extra.Extra` says. batch_size: over all processes.
    rate_factor: of both learning rates; a training that diverged goes on with half of it. parts: an update is made in N
    parts, whose gradients add up: for a batch that does not fit into memory at once. channels_last: the networks'
    memory layout; it helps batch-norm networks and hurts instance-norm ones.

    In `--set` and `mien recipes`, a network's arguments stand directly below their side (`generator.width`), and the
    settings of `data` and the extras at the top (`mirror`, `augment.p`).
    """

    name: str = ""
    game: Spec[Game] = field(default_factory=lambda: Spec(NoiseGame))
    loss: AdversarialLoss = field(default_factory=NonSaturating)
    discriminator: Side | None
    generator: Side
    condition: Condition | None = None
    extras: dict[str, Extra] = field(default_factory=dict, metadata={"flat": True})
    data: DataOptions = field(default_factory=DataOptions, metadata={"flat": True})
    ema: EMA = field(default_factory=EMA)
    batch_size: int = 64
    rate_factor: float = 1.0
    parts: int = 1
    channels_last: bool = True

    def __post_init__(self) -> None:
        if not (isinstance(self.game.of, type) and issubclass(self.game.of, Game)):
            raise UsageError(f"{self.game.of.__name__} is no game: derive it from mien.games.game.Game")
        for side in (self.generator, self.discriminator):
            if not isinstance(side, Side | None):
                raise UsageError(f"{side} is no side: write Side(network={side}), or recipe.replace(generator=…)")
        if self.rate_factor <= 0:
            raise UsageError(f"rate_factor={self.rate_factor:g}: it must be over 0, and 1 leaves the rates as they are")
        if self.parts < 1:
            raise UsageError(f"parts={self.parts}: an update is made in 1 part or more")
        for name, extra in self.extras.items():
            for option in extra.options().keys() - self.game.of.accepts if extra.is_on else ():
                raise UsageError(
                    f"{name} needs {option}, which {self.game.of.__name__} does not take: leave {name} out"
                )
        if self.needs_condition and self.game.arguments.get("mismatch"):
            raise UsageError("game.mismatch is for a discriminator that is told the label: leave it or classifier out")

    # --- what is read often ------------------------------------------------------------------------------------------

    @property
    def resolution(self) -> tuple[int, int]:
        """(height, width)"""
        return self.data.resolution

    @property
    def channels(self) -> int:
        return self.data.channels

    @property
    def augment(self) -> Augmentation | None:
        return cast(Augmentation | None, self.extras.get("augment"))

    @property
    def updates_per_round(self) -> int:
        """Steps of the side that makes the most of them."""
        return max(side.updates for side in (self.discriminator, self.generator) if side)

    @property
    def sources(self) -> Sources:
        """What the game reads besides images."""
        return self.game.of.sources

    @property
    def needs_condition(self) -> bool:
        """Whether an extra adds something to a condition alone: a head that classifies."""
        return any(extra.is_on and extra.needs_condition for extra in self.extras.values())

    @property
    def active(self) -> list[Extra]:
        conditional = self.condition is not None
        return [one for one in self.extras.values() if one.is_on and (conditional or not one.needs_condition)]

    def accepts(self, what: str) -> bool:
        """Whether the game takes it: "condition", "augment" or "paired_labels"."""
        return what in self.game.of.accepts

    # --- the game and its players ------------------------------------------------------------------------------------

    def build_game(self) -> Game:
        options = {name: value for extra in self.active for name, value in extra.options().items()}
        networks = Networks(self.build_generator, self.build_discriminator if self.discriminator else None)
        try:
            return self.game.of.build(networks, **{**self.game.arguments, **options})
        except TypeError as error:
            raise UsageError(f"{self.game.of.__name__} cannot be built: {error}") from error

    def build_generator(self, **changes: Any) -> nn.Module:
        """changes: of its constructor's arguments."""
        spec, shape = self.generator.network, {"resolution": self.resolution, "channels": self.channels, **changes}
        with bounded(spec.of):
            return self.condition.generator(spec, **shape) if self.condition else spec.build(**shape)

    def build_discriminator(self, **changes: Any) -> nn.Module:
        """changes: of its constructor's arguments."""
        assert self.discriminator is not None
        spec, shape = self.discriminator.network, {"resolution": self.resolution, "channels": self.channels, **changes}
        with bounded(spec.of):
            inner = spec.build(**shape)
            if self.condition is None:
                return inner
            own = [extra.discriminator(inner, self.condition) for extra in self.active]
            return next((one for one in own if one is not None), None) or self.condition.discriminator(inner)

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
        generator = self.player("generator", self.generator, game.generators, game.generator_turn, game)
        if self.discriminator is None or not game.discriminators:
            return [generator]
        return [
            self.player("discriminator", self.discriminator, game.discriminators, game.discriminator_turn, game),
            generator,
        ]

    def player(
        self, name: SideName, side: Side, modules: dict[str, nn.Module], turn: Callable[[Batch], Turn], game: Game
    ) -> Player:
        return Player(
            name=name,
            modules=modules,
            turn=turn,
            terms=self.terms(name, side, bool(game.discriminators)),
            settings=side.optimizer,
            updates=side.updates,
            constrain=side.constraint or do_nothing,
            frozen=side.frozen_layers,
            rate_factor=self.rate_factor,
            parts=self.parts,
            memory=game.memory,
        )

    def terms(self, name: SideName, side: Side, adversarial: bool = True) -> dict[str, Term]:
        """The adversarial loss, the extras' terms, the side's own."""
        loss = Adversarial(loss=self.loss, side=name, weight=side.loss_weight)
        added = {key: term for extra in self.active for key, term in extra.terms(name).items()}
        return {**({"loss": loss} if adversarial else {}), **added, **side.terms}

    # --- changes -----------------------------------------------------------------------------------------------------

    def replace(self, **changes: Any) -> Recipe:
        """A copy with other settings: `dcgan().replace(loss=Hinge(), discriminator_terms={…}, mirror=True)`.

        A name is a field of the recipe, a field of `data`, a field of a side behind the side's name, or an extra's name
        (None takes it away). `generator` and `discriminator` may be a Spec, which is then the side's network.
        """
        changed = self
        for name, value in changes.items():
            changed = replace(changed, **self.placed(changed, name, value))
        return changed

    @staticmethod
    def placed(old: Recipe, name: str, value: Any) -> dict[str, Any]:
        """A change as the field that holds it. Raises UsageError for a name that there is not."""
        side, _, part = name.partition("_")
        if isinstance(value, Spec) and name in SIDES:
            side, part = name, "network"
        if side in SIDES and part in names_of(Side):
            before = getattr(old, side)
            if before is None and part == "network":
                return {side: Side(network=value)}
            return {side: replace(before, **{part: value})}
        if name in names_of(Recipe):
            return {name: value}
        if name in names_of(DataOptions):
            return {"data": replace(old.data, **{name: value})}
        if isinstance(value, Extra):
            return {"extras": {**old.extras, name: value}}
        if value is None and name in (*old.extras, *BY_NAME, "augment"):
            return {"extras": {key: one for key, one in old.extras.items() if key != name}}
        raise UsageError(f"recipe.replace({name}=…): a recipe has no setting of that name")

    def settings(self) -> dict[str, Any]:
        """Every setting that `--set` takes, by its path, but for a side as a whole."""
        return {path: value for path, value, _ in overrides.paths(self) if not isinstance(value, Side)}

    def override(self, assignments: tuple[str, ...]) -> Recipe:
        """Apply `--set` changes in order. Raises UsageError for an unknown path or a value of the wrong type."""
        changed = self
        for assignment in map(earlier.renamed, assignments):
            name, _, value = assignment.partition("=")
            first = name.partition(".")[0]
            if value == "none" and (name in changed.extras or name in (*BY_NAME, "augment")):
                changed = changed.replace(**{name: None})
                continue
            if first in BY_NAME and first not in changed.extras:
                changed = changed.replace(**{first: BY_NAME[first]})
            changed = overrides.override(changed, assignment)
        return changed


def names_of(kind: type[Recipe] | type[Side] | type[DataOptions]) -> set[str]:
    return {one.name for one in fields(kind)}


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
        decoded = serialization.decode(earlier.converted(data))
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
    found += [(f"{name}.updates", side.updates, 1, 1000) for name in SIDES if (side := getattr(recipe, name))]
    if recipe.condition:
        found.append(("condition.dim", recipe.condition.dim, 1, 1 << 16))
        found.append(("condition.embedding_dim", recipe.condition.embedding_dim, 1, 1 << 16))
    return found
