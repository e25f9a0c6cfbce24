"""Flags of a training turned into its recipe, size, images, name and budget."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import torch

from mien import recipes
from mien.config import serialization
from mien.config.budget import Budget, parse_budget
from mien.data.layouts import Layout, default_resolution, detect, is_drawn
from mien.data.pairing import select_sources
from mien.data.prepare import prepare
from mien.data.prepared import PreparedSet
from mien.data.shards import is_remote
from mien.errors import UsageError
from mien.media.pixels import parse_resolution, resolution_text
from mien.recipes.recipe import Recipe
from mien.runs.records import Status
from mien.runtime import console, distributed
from mien.trainer import augmentation_policy, auto_recipe, condition_policy
from mien.trainer.config import OnTrouble, TrainConfig
from mien.trainer.init_source import NOTHING, Source

BASE = 64  # pixels a side where neither recipe nor images say another size


def recipe(config: TrainConfig, device: torch.device, origin: Source | None) -> tuple[Recipe, Layout, list[str]]:
    """Return the recipe with the changes by flags, the layout of the data, and the reasons. --freeze-d: `frozen`."""
    chosen, layout, why = chosen_recipe(config, device, origin)
    chosen = condition_policy.with_condition(chosen, config.cond, layout, config.encoder)
    chosen = augmentation_policy.with_augmentation(chosen, config.augment, config.set)
    chosen = batched(chosen, config.batch)
    if chosen.needs_condition and chosen.condition is None:
        raise UsageError(
            "classifier.weight is the weight of a classification loss: add --cond class, attributes or text"
        )
    return chosen.replace(resolution=size(config.resolution, chosen, layout)), layout, why


def chosen_recipe(config: TrainConfig, device: torch.device, origin: Source | None) -> tuple[Recipe, Layout, list[str]]:
    """Return the named recipe, or that of the other run, or the one that suits images, hardware and time."""
    if config.recipe != "auto":
        found = recipes.find(config.recipe)
        return found, detect(config.data, found.sources), ["as requested"]
    if origin:
        return origin.recipe, detect(config.data, origin.recipe.sources), ["the recipe of the run that it starts from"]
    layout = detect(config.data, "none")  # auto_recipe chooses only recipes that start from noise
    shape = parse_resolution(config.resolution) if config.resolution else default_resolution(layout, BASE)
    seconds = parse_budget(config.budget, 1).seconds
    started = config.init != NOTHING
    found, lines = auto_recipe.choose(auto_recipe.facts(shape, len(layout), device, seconds, started))
    return found, layout, lines


def frozen(chosen: Recipe, layers: int | None, origin: Source | None) -> Recipe:
    """Return the recipe with the first `layers` of its discriminator frozen. origin: the networks that it starts from.

    Raises UsageError if there are none.
    """
    if layers is None:
        return chosen
    if origin is None:
        raise UsageError("--freeze-d needs --init RUN: frozen layers without training would stay random")
    return chosen.override((f"discriminator.frozen_layers={layers}",))


def batched(chosen: Recipe, batch: int | None) -> Recipe:
    least = 1 if chosen.batch_size == 1 else 2  # a recipe for batches of one image has no batch norm
    chosen = chosen if batch is None else replace(chosen, batch_size=batch)
    if chosen.batch_size < least:
        why_not = "batch norm needs 2 images or more" if least == 2 else "it must be at least 1"
        raise UsageError(f"--batch {chosen.batch_size} is too small: {why_not}")
    return chosen


def size(resolution: str | None, chosen: Recipe, layout: Layout) -> tuple[int, int]:
    """Return (height, width): as requested, else the recipe's if it is not square, else one that suits the images.

    Raises UsageError for a size that no training can have.
    """
    if resolution:
        return parse_resolution(resolution)
    height, width = chosen.resolution
    suits = chosen.resolution if height != width else default_resolution(layout, height)
    return parse_resolution(resolution_text(*suits))


def resumed(config: TrainConfig, data: str | None, metrics: str | None) -> TrainConfig:
    """Return the options of a resumed run, with other data or metrics. metrics="none" ends the evaluations.

    A name in the run's file never runs code by itself. A .py file there means the file of that name given with --code.
    Raises UsageError if --code does not name that file.
    """
    config = config if data is None else replace(config, data=lasting(data))
    if metrics == "none":
        return replace(config, metrics=None, metrics_every=None, detector=None, stop_at_plateau=False)
    detector, kept = config.detector, config.metrics
    if detector is not None:
        detector = trusted(detector, "--metrics none ends the evaluations")
    if metrics is None and kept is not None:
        metrics = ",".join(trusted(name.strip(), "--metrics names others") for name in kept.split(","))
    return replace(config, metrics=metrics, detector=detector)


def watched(config: TrainConfig, on_trouble: OnTrouble | None, stop_at_plateau: str | None) -> TrainConfig:
    """Return the options of a resumed run, with other actions of the doctor. None: as before."""
    config = config if on_trouble is None else replace(config, on_trouble=on_trouble)
    return config if stop_at_plateau is None else replace(config, stop_at_plateau=stop_at_plateau == "yes")


def trusted(name: str, otherwise: str) -> str:
    """Return "my_metric.py:name" of a run's file with the path of the user's file. Other names do not change."""
    path, colon, own = name.rpartition(":")
    if not (colon and path.endswith(".py")):
        return name
    known = serialization.user_file(Path(path).name)
    if known is None:
        raise UsageError(f"the run is evaluated by {name}: name that file with --code if you trust it; {otherwise}")
    return f"{known}:{own}"


def label(name: str | None, chosen: Recipe, data: str, layout: Layout) -> str:
    """Return the run's name without its number."""
    label = name or f"{chosen.name}-{data_name(data, layout)}"
    if not re.fullmatch(r"[\w.+-]{1,100}", label):
        raise UsageError(f"--name {label!r} must be 1 to 100 letters, digits, '.', '_', '+' and '-'")
    return label


