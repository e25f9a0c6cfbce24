"""The two image sets of a translation: real images of the target domain, and translated images of the other one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.data.layouts import Layout, detect
from mien.data.pairing import select_sources
from mien.data.prepare import prepare
from mien.data.prepared import PreparedSet
from mien.data.sampling import spread
from mien.evaluation.image_sets import ImageSet, image_set_of, labels_of
from mien.inference.translator import Translator
from mien.media.pixels import as_rgb
from mien.runtime.console import counted


def target_images(
    translator: Translator, data: str | Path, most: int, to: str, layout: Layout | None = None
) -> ImageSet:
    """Return at most `most` real images of domain `to`, evenly spread.

    layout: the layout of the data; None: it is detected.
    """
    layout = layout or detect(data, translator.recipe.sources)
    found, ready = image_set_of(data, translator.resolution, most, layout), towards(translator, data, to, layout)
    chosen = spread(len(ready), most)

    def batches(size: int) -> Iterator[np.ndarray]:
        return (as_rgb(ready.images[chosen[start : start + size]]) for start in range(0, len(chosen), size))

    pencil = bool(ready.info.get("swapped")) and ready.info["layout"] == "drawn-unpaired"
    built_in = found.built_in and (pencil or not ready.info.get("swapped"))  # there is no classifier for line drawings
    labels = labels_of(ready, chosen)
    return replace(
        found, count=len(chosen), batches=batches, key=f"{found.key} {to}",
        built_in=built_in, pencil=pencil, labels=labels, targets=ready.paired,
    )  # fmt: skip


def translated_images(translator: Translator, data: str | Path, most: int, to: str) -> ImageSet:
    """Return at most `most` images of the other domain, evenly spread. Each batch is translated when it is read."""
    ready = towards(translator, data, to)
    return translated(translator, ready, chosen_sources(ready, most), to)


def chosen_sources(ready: PreparedSet, most: int) -> np.ndarray:
    """Return the places of at most `most` sources, evenly spread: int [N]. An unpaired set has more or fewer images."""
    assert ready.sources is not None
    return spread(len(ready.sources), most)


def translated(translator: Translator, ready: PreparedSet, chosen: np.ndarray, to: str) -> ImageSet:
    """Return the translations of the chosen images of a set from `towards`. chosen: their places, int [N]."""
    assert ready.sources is not None
    sources = ready.sources

    def batches(size: int) -> Iterator[np.ndarray]:
        for start in range(0, len(chosen), size):
            yield as_rgb(translator(sources[chosen[start : start + size]], to)[0])

    facts = {"run": translator.run, "recipe": translator.recipe.name, "images": translator.images}
    facts |= {"kimg": translator.images / 1000, "to": to}
    labels = labels_of(ready if ready.paired else ready.swapped(), chosen)  # the sources' labels should not change
    return ImageSet(len(chosen), batches, None, facts, labels=labels)


def towards(translator: Translator, data: str | Path, to: str, layout: Layout | None = None) -> PreparedSet:
    """Return the prepared set with domain `to` as its images and the other domain as its sources."""
    with counted("preparing images") as progress:
        recipe = translator.recipe
        ready = prepare(data, *recipe.resolution, sources=recipe.sources, progress=progress, layout=layout)
    ready = select_sources(ready, recipe.sources, recipe.data.direction, recipe.name)
    return ready if to == next(iter(translator.routes)) else ready.swapped()
