"""The condition of a training: the recipe with the condition of `--cond`, and the line of the summary."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from mien.conditioning import own
from mien.conditioning.condition import Condition, Kind
from mien.conditioning.labels import SHOWN, is_measured, listed, offers
from mien.conditioning.text import encoder as encoders
from mien.config.serialization import class_name
from mien.data.attributes import attributes_of
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet
from mien.errors import UsageError
from mien.recipes.recipe import Recipe

NAMED = {"class": "classes", "attributes": "labels", "text": "captions"}
NOISE = 0.7  # added to text embeddings while training; makes the generator robust to other wordings


def with_condition(recipe: Recipe, cond: str, layout: Layout, encoder: str | None = None) -> Recipe:
    """Return the recipe with the condition of `--cond`. Raises UsageError if the data set has no labels of that kind.

    encoder: of texts; None: words. A recipe whose discriminator classifies needs a condition. For "none" it gets the
    first kind of label that the data set has.
    """
    if encoder is not None and cond != "text":
        raise UsageError(f"--encoder {encoder} is for --cond text alone: it turns captions into numbers")
    if own.is_own(cond):
        return replace(accepting(recipe, cond), condition=own.asked(cond, layout))
    there = offers(layout.label_names, layout.labels, layout.captions is not None)
    if cond == "none" and recipe.needs_condition:
        cond = next(iter(there), "class")
    if cond == "none":
        return replace(recipe, condition=None)
    recipe, kind = accepting(recipe, cond), cast(Kind, cond)
    if kind not in there:
        cure = f"use --cond {next(iter(there))}" if there else "give labels (see docs/data.md), or leave --cond out"
        if is_measured(layout.labels):
            names = ", ".join(layout.label_names[:SHOWN])
            raise UsageError(f"--cond {cond}: {layout.path.name} has numbers ({names}): use your own: my_pose.py:Pose")
        raise UsageError(f"--cond {cond}: {layout.path.name} has {listed(there)}, no {NAMED[kind]}: {cure}")
    if cond == "text":
        name = encoders.asked(encoder or "words")
        return replace(recipe, condition=Condition("text", encoders.find(name).dim, encoder=name, noise=NOISE))
    return replace(recipe, condition=Condition(kind, len(layout.label_names), layout.label_names))


def accepting(recipe: Recipe, cond: str) -> Recipe:
    """Return the recipe. Raises UsageError if its game takes no condition."""
    if not recipe.accepts("condition"):
        raise UsageError(f"--cond {cond}: {recipe.name} translates images and takes no condition: leave --cond out")
    return recipe


def summary_lines(condition: Condition | None, pictures: PreparedSet) -> list[str]:
    """Return the lines of the summary that name the condition, or the labels that are not used."""
    there = offers(pictures.info["label_names"], pictures.labels, pictures.captions is not None)
    if condition is None:
        return [f"none: {listed(there)} are not used (--cond {' or '.join(there)})"] if there else []
    if condition.kind == "own":
        return [f"{class_name(type(condition))} ({condition.dim} numbers)"]
    if condition.kind == "text":
        return [f"captions, by the encoder {condition.encoder} ({condition.dim} numbers)"]
    unlabelled = pictures.info["unlabelled"]
    without = f"; {unlabelled:,} images have no label: D judges them without a condition" if unlabelled else ""
    if condition.kind == "class":
        return [f"{there['class']}{without}"]
    found = attributes_of(condition.names, pictures.labels)
    few = ", ".join(group.name for group in found[:SHOWN])
    return [f"{len(found)} attributes ({few}{', …' if len(found) > SHOWN else ''}){without}"]
