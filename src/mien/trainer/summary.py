"""The summary before a training: its options, and the commands to watch and to resume it."""

from __future__ import annotations

import datetime
from pathlib import Path

import torch

from mien.config.budget import duration
from mien.data.folders import HALVES, TWO_FOLDERS
from mien.media.pixels import resolution_text
from mien.recipes.recipe import Recipe
from mien.runtime import console, distributed
from mien.runtime.device import has_fast_bfloat16
from mien.trainer import augmentation_policy, condition_policy
from mien.trainer.config import TrainConfig
from mien.trainer.setup import Setup
from mien.training.parts import batch_statistics

ALONE = {
    HALVES: "right halves",
    TWO_FOLDERS: "images of folder B",
}  # the images of a paired set that a recipe without sources reads
LONGEST = 1e9  # seconds, 31 years: later dates may not exist


def print_summary(run: Path, setup: Setup, seconds: float = 0.0) -> None:
    """Print the summary of a training. seconds: trained so far."""
    config, recipe, pictures, budget = setup.config, setup.recipe, setup.data, setup.budget
    images, world = setup.training.images, distributed.world_size()
    share = shares(setup, recipe.batch_size // world, world) if world > 1 else ""
    epochs, end = "", ""
    if budget.images < float("inf"):
        epochs = f" ({budget.images / len(pictures.images):.1f} epochs)"
    if budget.seconds < float("inf"):
        left = datetime.timedelta(seconds=min(max(0.0, budget.seconds - seconds), LONGEST))
        end = f", expected end {datetime.datetime.now() + left:%H:%M}"
    begun = f", {images / 1000:.1f} kimg in {duration(seconds)} are done" if images else ""
    first, *rest = pictures.describe()
    rest += pictures.info.get("notes", [])
    if recipe.sources == "none" and pictures.info["layout"] in ALONE:
        rest.append(
            f"prepared as pairs: only the {ALONE[pictures.info['layout']]} are learned; for all, name the images"
        )
    for line in [
        f"data     {first}",
        *(f"         {line}" for line in rest),
        f"recipe   {recipe.name} at {resolution_text(*recipe.resolution)} px, {setup.why[0]}",
        *(f"         {line}" for line in setup.why[1:]),
        *(f"{'init' if number == 0 else '':8} {line}" for number, line in enumerate(setup.taken_over)),
        *(f"cond     {line}" for line in condition_policy.summary_lines(recipe.condition, pictures)),
        *(f"augment  {line}" for line in augmentation_policy.summary_lines(recipe, len(pictures.images))),
        f"batch    {recipe.batch_size}{share} on {setup.device}{precision(recipe, setup.device)}",
        f"budget   {budget}{epochs}{begun}{end}",
        *([f"schedule {setup.schedule}"] if setup.schedule else []),
        *validation_lines(setup, seconds),
        *where_lines(run, config),
    ]:
        console.say(line)


def shares(setup: Setup, count: int, world: int) -> str:
    """Return " (4 on each of 2 processes; batch norm uses 4 at a time)"."""
    sees = batch_statistics(list(setup.training.networks.values()), count)
    return f" ({count} on each of {world} processes{f'; {sees} uses {count} at a time' if sees else ''})"


def precision(recipe: Recipe, device: torch.device) -> str:
    if not recipe.bf16:
        return ""
    fast = has_fast_bfloat16(device)
    return ", convolutions in bfloat16" if fast else " (bf16=true is ignored: bfloat16 is slow there)"


def where_lines(run: Path, config: TrainConfig) -> list[str]:
    if config.dry_run:
        return [f"run      {run} (not made: --dry-run)"]
    return [f"run      {run}", f"watch    tail -f {run}/log.txt    mien report {run}", f"resume   mien resume {run}"]


def validation_lines(setup: Setup, seconds: float) -> list[str]:
    if setup.validator is None:
        return []
    plan, cost = setup.validator.plan, setup.validator.cost
    once = f", about {duration(cost)} each" if cost else ""
    within = f"at most {plan.share:.0%} of the time" if plan.share < 1 else "without a limit of time"
    lines = [f"metrics  {plan.metrics} of {plan.num:,} images from {plan.every / 1000:g} kimg on{once}, {within}"]
    if plan.share < 1 and cost > plan.share * (setup.budget.seconds - seconds):
        lines.append("         none fits into this budget: use fewer images (--metrics-num) or --metrics-share 1")
    return lines
