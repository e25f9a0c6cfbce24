"""What `--cond` comes to for the images at hand: the recipe with its condition, and the line that says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mien.conditioning.condition import Condition, Kind
from mien.conditioning.labels import SHOWN, listed, offers
from mien.conditioning.text import encoder as encoders
from mien.data.attributes import attributes_of
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet
from mien.errors import UsageError
from mien.recipes.recipe import Recipe

NAMED = {"class": "classes", "attributes": "labels", "text": "captions"}
NOISE = 0.7  # added to texts while training: other words for the same are then drawn right more often


def asked(recipe: Recipe, cond: Kind | Literal["none"], layout: Layout, encoder: str | None = None) -> Recipe:
    """The recipe with the condition of `--cond`. Raises UsageError where the images bring nothing of that kind.

    encoder: of texts; None: words. A recipe whose discriminator names labels has no use for "none": it takes the best
    that there is.
    """
    if encoder is not None and cond != "text":
        raise UsageError(f"--encoder {encoder} belongs to --cond text: it makes numbers of captions")
    there = offers(layout.label_names, layout.labels, layout.captions is not None)
    if cond == "none" and recipe.needs_condition:
        cond = next(iter(there), "class")
    if cond == "none":
        return replace(recipe, condition=None)
    if not recipe.accepts("condition"):
        raise UsageError(f"--cond {cond}: {recipe.name} draws from images, not from noise: leave --cond out")
    if cond not in there:
        cure = f"use --cond {next(iter(there))}" if there else "give labels (see docs/data.md), or leave --cond out"
        raise UsageError(f"--cond {cond}: {layout.path.name} has {listed(there)}, no {NAMED[cond]}: {cure}")
    if cond == "text":
        name = encoders.asked(encoder or "words")
        return replace(recipe, condition=Condition("text", encoders.find(name).dim, encoder=name, noise=NOISE))
    return replace(recipe, condition=Condition(cond, len(layout.label_names), layout.label_names))


def words(condition: Condition | None, pictures: PreparedSet) -> list[str]:
    """Of the first lines: what the images are drawn by, or that labels lie unused."""
    there = offers(pictures.info["label_names"], pictures.labels, pictures.captions is not None)
    if condition is None:
        return [f"none: {listed(there)} are not used (--cond {' or '.join(there)})"] if there else []
    if condition.kind == "text":
        return [f"captions, by the encoder {condition.encoder} ({condition.dim} numbers)"]
    unlabelled = pictures.info["unlabelled"]
    without = f"; {unlabelled:,} images have none, and are judged by their looks alone" if unlabelled else ""
    if condition.kind == "class":
        return [f"{there['class']}{without}"]
    found = attributes_of(condition.names, pictures.labels)
    few = ", ".join(group.name for group in found[:SHOWN])
    return [f"{len(found)} attributes ({few}{', …' if len(found) > SHOWN else ''}){without}"]
