"""The features of an image set, extracted in one pass for all metrics. Those of real images are cached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from mien import __version__
from mien.data.prepare import cache_root
from mien.errors import FileError, UsageError
from mien.evaluation.image_sets import ImageSet
from mien.metrics.features import Extractor
from mien.metrics.metric import Metric
from mien.runs import tensor_files
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import counted


@dataclass(frozen=True)
class FeatureStream:
    """A function from images to rows of numbers.

    names: the names of its rows. extract: uint8 [N,H,W,3] -> name -> rows [N,K]. key: everything but the images that
    the rows depend on; None: the rows are not cached.
    """

    names: tuple[str, ...]
    extract: Callable[[np.ndarray], dict[str, Tensor]]
    key: str | None


def stream_name(metric: Metric) -> str:
    """Return the name of the rows that a metric reads. A metric that reads pixels has rows of its own."""
    return metric.name if metric.reads == "pixels" else metric.reads


def feature_streams(metrics: list[Metric], extractor: Extractor | None) -> list[FeatureStream]:
    """Return one stream for the extractor, and one for each metric that reads pixels."""
    found = [] if extractor is None else [FeatureStream(("features", "logits"), extractor, extractor.key())]
    own = [metric for metric in metrics if metric.reads == "pixels"]
    return [*found, *(FeatureStream((metric.name,), own_rows(metric), metric.key()) for metric in own)]


def own_rows(metric: Metric) -> Callable[[np.ndarray], dict[str, Tensor]]:
    """Return `metric.rows` with a check of its result. The check raises UsageError."""

    def extract(pixels: np.ndarray) -> dict[str, Tensor]:
        rows = metric.rows(pixels)
        if not isinstance(rows, Tensor) or rows.dim() != 2 or len(rows) != len(pixels):
            raise UsageError(f"{metric.name}: rows() must return a tensor [N,K] for N images, here N = {len(pixels)}")
        return {metric.name: rows}

    return extract


def extract_features(
    images: ImageSet, streams: list[FeatureStream], names: set[str], batch_size: int, what: str
) -> dict[str, Tensor]:
    """Return the rows of all images: name -> [N,K]. Cached rows are read; the others take one pass over the images.

    what: the text of the progress line.
    """
    found = {}
    for stream in streams:
        for name in names.intersection(stream.names):
            cached = load_cached(place_of(images, stream, name))
            if cached is not None and cached.dim() == 2 and len(cached) == images.count:
                found[name] = cached
    due = [stream for stream in streams if names.intersection(stream.names) - found.keys()]
    if not due:
        return found
    parts: dict[str, list[Tensor]] = {name: [] for name in names - found.keys()}
    done = 0
    with counted(what) as progress:
        for pixels in images.batches(batch_size):
            for stream in due:
                for name, rows in stream.extract(pixels).items():
                    if name in parts:
                        parts[name].append(rows)
            done += len(pixels)
            progress(done, images.count)
    for stream in due:
        for name in parts.keys() & set(stream.names):
            found[name] = torch.cat(parts[name])
            save_cached(place_of(images, stream, name), found[name])
    return found


# --- the cache --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    path: Path
    key: str


def place_of(images: ImageSet, stream: FeatureStream, name: str) -> Place | None:
    """Return the place in the cache, or None if the images or the stream have no key."""
    if images.key is None or stream.key is None:
        return None
    key = f"mien {__version__}, images {images.key}, {name} by {stream.key}"
    return Place(cache_root() / "seen" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.safetensors", key)


def save_cached(place: Place | None, rows: Tensor) -> None:
    if place is None:
        return
    with io_errors(place.path.parent):
        place.path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place.path, save({"rows": rows.contiguous()}, {"mien": json.dumps(place.key)}))


def load_cached(place: Place | None) -> Tensor | None:
    """Return the cached rows, or None if the file is missing or damaged. It is then written again."""
    if place is None or not place.path.is_file():
        return None
    try:
        tensors, key = tensor_files.read(place.path, str)
    except FileError:
        return None
    return tensors.get("rows") if key == place.key else None
