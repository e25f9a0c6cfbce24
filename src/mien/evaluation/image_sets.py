"""The two image sets of a comparison. Images come in batches, from a generator or from a prepared set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.conditioning.labels import embedded
from mien.data.layouts import DRAWN, REWORDED, VARIED, Layout, check_layout_known, detect, sampled_sizes
from mien.data.prepare import prepare
from mien.data.prepared import PreparedSet
from mien.data.sampling import spread
from mien.data.synthetic.draw import OTHER, USUAL, numbers
from mien.errors import FileError, UsageError
from mien.inference.generator import Generator
from mien.media.pixels import as_rgb, resolution_text
from mien.metrics.metric import Labels
from mien.runs.directory import find
from mien.runs.records import DataCard
from mien.runtime import typed_json
from mien.runtime.console import counted, say

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
Batches = Callable[[int], Iterator[np.ndarray]]


@dataclass(frozen=True)
class ImageSet:
    """Images in batches, with their labels and their description.

    batches: batch size -> batches uint8 [<=batch size,H,W,3]; every call gives the same images. key: identifies the
    images in the feature cache; None: no cache. facts: part of each row. doubts: reasons not to compare the values.
    """

    count: int
    batches: Batches
    key: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    built_in: bool = False  # mien's synthetic faces with known attributes
    pencil: bool = False  # the built-in faces in the pencil style
    labels: Labels | None = None
    captions: list[str] | None = field(default=None, repr=False)
    caption_labels: Labels | None = None  # the labels that the captions state
    targets: bool = False  # of pairs: these are the targets of the other image set, in the same order


def generated_by(generator: Generator, seeds: list[int], text: str, truncation: float, real: ImageSet) -> ImageSet:
    """Return the image set of the seeds. Each batch is generated when it is read.

    text: the seeds as the user wrote them. A run with captions takes a caption for each seed: one of `real`, or one of
    the training set if `real` has none.
    """
    facts = {"run": generator.run, "recipe": generator.recipe.name, "images": generator.images}
    facts |= {"kimg": generator.images / 1000, "seeds": text, "truncation": truncation}
    requested = requested_labels(generator, seeds)
    condition = generator.recipe.condition
    if condition is not None and condition.kind == "text" and real.captions is not None:
        generator = generator.with_labels(torch.from_numpy(embedded(real.captions, condition)))
        requested = real.caption_labels and select(real.caption_labels, [generator.sample(seed)[1] for seed in seeds])
        facts |= {"captions": real.facts["data"]}

    def batches(size: int) -> Iterator[np.ndarray]:
        return (as_rgb(pixels) for pixels in generator.stream(seeds, truncation, size))

    doubts = () if truncation == 1 else (f"truncation {truncation:g}: published values use truncation 1",)
    return ImageSet(len(seeds), batches, None, facts, doubts, labels=requested)


def requested_labels(generator: Generator, seeds: list[int]) -> Labels | None:
    """Return the requested labels of each seed, or None if there are none or they have no names (a text)."""
    condition = generator.recipe.condition
    if condition is None or condition.kind == "own" or generator.labels is None or not condition.names:
        return None
    latents = generator.latents(seeds)
    return Labels(latents[:, -condition.dim :].cpu().numpy(), condition.names)


def image_set_of(data: str | Path, resolution: tuple[int, int], most: int, layout: Layout | None = None) -> ImageSet:
    """Return at most `most` images of the data, evenly spread, prepared at (height, width).

    data: any value of --data. layout: the layout of the data; None: the one that a recipe without sources detects.
    """
    layout = layout or detect(data, "none")
    with counted("preparing images") as progress:
        ready = prepare(data, *resolution, sources=layout.wanted, progress=progress, layout=layout)
    chosen = spread(len(ready), most)

    def batches(size: int) -> Iterator[np.ndarray]:
        return (as_rgb(ready.images[chosen[start : start + size]]) for start in range(0, len(chosen), size))

    key = f"{ready.info['sha256']} {len(chosen)} of {len(ready)}"
    facts = {"data": str(layout.path), "data_sha256": ready.info["sha256"]}
    jpegs = sum(name.lower().endswith(JPEG) for name in layout.entries)
    doubt = f"{jpegs:,} of {len(layout.entries):,} images of {layout.path.name} are JPEGs: their artefacts count"
    labels = labels_of(ready, chosen)
    built_in = ready.info["layout"] in DRAWN and ready.info["layout"] != VARIED
    captions = None if ready.captions is None else [ready.captions[place] for place in chosen]
    return ImageSet(
        len(chosen), batches, key, facts, (doubt,) if jpegs else (), built_in, labels=labels, captions=captions,
        caption_labels=caption_labels_of(ready, chosen),
    )  # fmt: skip


def labels_of(ready: PreparedSet, chosen: np.ndarray) -> Labels | None:
    """Return the labels of the chosen images, or None if the set has no labels."""
    return None if ready.labels is None else Labels(ready.labels[chosen], tuple(ready.info["label_names"]))


def caption_labels_of(ready: PreparedSet, chosen: np.ndarray) -> Labels | None:
    """Return the labels that the captions of the chosen images state, or None without labels or captions.

    A caption states no label that is off. An empty caption states none. Captions of built-in faces omit some labels.
    """
    labels = labels_of(ready, chosen)
    if labels is None or ready.captions is None:
        return None
    values, layout = labels.values, ready.info["layout"]
    if layout in DRAWN:
        wording = OTHER if layout == REWORDED else USUAL
        values = wording.stated_labels(values, [numbers(place, DRAWN[layout][0])[0] for place in chosen.tolist()])
    says = np.array([bool(ready.captions[place].strip()) for place in chosen], np.float32)
    return Labels(values * says[:, None], labels.names, states_off=False)


def select(labels: Labels, places: list[int]) -> Labels:
    return replace(labels, values=labels.values[places])


def common_size(layouts: list[Layout]) -> tuple[int, int]:
    """Return the (height, width) of the first layout whose images all have one size. Raises UsageError if none has."""
    for layout in layouts:
        sizes = {layout.size} if layout.size else set(sampled_sizes(layout))
        if len(sizes) == 1:
            height, width = sizes.pop()
            return height, width // 2 if layout.paired else width
    names = " and ".join(layout.path.name for layout in layouts)
    raise UsageError(f"{names} hold images of several sizes: give --resolution")


def resized(layout: Layout, resolution: tuple[int, int]) -> tuple[str, ...]:
    """Return a doubt if images have another size: the comparison then uses cropped and resized images."""
    odd = [size for size in sampled_sizes(layout) if size != resolution]
    if layout.paired or not odd:
        return ()
    return (f"{layout.path.name} was cropped and resized to {resolution_text(*resolution)}",)


def is_run(target: str, outdir: Path) -> bool:
    """Return whether `target` is a run or a snapshot, not images."""
    if target == "last" or target.endswith(".safetensors"):
        return True
    path = Path(target)
    if path.exists():
        return (path / "recipe.json").is_file()
    return target.isdecimal() or (outdir / path / "recipe.json").is_file()


def announce(what: str, side: ImageSet) -> None:
    source = side.facts.get("run") or side.facts.get("data")
    say(f"{what:5} {side.count:,} images of {source}")


def own_data(target: str, outdir: Path) -> str:
    """Return the data of the run's training.

    Raises FileError if the run does not record them, and UsageError if they need a layout of the user's own.
    """
    run = None if target.endswith(".safetensors") else find(target, outdir)
    data = run.trained_on() if run else None
    if run is None or data is None:
        raise FileError(f"{target} does not record its training data: give the real images by --data")
    if run.data.exists():
        card = typed_json.read(run.data, DataCard)
        check_layout_known(data, card["info"].get("layout"), f"the images of {target}")
    return data
