"""A prepared set as the zip of the StyleGAN family: PNG files, and dataset.json with the labels of each.

NVIDIA's dataset_tool.py (StyleGAN2-ADA, StyleGAN3, EDM) writes `00000/img00000000.png`, a thousand files in a folder.
A label is a class number, or a list of numbers. mien adds the names of the labels, which those programs do not read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from mien.data.annotations import DATASET, NAMES
from mien.data.attributes import one_each
from mien.data.prepared import PreparedSet


def zip_entries(prepared: PreparedSet, progress: Callable[[int, int], None]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, file) of each image, in their order, and of dataset.json at the end."""
    names = []
    for place, pixels in enumerate(prepared.images):
        name = f"{place // 1000:05d}/img{place:08d}.png"
        file = io.BytesIO()
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
        names.append(name)
        yield name, file.getvalue()
        progress(place + 1, len(prepared))
    yield DATASET, json.dumps(labels_of(prepared, names)).encode()


def labels_of(prepared: PreparedSet, names: list[str]) -> dict[str, Any]:
    """Return the content of dataset.json: a class number where each image has one label, else a list of numbers."""
    if prepared.labels is None:
        return {"labels": None}
    labels = np.asarray(prepared.labels)
    classes = len(prepared.info["label_names"]) > 1 and one_each(labels) and bool(labels.any(1).all())
    values = labels.argmax(1).tolist() if classes else labels.astype(float).round(6).tolist()
    rows = [[name, value] for name, value in zip(names, values, strict=True)]
    return {"labels": rows, NAMES: list(prepared.info["label_names"])}


def is_for_stylegan(prepared: PreparedSet) -> bool:
    """Return whether StyleGAN's own networks take the images: square, with a side that is a power of two."""
    height, width = prepared.images.shape[1:3]
    return bool(height == width and height & (height - 1) == 0)
