"""What `--init` names: the networks of another run or file, or those that mien ships."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.errors import UsageError
from mien.inference.generator import snapshot_path
from mien.recipes.recipe import Recipe, from_json
from mien.runs import start_file, tensor_files
from mien.runs.checkpoint import Tensors
from mien.runs.directory import find
from mien.runs.records import Object, Started
from mien.runs.snapshot import load_snapshot
from mien.runtime import typed_json
from mien.trainer import starts
from mien.trainer.config import TrainConfig
from mien.trainer.resume import newest_whole

NOTHING, FACES = "none", "faces"  # values of --init: random weights, and the networks that mien ships


@dataclass(frozen=True)
class Source:
    """Another run's networks: "G", "D" and "G_ema" from a checkpoint or a start file, or "G_ema" alone from a snapshot.

    data: that it learned, without its folder. sha256: of its file. shipped: whether the file came with mien.
    """

    name: str
    images: int
    recipe: Recipe
    tensors: Tensors
    data: str | None = None
    sha256: str | None = None
    shipped: bool = False

    def __str__(self) -> str:
        if self.shipped:
            known = f"networks that know mien's built-in faces ({self.recipe.name}, {self.images / 1000:g} kimg)"
            return f"from {known}; --init none starts from chance"
        return f"from {self.name} at {self.images / 1000:g} kimg"

    def record(self) -> Started:
        """Return the content of init.json."""
        known = Started(name=self.name, images=self.images, recipe=self.recipe.name)
        return {**known, "data": self.data, "sha256": self.sha256}


def source(init: str | None, outdir: Path) -> Source | None:
    """Return the networks of a run (path, number, name or "last") or of a `.safetensors` file. None for mien's own.

    A run gives its newest checkpoint. If it has none, or for a snapshot, there is only the averaged generator.
    """
    if init in (None, NOTHING, FACES):
        return None
    run = str(init)
    if Path(run).suffix != ".safetensors":
        directory = find(run, outdir)
        newest = newest_whole(directory)
        if newest is not None:
            tensors, state = newest
            recipe = from_json(typed_json.read(directory.recipe, Object), directory.recipe)
            found = in_order(tensors, recipe, directory.name)
            return Source(directory.name, state["images"], recipe, found, start_file.data_name(directory))
    return of_file(snapshot_path(run, None, outdir))


def of_file(path: Path, shipped: bool = False) -> Source:
    """Return the networks of a start file, or the averaged generator of a snapshot."""
    groups, header = load_snapshot(path)
    recipe, name = from_json(header["recipe"], path), header["run"]
    found = in_order(start_file.networks(groups), recipe, name)
    return Source(name, header["images"], recipe, found, header.get("data"), start_file.sha256_of(path), shipped)


def own_source(config: TrainConfig, recipe: Recipe) -> Source | None:
    """Return the networks that mien ships for this recipe, or None: for `--init none`, and for a recipe that is named.

    A named recipe is a method that people compare, so it takes them only with `--init faces`. Raises UsageError if
    `--init faces` finds none.
    """
    if config.init != FACES and (config.init is not None or config.recipe != "auto"):
        return None
    path = starts.find_start(recipe)
    if path is None and config.init == FACES:
        name = recipe.name
        raise UsageError(f"--init faces: mien has no networks with the settings of this {name}: leave --init out")
    return None if path is None else of_file(path, shipped=True)


def in_order(tensors: Tensors, recipe: Recipe, origin: str) -> Tensors:
    """Return the networks among `tensors`, each with its layers in order and in the network's number type.

    Raises FileError if one does not fit.
    """
    game = recipe.build_game()
    networks = {**game.generators, **game.discriminators}
    networks |= {f"{name}_ema": module for name, module in networks.items()}
    fitting = {
        name: tensor_files.fitting(one, tensors[name], f"{name} of {origin}")
        for name, one in networks.items()
        if name in tensors
    }
    types = {name: {key: part.dtype for key, part in networks[name].state_dict().items()} for name in fitting}
    return {name: {key: part.to(types[name][key]) for key, part in group.items()} for name, group in fitting.items()}
