"""Settings of a run that change when it is resumed: `mien resume --set KEY=VALUE`.

Whatever leaves the networks and the optimizers' tensors alike may change; recipe.json then holds the new value, and
events.jsonl both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from mien.config import serialization
from mien.errors import UsageError
from mien.recipes.earlier import renamed
from mien.recipes.recipe import Recipe
from mien.runtime.atomic_files import write_json
from mien.runtime.console import say
from mien.trainer.run_writer import RunWriter

RATES = ("discriminator.optimizer.lr", "generator.optimizer.lr")
FIXED = ("name", "resolution", "channels", "direction")  # what the run is called, and which images it has seen
Structure = dict[str, object]


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe after these changes. Whoever sets a learning rate means that number, so `rate_factor` is 1 again,
    unless it is set, too. Raises UsageError for what cannot change in a run that has begun."""
    changes = [renamed(change) for change in changes]
    for change in changes:
        new = recipe.override((change,))
        if change.partition("=")[0] in FIXED or structure(new) != structure(recipe):
            raise UsageError(
                f"--set {change} makes other networks than those that the run has trained: leave it out, or begin a "
                f"new run with it: mien train --init RUN --set {change}"
            )
        recipe = new
    paths = {change.partition("=")[0] for change in changes}
    if "rate_factor" not in paths and any(path.startswith(RATES) for path in paths):
        recipe = replace(recipe, rate_factor=1.0)
    return recipe


def structure(recipe: Recipe) -> Structure:
    """All that a checkpoint's tensors depend on: each network's, by name and shape, and which of them each player
    trains, by which optimizer."""
    with torch.random.fork_rng(devices=[]):
        game = recipe.build_game()
    networks = {**game.generators, **game.discriminators}
    shapes = {name: {key: part.shape for key, part in one.state_dict().items()} for name, one in networks.items()}
    players = {
        player.name: (type(player.settings), [player.parameter_names()[part] for part in player.parameters])
        for player in recipe.players(game)
    }
    return {**shapes, **players}


def differences(before: Recipe, after: Recipe) -> list[str]:
    """The settings that differ, each with its old and new value: ["rate_factor was 0.5, now 1.0"]."""
    old, new = before.settings(), after.settings()
    return [
        f"{path} was {serialization.encode(old.get(path))}, now {serialization.encode(new.get(path))}"
        for path in {**new, **old}
        if path not in old or path not in new or old[path] != new[path]
    ]


def write(writer: RunWriter, before: Recipe) -> None:
    """What a resume changed: into events.jsonl, then into recipe.json, and a line for each."""
    found = differences(before, writer.recipe)
    if not found:
        return
    writer.event("changed", settings=found)
    write_json(writer.run.recipe, serialization.encode(writer.recipe))
    for line in found:
        say(f"set      {line}, from {writer.training.images / 1000:.1f} kimg on")
