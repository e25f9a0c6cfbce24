"""Changed settings of a resumed run: `mien resume --set KEY=VALUE`.

A setting may change if the networks and the optimizers keep tensors of the same shapes. recipe.json then has the new
value, and events.jsonl the old and the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from mien.config import serialization
from mien.errors import UsageError
from mien.recipes.earlier import renamed
from mien.recipes.recipe import Recipe
from mien.recipes.schedules import RATES
from mien.runtime.atomic_files import write_json
from mien.runtime.console import say
from mien.trainer.run_writer import RunWriter

FIXED = ("name", "resolution", "channels", "direction")  # a change would contradict the run's name or its images
Structure = dict[str, object]


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """Return the recipe after these changes.

    A learning rate that is set holds as it is: `rate_factor` becomes 1 again, unless it is set, too. Raises UsageError
    for a setting that cannot change in a resumed run.
    """
    changes = [renamed(change) for change in changes]
    for change in changes:
        new = recipe.override((change,))
        if change.partition("=")[0] in FIXED or structure(new) != structure(recipe):
            raise UsageError(
                f"--set {change} makes networks that differ from those of the run: leave it out, or start a "
                f"new run with it: mien train --init RUN --set {change}"
            )
        recipe = new
    paths = {change.partition("=")[0] for change in changes}
    if "rate_factor" not in paths and any(path.startswith(RATES) for path in paths):
        recipe = replace(recipe, rate_factor=1.0)
    return recipe


def structure(recipe: Recipe) -> Structure:
    """Return everything that a checkpoint's tensors depend on.

    These are the names and shapes of each network, and for each player its trained tensors and its optimizer.
    """
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
    """Return the settings that differ, with old and new value: ["rate_factor was 0.5, now 1.0"]."""
    old, new = before.settings(), after.settings()
    return [
        f"{path} was {serialization.encode(old.get(path))}, now {serialization.encode(new.get(path))}"
        for path in {**new, **old}
        if path not in old or path not in new or old[path] != new[path]
    ]


def write(writer: RunWriter, before: Recipe, requested: Recipe) -> None:
    """Write the changed settings into events.jsonl and recipe.json, and print a line for each that was requested.

    A warm restart changes all schedules besides; the summary has one line for them.
    """
    found = differences(before, writer.recipe)
    if not found:
        return
    writer.event("changed", settings=found)
    write_json(writer.run.recipe, serialization.encode(writer.recipe))
    for line in differences(before, requested):
        say(f"set      {line}, from {writer.training.images / 1000:.1f} kimg on")