def data_name(data: str, layout: Layout) -> str:
    """ "drawn:5000@64" -> "drawn"; "pictures/faces.zip" -> "faces"."""
    stem = layout.kind if is_drawn(data) else Path(data).absolute().name
    stem = re.sub(r"\.(zip|tgz|tar\.gz|tar)$", "", stem)
    return re.sub(r"[^\w-]+", "-", stem).strip("-") or "data"


def prepared(data: str, chosen: Recipe, layout: Layout | None = None) -> PreparedSet:
    """Return the images as the recipe reads them, from the cache or prepared now.

    With several processes rank 0 prepares and the others wait.
    """
    if distributed.rank() > 0:
        distributed.barrier()
    with console.counted("preparing images") as progress:
        pictures = prepare(data, *chosen.resolution, sources=chosen.sources, progress=progress, layout=layout)
    if distributed.rank() == 0:
        distributed.barrier()
    return select_sources(pictures, chosen.sources, chosen.data.direction, chosen.name)


def lasting(data: str) -> str:
    """Return the data's path in a form that a resume from another folder can find."""
    return data if is_drawn(data) or is_remote(data) else str(Path(data).expanduser().absolute())


def end_of(status: Status) -> Budget | None:
    """Return the budget of the run as status.json has it, or None."""
    images, seconds = status.get("budget_images"), status.get("budget_seconds")
    return Budget(images or math.inf, seconds or math.inf) if images or seconds else None


def new_budget(text: str, images: int, seconds: float, pictures: int) -> Budget:
    """Return the budget of a resumed run from `--budget`: a new end ("2h"), or more ("+20m").

    images, seconds: trained so far.
    """
    if text.startswith("+"):
        return parse_budget(text[1:], pictures).plus(images, seconds)
    return parse_budget(text, pictures)
