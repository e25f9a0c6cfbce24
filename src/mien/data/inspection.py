"""Inspect a data set before training: sizes, modes, formats, duplicates, labels, and warnings in words."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from mien.data.decode import BadImage, crop_box, open_image
from mien.data.decode_worker import GRAY_SPREAD
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet

FEW_IMAGES = 1000
FEW_OF_A_LABEL = 20
LITTLE_KEPT = 0.6  # share of the area inside the centre crop; an image with less counts as extreme
ALIKE = 4.0  # mean difference in levels below which two images count as near duplicates


@dataclass(frozen=True)
class Survey:
    """The facts from the headers and bytes of all files. `sizes` counts "WIDTHxHEIGHT"."""

    sizes: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    shapes: list[tuple[int, int]] = field(default_factory=list)  # (height, width)
    duplicates: list[list[str]] = field(default_factory=list)  # groups of files with the same content


def survey(layout: Layout, progress: Callable[[int, int], None] | None = None) -> Survey:
    """Read every file once and decode only headers. The result is empty for prepared sets and built-in faces."""
    found = Survey()
    if layout.files is None:
        return found
    contents: dict[bytes, list[str]] = defaultdict(list)
    names = [*layout.entries, *(layout.sources or [])]
    for done, name in enumerate(names):
        if progress:
            progress(done, len(names))
        try:
            data = layout.files.read(name)
            contents[hashlib.sha256(data).digest()].append(name)
            with catch_warnings():
                simplefilter("ignore")
                image = open_image(data, name)
        except (BadImage, OSError, ValueError):
            continue  # the preparation reports it with its reason
        found.sizes[f"{image.width}x{image.height}"] += 1
        found.modes[image.mode] += 1
        found.formats[image.format or "unknown"] += 1
        found.shapes.append((image.height, image.width // 2 if layout.paired else image.width))
    found.duplicates.extend(group for group in contents.values() if len(group) > 1)
    return found


def near_duplicates(images: np.ndarray) -> int:
    """Return the number of uint8 [N,H,W,C] images that look like an earlier image.

    Two images look alike if they have the same difference hash and a small mean difference (ALIKE).
    """
    groups: dict[bytes, list[int]] = defaultdict(list)
    for start in range(0, len(images), 1024):
        gray = np.asarray(images[start : start + 1024], np.float32).mean(axis=-1)
        small = _shrink(_shrink(gray, min(8, gray.shape[1]), 1), min(9, gray.shape[2]), 2)
        bits = np.packbits(small[..., 1:] > small[..., :-1], axis=1)
        for offset, code in enumerate(bits):
            groups[code.tobytes()].append(start + offset)
    count = 0
    for group in groups.values():
        first = images[group[0]].astype(np.float32)
        count += sum(float(np.abs(images[other] - first).mean()) < ALIKE for other in group[1:])
    return count


def _shrink(array: np.ndarray, count: int, axis: int) -> np.ndarray:
    edges = np.linspace(0, array.shape[axis], count + 1).astype(int)
    sums = np.add.reduceat(array, edges[:-1], axis=axis)
    shape = [1, 1, 1]
    shape[axis] = count
    return sums / np.diff(edges).reshape(shape)


def gray_share(images: np.ndarray) -> float:
    """Return the share of images without colour, among up to 2,000 evenly spread images."""
    if images.shape[-1] == 1:
        return 1.0
    some = images[:: max(1, len(images) // 2000)]
    return float(np.mean([np.ptp(image, axis=-1).max() <= GRAY_SPREAD for image in some]))


def warnings(found: Survey, ready: PreparedSet, exact: int, near: int, refused: str | None) -> list[str]:
    """Return warnings about the training, the most serious first, each with a cure."""
    count, height, width = ready.images.shape[:3]
    told = [refused] if refused else []
    if count < FEW_IMAGES:
        told.append(
            f"only {count:,} images: a GAN will memorize them; collect {FEW_IMAGES:,} or more, or use --augment"
        )
    if extra := exact + near:
        share = extra / max(count, 1)
        if share > 0.02:
            told.append(
                f"{extra:,} duplicates ({share:.0%}): the generator will generate them more often; remove the copies"
            )
    small = sum(min(h / height, w / width) < 1 for h, w in found.shapes)
    if small > 0.02 * len(found.shapes):
        side = int(statistics.median(min(shape) for shape in found.shapes))
        cure = f"--resolution {side}" if 8 <= side < min(height, width) else "a smaller --resolution"
        told.append(
            f"{small:,} images are smaller than {width}x{height} and get enlarged, so they look soft: try {cure}"
        )
    cropped = sum(_kept(h, w, height, width) < LITTLE_KEPT for h, w in found.shapes)
    if cropped > 0.02 * len(found.shapes):
        told.append(
            f"{cropped:,} images lose over {1 - LITTLE_KEPT:.0%} of their area to the centre crop: crop them first"
        )
    gray = gray_share(ready.images)
    if 0.05 < gray < 1:
        told.append(f"{gray:.0%} of the images are gray among coloured ones: the generator will generate both")
    names, counts = ready.info["label_names"], ready.info["label_counts"]
    rare = [name for name, number in zip(names, counts) if number < FEW_OF_A_LABEL]
    if rare:
        told.append(
            f"labels with fewer than {FEW_OF_A_LABEL} images: {len(rare)} ({', '.join(rare[:3])}); merge or drop them"
        )
    if names and ready.info["unlabelled"] > 0.5 * count:
        told.append(f"{ready.info['unlabelled'] / count:.0%} of the images have no label")
    return told


def _kept(have_height: int, have_width: int, height: int, width: int) -> float:
    left, top, right, bottom = crop_box(have_width, have_height, height, width)
    return (right - left) * (bottom - top) / (have_width * have_height)


def label_table(ready: PreparedSet) -> dict[str, int]:
    """Return label name -> number of images, the most frequent first."""
    pairs = zip(ready.info["label_names"], ready.info["label_counts"])
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def size_summary(found: Survey) -> dict[str, Any]:
    """Return the smallest, median and largest side in pixels, and the most frequent sizes."""
    if not found.shapes:
        return {}
    shorter = sorted(min(shape) for shape in found.shapes)
    return {
        "different": len(found.sizes),
        "common": dict(found.sizes.most_common(5)),
        "shorter_side": {"smallest": shorter[0], "median": shorter[len(shorter) // 2], "largest": shorter[-1]},
    }
