"""Start files: the networks of a run in one small file, for other trainings to start from (`mien train --init FILE`).

A start file is a snapshot that also holds the networks without averaging, the discriminators among them. Matrices and
kernels are float16; biases and statistics keep 32 bits. The optimizers' tensors stay out: they would take twice the
space of the networks, and the new training has its own rates and its own images.

Why float16: in the images of two trained generators it changes 2 to 4 % of the colour values, each by 1 of 255.
bfloat16 changes 14 to 27 % of them, by up to 4.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mien.errors import FileError, UsageError
from mien.runs.checkpoint import Tensors, checkpoints, load_checkpoint
from mien.runs.directory import RunDirectory
from mien.runs.records import Environment, Object, Started
from mien.runs.snapshot import save_snapshot
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, write_json

TRAINED = "trained."  # begins the name of a network itself; a name without it is an averaged generator
OTHER = ("memory", "statistics")  # parts of a checkpoint that are no networks
LARGEST = torch.finfo(torch.float16).max


def write_start(run: RunDirectory, path: Path, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write the networks of the run's newest checkpoint to `path`, a JSON file beside it, and return the JSON's facts.

    The facts are the origin of the networks and the file's sha256. leave_out: names of networks, as in a checkpoint:
    ("D",). Raises UsageError for a conditional run, FileError for a run without a checkpoint.
    """
    recipe, folders = typed_json.read(run.recipe, Object), checkpoints(run.checkpoints)
    if recipe.get("condition"):
        raise UsageError(f"{run.path} has a condition: a start file has none, so that any training can use it")
    if not folders:
        raise FileError(f"{run.path} has no checkpoint yet: the first comes after two minutes, or when training stops")
    tensors, state = load_checkpoint(folders[-1])
    groups = {
        name.removesuffix("_ema") if name.endswith("_ema") else TRAINED + name: group
        for name, group in tensors.items()
        if not (name.endswith("_optimizer") or name in OTHER or name in leave_out)
    }
    facts = {"run": path.stem, "images": state["images"], "seed": state["seed"], "data": data_name(run)}
    facts["mien"] = str(typed_json.read(run.environment, Environment).get("mien"))
    if started := read_started(run):
        facts["init"] = started
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    halved = {name: {key: in_16_bits(part) for key, part in group.items()} for name, group in groups.items()}
    save_snapshot(path, halved, {"recipe": recipe, **facts})
    facts = {"recipe": recipe.get("name"), **facts, "sha256": sha256_of(path)}
    write_json(path.with_suffix(".json"), facts)
    return facts


def networks(groups: Tensors) -> Tensors:
    """Return the groups of a snapshot or of a start file, named as in a checkpoint: "G_ema", and "G", "D" if there."""
    return {
        name.removeprefix(TRAINED) if name.startswith(TRAINED) else f"{name}_ema": group
        for name, group in groups.items()
    }


def in_16_bits(tensor: Tensor) -> Tensor:
    """Return a matrix or kernel as float16. Vectors, integers and numbers too large for float16 stay as they are."""
    large = tensor.is_floating_point() and tensor.ndim > 1 and bool((tensor.abs() <= LARGEST).all())
    return tensor.half() if large else tensor


def sha256_of(path: Path) -> str:
    with io_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_name(run: RunDirectory) -> str | None:
    """Return --data without its folder: "drawn:30000", or "faces.zip" for a path."""
    data = run.trained_on()
    return data and Path(data).name


def read_started(run: RunDirectory) -> Started | None:
    """Return init.json: the networks that the run started from. None for a run that started from random weights."""
    return typed_json.read(run.init, Started) if run.init.exists() else None
