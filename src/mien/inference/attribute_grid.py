"""A sheet with all values of one or two attributes, everything else being equal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from mien.conditioning.condition import Condition
from mien.conditioning.requests import AttributeRequest, nearest, of_class, plain, with_attributes
from mien.data.attributes import CLASS, Attribute, attributes_of
from mien.errors import UsageError
from mien.inference.generator import Generator
from mien.inference.latents.synthesis import images_of
from mien.media.contact_sheet import Names, image_table

MOST = 4096  # images on a sheet


def attribute_sheet(
    generator: Generator,
    text: str,
    request: AttributeRequest,
    seeds: Sequence[int],
    truncation: float,
    scale: int | None = None,
) -> tuple[Image.Image, dict[str, Any], int]:
    """(the sheet, its facts, its number of images). Raises UsageError.

    text: "hair,eyes" gives a row for each value of hair and a column for each value of eyes, for one seed. "hair" gives
    a row for each seed. request: values of other attributes. scale: see `image_table`.
    """
    condition, labels = generator.recipe.condition, generator.labels
    if condition is None or labels is None:
        raise UsageError(
            f"--attribute-grid {text}: {generator.run} was trained without a condition: train with --cond attributes"
        )
    chosen = chosen_attributes(condition, labels, text)
    if len(chosen) == 2 and len(seeds) > 1:
        raise UsageError(f"--attribute-grid {text} takes one seed: name one by --seeds, or name one attribute")
    across = chosen[-1]
    down: list[tuple[int, dict[str, str]]] = [(seed, {}) for seed in seeds]
    if len(chosen) == 2:
        down = [(seeds[0], {chosen[0].name: value}) for value in chosen[0].values]
    if len(down) * len(across.values) > MOST:
        raise UsageError(f"--attribute-grid {text}: a sheet has at most {MOST:,} images: use fewer --seeds")
    latents = []
    for (seed, own), value in product(down, across.values):
        conditioned = generator.with_labels(label_of(condition, labels, request, {**own, across.name: value}))
        latents.append(conditioned.latents([seed]))
    with torch.inference_mode():
        w = torch.cat([generator.mapping(part, truncation) for part in latents])
    pixels = images_of(generator, w).reshape(len(down), len(across.values), *generator.resolution, -1)
    rows = [" ".join(own.values()) or str(seed) for seed, own in down]
    row_axis = chosen[0].name if len(chosen) == 2 else "seed"
    sheet, scale = image_table(pixels, Names(rows, across.values, row_axis, across.name), scale)
    facts = {"run": generator.run, "recipe": generator.recipe.name, "kimg": generator.images / 1000, "scale": scale}
    facts |= {"truncation": truncation, "attribute_grid": text, "seeds": list(seeds), "attributes": dict(request)}
    return sheet, facts, len(w)


def chosen_attributes(condition: Condition, labels: Tensor, text: str) -> list[Attribute]:
    """The one or two named attributes; "class" for a generator with classes. Raises UsageError."""
    if condition.kind == "text":
        raise UsageError(f"--attribute-grid {text}: the condition is a text, which has no list of values: use --text")
    if condition.kind == "own":
        raise UsageError(f"--attribute-grid {text}: a condition of your own has no list of values: use --condition")
    found = [Attribute(CLASS, condition.names, tuple(range(condition.dim)))]
    if condition.kind == "attributes":
        found = list(attributes_of(condition.names, labels.numpy()))
    by_name = {plain(group.name): group for group in found}
    names = [plain(name) for name in text.split(",")]
    for name in names:
        if name not in by_name:
            raise UsageError(f"--attribute-grid {name}: {nearest(name, [group.name for group in found], 'attribute')}")
    if len(names) > 2 or len(set(names)) < len(names):
        raise UsageError(f"--attribute-grid {text}: name one attribute, or two different ones")
    return [by_name[name] for name in names]


def label_of(condition: Condition, labels: Tensor, request: AttributeRequest, values: dict[str, str]) -> Tensor:
    """Labels [<=M,K] of one cell. The seed chooses one of them."""
    if condition.kind == "class":
        return of_class(condition, values[CLASS])
    return with_attributes(condition, labels, {**request, **values})
