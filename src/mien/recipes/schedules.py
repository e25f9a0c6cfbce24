"""All schedules of a recipe at once: stretched to the end of a budget, or started again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mien.config import overrides
from mien.config.schedules import Cosine, Linear, Schedule
from mien.recipes.recipe import Recipe

RATES = ("discriminator.optimizer.lr", "generator.optimizer.lr")


def schedules(part: Any, prefix: str = "") -> Iterator[tuple[str, Schedule]]:
    """Yield the path and the schedule of each number of a recipe, or of a part of it, that changes with the images."""
    for name, value, _ in overrides.children(part):
        if isinstance(value, Cosine | Linear):
            yield prefix + name, value
        else:
            yield from schedules(value, f"{prefix}{name}.")


def schedules_end(recipe: Recipe) -> int:
    """Return the images at which the longest schedule ends, 0 if the recipe has no schedule."""
    return max((schedule.images for _, schedule in schedules(recipe)), default=0)


def stretched(recipe: Recipe, images: int) -> Recipe:
    """Return the recipe with all its schedules stretched by one factor, so that the longest ends at `images`."""
    end = schedules_end(recipe)
    for path, schedule in schedules(recipe):
        begin, last = (round(number * images / end) for number in (schedule.begin, schedule.images))
        recipe = overrides.replace_at(recipe, path.split("."), replace(schedule, begin=begin, images=max(1, last)))
    return recipe


def restarted(recipe: Recipe, begin: int, images: int) -> Recipe:
    """Return the recipe after a warm restart at `begin` images (Loshchilov & Hutter 2017).

    All schedules end at `images`. The learning rates start again from their first value. Every other schedule
    continues from its value at `begin`.
    """
    for path, schedule in schedules(recipe):
        start = schedule.start if path in RATES else schedule(begin)
        new = replace(schedule, start=start, begin=begin, images=images)
        recipe = overrides.replace_at(recipe, path.split("."), new)
    return recipe
