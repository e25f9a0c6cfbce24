"""The two sides of a comparison: images in batches, drawn as they are needed or read from a prepared set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.conditioning.labels import embedded
from mien.data.layouts import DRAWN, REWORDED, Layout, check_layout_known, detect, sampled_sizes
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
    """batches: batch size -> uint8 [<=batch size,H,W,3] at a time, the same each time it is called.

    key: what the images are, where what is seen of them may be kept. facts: what each row says of them. doubts: why
    numbers made from them should not be compared.
    """

    count: int
    batches: Batches
    key: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    built_in: bool = False  # the faces that mien draws, whose attributes are known
    pencil: bool = False  # and those in their second style
    labels: Labels | None = None
    captions: list[str] | None = field(default=None, repr=False)
    caption_labels: Labels | None = None  # what of the labels the captions tell
    targets: bool = False  # of pairs: what the other side's images, in the same order, should have become


def generated_by(generator: Generator, seeds: list[int], text: str, truncation: float, real: ImageSet) -> ImageSet:
    """Images that are drawn while they are looked at. text: the seeds as people write them. Of a run that was trained
    on texts each seed chooses one of the real images' captions, where they have any, and else one of the training's.
    """
    facts = {"run": generator.run, "recipe": generator.recipe.name, "images": generator.images}
    facts |= {"kimg": generator.images / 1000, "seeds": text, "truncation": truncation}
    asked = requested_labels(generator, seeds)
    condition = generator.recipe.condition
    if condition is not None and condition.kind == "text" and real.captions is not None:
        generator = generator.with_labels(torch.from_numpy(embedded(real.captions, condition)))
        asked = real.caption_labels and select(real.caption_labels, [generator.sample(seed)[1] for seed in seeds])
        facts |= {"captions": real.facts["data"]}

    def batches(size: int) -> Iterator[np.ndarray]:
        return (as_rgb(pixels) for pixels in generator.stream(seeds, truncation, size))

    doubts = () if truncation == 1 else (f"truncation {truncation:g}: published numbers are of truncation 1",)
    return ImageSet(len(seeds), batches, None, facts, doubts, labels=asked)


def requested_labels(generator: Generator, seeds: list[int]) -> Labels | None:
    """What the image of each seed was asked to be; None if nothing was asked, or not by names (a text)."""
    condition = generator.recipe.condition
    if condition is None or condition.kind == "own" or generator.labels is None or not condition.names:
        return None
    latents = generator.latents(seeds)
    return Labels(latents[:, -condition.dim :].cpu().numpy(), condition.names)


def pictures_of(data: str | Path, resolution: tuple[int, int], most: int, layout: Layout | None = None) -> ImageSet:
    """At most so many images of anything that `--data` takes, spread evenly over it, prepared at (height, width).

    layout: how the data are read; as a recipe of noise reads them if left out.
    """
    layout = layout or detect(data, "none")
    with counted("preparing pictures") as progress:
        ready = prepare(data, *resolution, sources=layout.wanted, progress=progress, layout=layout)
    chosen = spread(len(ready), most)

    def batches(size: int) -> Iterator[np.ndarray]:
        return (as_rgb(ready.images[chosen[start : start + size]]) for start in range(0, len(chosen), size))

    key = f"{ready.info['sha256']} {len(chosen)} of {len(ready)}"
    facts = {"data": str(layout.path), "data_sha256": ready.info["sha256"]}
    jpegs = sum(name.lower().endswith(JPEG) for name in layout.entries)
    doubt = f"{jpegs:,} of {len(layout.entries):,} pictures of {layout.path.name} are JPEGs: their artefacts count"
    labels = labels_of(ready, chosen)
    built_in = ready.info["layout"] in DRAWN
    captions = None if ready.captions is None else [ready.captions[place] for place in chosen]
    return ImageSet(
        len(chosen), batches, key, facts, (doubt,) if jpegs else (), built_in, labels=labels, captions=captions,
        caption_labels=caption_labels_of(ready, chosen),
    )  # fmt: skip


def labels_of(ready: PreparedSet, chosen: np.ndarray) -> Labels | None:
    """What the chosen images of a set are, where it says so."""
    return None if ready.labels is None else Labels(ready.labels[chosen], tuple(ready.info["label_names"]))


def caption_labels_of(ready: PreparedSet, chosen: np.ndarray) -> Labels | None:
    """What the captions of the chosen images say of their labels: all but what is off, and a text without words
    nothing. Of the built-in faces it is known what a caption leaves out."""
    labels = labels_of(ready, chosen)
    if labels is None or ready.captions is None:
        return None
    values, layout = labels.values, ready.info["layout"]
    if layout in DRAWN:
        wording = OTHER if layout == REWORDED else USUAL
        values = wording.told(values, [numbers(place, DRAWN[layout][0])[0] for place in chosen.tolist()])
    says = np.array([bool(ready.captions[place].strip()) for place in chosen], np.float32)
    return Labels(values * says[:, None], labels.names, states_off=False)


def select(labels: Labels, places: list[int]) -> Labels:
    return replace(labels, values=labels.values[places])


def common_size(layouts: list[Layout]) -> tuple[int, int]:
    """(height, width) that all images of a side share: of the first side that has one."""
    for layout in layouts:
        sizes = {layout.size} if layout.size else set(sampled_sizes(layout))
        if len(sizes) == 1:
            height, width = sizes.pop()
            return height, width // 2 if layout.paired else width
    names = " and ".join(layout.path.name for layout in layouts)
    raise UsageError(f"{names} hold pictures of several sizes: say by --resolution at which to compare them")


def resized(layout: Layout, resolution: tuple[int, int]) -> tuple[str, ...]:
    """A doubt where images were not of this size: what is compared is then not what was given."""
    odd = [size for size in sampled_sizes(layout) if size != resolution]
    if layout.paired or not odd:
        return ()
    return (f"{layout.path.name} was cropped and resized to {resolution_text(*resolution)}",)


def is_run(target: str, outdir: Path) -> bool:
    """Whether the words mean a run or a snapshot, and not images."""
    if target == "last" or target.endswith(".safetensors"):
        return True
    path = Path(target)
    if path.exists():
        return (path / "recipe.json").is_file()
    return target.isdecimal() or (outdir / path / "recipe.json").is_file()


def announce(what: str, side: ImageSet) -> None:
    source = side.facts.get("run") or side.facts.get("data")
    say(f"{what:5} {side.count:,} pictures of {source}")


def own_data(target: str, outdir: Path) -> str:
    """What a run was trained on. Raises FileError if it does not say, UsageError if only a layout reads it that nobody
    has named."""
    run = None if target.endswith(".safetensors") else find(target, outdir)
    data = run.trained_on() if run else None
    if run is None or data is None:
        raise FileError(f"{target} does not say what it was trained on: name the real pictures by --data")
    if run.data.exists():
        card = typed_json.read(run.data, DataCard)
        check_layout_known(data, card["info"].get("layout"), f"the images of {target}")
    return data
