"""The condition of a training: the recipe with the condition of `--cond`, and the line of the summary."""

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
NOISE = 0.7  # added to text embeddings while training; makes the generator robust to other wordings


def with_condition(recipe: Recipe, cond: Kind | Literal["none"], layout: Layout, encoder: str | None = None) -> Recipe:
    """Return the recipe with the condition of `--cond`. Raises UsageError if the data set has no labels of that kind.

    encoder: of texts; None: words. A recipe whose discriminator classifies needs a condition. For "none" it gets the
    first kind of label that the data set has.
    """
    if encoder is not None and cond != "text":
        raise UsageError(f"--encoder {encoder} is for --cond text alone: it turns captions into numbers")
    there = offers(layout.label_names, layout.labels, layout.captions is not None)
    if cond == "none" and recipe.needs_condition:
        cond = next(iter(there), "class")
    if cond == "none":
        return replace(recipe, condition=None)
    if not recipe.accepts("condition"):
        raise UsageError(f"--cond {cond}: {recipe.name} translates images and takes no condition: leave --cond out")
    if cond not in there:
        cure = f"use --cond {next(iter(there))}" if there else "give labels (see docs/data.md), or leave --cond out"
        raise UsageError(f"--cond {cond}: {layout.path.name} has {listed(there)}, no {NAMED[cond]}: {cure}")
    if cond == "text":
        name = encoders.asked(encoder or "words")
        return replace(recipe, condition=Condition("text", encoders.find(name).dim, encoder=name, noise=NOISE))
    return replace(recipe, condition=Condition(cond, len(layout.label_names), layout.label_names))


def summary_lines(condition: Condition | None, pictures: PreparedSet) -> list[str]:
    """Return the lines of the summary that name the condition, or the labels that are not used."""
    there = offers(pictures.info["label_names"], pictures.labels, pictures.captions is not None)
    if condition is None:
        return [f"none: {listed(there)} are not used (--cond {' or '.join(there)})"] if there else []
    if condition.kind == "text":
        return [f"captions, by the encoder {condition.encoder} ({condition.dim} numbers)"]
    unlabelled = pictures.info["unlabelled"]
    without = f"; {unlabelled:,} images have no label: D judges them without a condition" if unlabelled else ""
    if condition.kind == "class":
        return [f"{there['class']}{without}"]
    found = attributes_of(condition.names, pictures.labels)
    few = ", ".join(group.name for group in found[:SHOWN])
    return [f"{len(found)} attributes ({few}{', …' if len(found) > SHOWN else ''}){without}"]
