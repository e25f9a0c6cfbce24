"""A recipe: the networks, losses and settings of a training as frozen data.

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
from mien.training.bf16 import convolve_in_bf16
from mien.training.ema import EMA, MovingAverage
from mien.training.player import Player, do_nothing
from mien.training.state import Training

RECIPES: dict[str, Callable[[], Recipe]] = {}
"""mien's own recipes, entered by `recipe`: the name on the command line -> the function."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A game, its two sides, and what both share.

    discriminator None: the generator learns by its own terms alone. condition: an input of both networks besides image
    and noise. extras: by name; `mien.games.extra.Extra` describes what they may add. batch_size: over all processes.
    rate_factor: multiplies both learning rates; a training that diverged continues with half of it. parts: the number
    of parts of an update, whose gradients add up; more need less memory. channels_last: the networks' memory layout;
    batch-norm networks are faster with it, instance-norm ones slower. bf16: convolutions compute in bfloat16 where that
    is faster (`training/bf16.py`). bf16_gradients: several processes send each other their gradients in bfloat16, half
    the bytes and three digits. schedules_follow_budget: a start stretches all schedules so that the longest ends with
    the budget (`recipes/schedules.py`).

    In `--set` and `mien recipes`, a network's arguments are directly below their side (`generator.width`). The settings
    of `data` and the extras are at the top level (`mirror`, `augment.p`).
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
    bf16: bool = False
    bf16_gradients: bool = False
    schedules_follow_budget: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.game.of, type) and issubclass(self.game.of, Game)):
            raise UsageError(f"{self.game.of.__name__} is not a game: derive it from mien.games.game.Game")
        for side in (self.generator, self.discriminator):
            if not isinstance(side, Side | None):
                raise UsageError(f"{side} is not a Side: write Side(network={side}), or recipe.replace(generator=…)")
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
            raise UsageError("game.mismatch needs a discriminator that gets the label: leave it or classifier out")

    # --- shortcuts ---------------------------------------------------------------------------------------------------

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
        """Return the steps a round of the side with the most steps."""
        return max(side.updates for side in (self.discriminator, self.generator) if side)

    @property
    def sources(self) -> Sources:
        """Return the data that the game reads besides images."""
        return self.game.of.sources

    @property
    def needs_condition(self) -> bool:
        """Return whether an extra works only with a condition, such as a classification head."""
        return any(extra.is_on and extra.needs_condition for extra in self.extras.values())

    @property
    def active(self) -> list[Extra]:
        conditional = self.condition is not None
        return [one for one in self.extras.values() if one.is_on and (conditional or not one.needs_condition)]

    def accepts(self, what: str) -> bool:
        """Return whether the game accepts "condition", "augment" or "paired_labels"."""
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
        """Return the training before its first round: networks, players, moving average.

        The networks are initialized from `seed` on the CPU, so that the start is the same on every device.
        """
        torch.manual_seed(seed)
        game = self.build_game()
        for module in [*game.generators.values(), *game.discriminators.values()]:
            to_device(module, device, self.channels_last)
        given = self.given(game)
        training = Training(game, self.players(game), MovingAverage(self.ema, game.generators), given=given)
        for module in training.networks.values() if self.bf16 else ():
            convolve_in_bf16(module, device)
        return training

    def given(self, game: Game) -> dict[str, Given]:
        """Return by network the frozen weights that its constructor sets. Call it before players freeze networks."""
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
        """Return the discriminators' player, then the generators'. A side without networks has none."""
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
            bf16_gradients=self.bf16_gradients,
            memory=game.memory,
        )

    def terms(self, name: SideName, side: Side, adversarial: bool = True) -> dict[str, Term]:
        """Return the adversarial loss, the terms of the extras, and the side's own terms."""
        loss = Adversarial(loss=self.loss, side=name, weight=side.loss_weight)
        added = {key: term for extra in self.active for key, term in extra.terms(name).items()}
        return {**({"loss": loss} if adversarial else {}), **added, **side.terms}

    # --- changes -----------------------------------------------------------------------------------------------------

    def replace(self, **changes: Any) -> Recipe:
        """Return a copy with other settings: `dcgan().replace(loss=Hinge(), mirror=True)`.

        A name is a field of the recipe, a field of `data`, an extra's name (None removes it), or a side's name and one
        of its fields (`discriminator_terms`). `generator` and `discriminator` may be a Spec: the side's network.
        """
        changed = self
        for name, value in changes.items():
            changed = replace(changed, **self.placed(changed, name, value))
        return changed

    @staticmethod
    def placed(old: Recipe, name: str, value: Any) -> dict[str, Any]:
        """Return a change as fields of the recipe. Raises UsageError for an unknown name."""
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
        """Return every setting of `--set` by its path, without the entire sides."""
        return {path: value for path, value, _ in overrides.paths(self) if not isinstance(value, Side)}

    def override(self, assignments: tuple[str, ...]) -> Recipe:
        """Return the recipe with `--set` changes, applied in order. Raises UsageError for a wrong path or value.

        A length of a schedule holds as it is set: the schedules then no longer follow the budget, unless that is set.
        """
        changed = self
        if any(assignment.partition("=")[0].endswith((".images", ".begin")) for assignment in assignments):
            changed = replace(changed, schedules_follow_budget=False)
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

    A recipe in a user's file is called by that file, so it replaces none of mien's own.
    """
    if not function.__module__.startswith(serialization.USER_PREFIX):
        RECIPES[recipe_name(function)] = function
    return function


def recipe_name(function: Callable[[], Recipe]) -> str:
    return function.__name__.replace("_", "-")


def from_json(data: Any, file: str | Path = "recipe.json") -> Recipe:
    """Return the recipe of `serialization.encode`. Raises UsageError that names the file for any other data."""
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
    """Return (setting, number, least, most) of the settings with limits: a wrong file could keep mien busy for ever."""
    sides = [("resolution", side, SMALLEST_SIDE, LARGEST_SIDE) for side in recipe.resolution]
    found = [*sides, ("channels", recipe.channels, 1, 3), ("batch_size", recipe.batch_size, 1, 1 << 16)]
    found += [(f"{name}.updates", side.updates, 1, 1000) for name in SIDES if (side := getattr(recipe, name))]
    if recipe.condition:
        found.append(("condition.dim", recipe.condition.dim, 1, 1 << 16))
        found.append(("condition.embedding_dim", recipe.condition.embedding_dim, 1, 1 << 16))
    return found
