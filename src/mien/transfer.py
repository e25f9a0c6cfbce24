"""Starting from another run's networks: `mien train --init RUN`, at the same resolution or another.

A layer is taken over where one of the same shape stands in the same order. Networks differ in size at the picture's
end, so of several ways to line them up it is the one that agrees from the base (4 x 4) on: where a generator begins
and a discriminator ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from mien.errors import UsageError
from mien.generation import snapshot_path
from mien.recipe import Recipe, from_json
from mien.restore import newest_whole
from mien.run.checkpoint import Tensors
from mien.run.directory import find
from mien.run.files import read_json
from mien.run.snapshot import load_snapshot
from mien.training.layers import by_layer, common, size
from mien.training.state import Training


@dataclass(frozen=True)
class Source:
    """Another run's networks: "G", "D" and "G_ema" from a checkpoint, or a snapshot's generator alone, as "G_ema"."""

    name: str
    images: int
    recipe: Recipe
    tensors: Tensors


def source(run: str, outdir: Path) -> Source:
    """A run (path, number, name or "last") at its newest checkpoint, or a `.safetensors` snapshot."""
    if Path(run).suffix != ".safetensors":
        directory = find(run, outdir)
        newest = newest_whole(directory)
        if newest is not None:
            tensors, state = newest
            recipe = from_json(read_json(directory.recipe))
            return Source(directory.name, state["images"], recipe, in_order(tensors, recipe))
    generators, header = load_snapshot(snapshot_path(run, None, outdir))
    averages, recipe = {f"{name}_ema": group for name, group in generators.items()}, from_json(header["recipe"])
    return Source(header["run"], header["images"], recipe, in_order(averages, recipe))


def in_order(tensors: Tensors, recipe: Recipe) -> Tensors:
    """The networks among `tensors`, each in the order of its own layers: a file has another."""
    game = recipe.build_game()
    orders = {name: module.state_dict() for name, module in {**game.generators, **game.discriminators}.items()}
    orders |= {f"{name}_ema": order for name, order in orders.items()}
    return {name: {key: tensors[name][key] for key in order} for name, order in orders.items() if name in tensors}


def begin_from(training: Training, origin: Source) -> list[str]:
    """Copy what fits; say for each network how much that is. Raises UsageError where nothing fits."""
    lines, taken = [], 0
    targets = {**training.networks, **{f"{name}_ema": module for name, module in training.ema.modules.items()}}
    for name, network in targets.items():
        # A snapshot has the averages only; they are good generators as well.
        found = origin.tensors.get(name) or origin.tensors.get(f"{name}_ema")
        if found is None:
            lines.append(f"{name} starts anew: {origin.name} holds none")
            continue
        fits = copy_layers(network, found, base_first=name.removesuffix("_ema") in training.game.generators)
        taken += fits
        if not name.endswith("_ema"):
            whole = sum(tensor.numel() for tensor in network.state_dict().values())
            lines.append(f"{name} takes over {fits:,} of its {whole:,} numbers ({fits / whole:.0%})")
    if not taken:
        raise UsageError(f"--init {origin.name}: no layer of its {origin.recipe.name} fits: train the same recipe")
    return [f"from {origin.name} at {origin.images / 1000:g} kimg", *lines]


def copy_layers(network: nn.Module, found: dict, base_first: bool) -> int:
    """How many numbers were copied into `network`, in place."""
    old, new = list(by_layer(found).values()), list(by_layer(dict(network.state_dict())).values())
    if not base_first:
        old, new = old[::-1], new[::-1]
    pairs = common(old, new)
    for one, other in pairs:
        for name, tensor in new[other].items():
            tensor.copy_(old[one][name])
    return sum(size(new[other]) for _, other in pairs)
