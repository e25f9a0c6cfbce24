"""What is seen of a side's pictures, in one pass over them for all metrics; of real pictures it is kept."""

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
from mien.evaluation.image_sets import Side
from mien.metrics.features import Extractor
from mien.metrics.metric import Metric
from mien.runs import tensor_files
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import counted


@dataclass(frozen=True)
class FeatureStream:
    """uint8 [N,H,W,3] -> rows [N,K] by stream. key: all that they depend on besides the pictures; None: keep none."""

    streams: tuple[str, ...]
    look: Callable[[np.ndarray], dict[str, Tensor]]
    key: str | None


def stream_of(metric: Metric) -> str:
    """A metric that reads pixels has a stream of its own."""
    return metric.name if metric.reads == "pixels" else metric.reads


def seers_for(metrics: list[Metric], extractor: Extractor | None) -> list[FeatureStream]:
    found = [] if extractor is None else [FeatureStream(("features", "logits"), extractor, extractor.key())]
    own = [metric for metric in metrics if metric.reads == "pixels"]
    return [*found, *(FeatureStream((metric.name,), own_rows(metric), metric.key()) for metric in own)]


def own_rows(metric: Metric) -> Callable[[np.ndarray], dict[str, Tensor]]:
    def look(pixels: np.ndarray) -> dict[str, Tensor]:
        rows = metric.rows(pixels)
        if not isinstance(rows, Tensor) or rows.dim() != 2 or len(rows) != len(pixels):
            raise UsageError(f"{metric.name}: rows() must return a tensor [N,K] for N pictures, here N = {len(pixels)}")
        return {metric.name: rows}

    return look


def see(side: Side, seers: list[FeatureStream], wanted: set[str], batch_size: int, what: str) -> dict[str, Tensor]:
    """Stream -> [N,K] of all the side's pictures; from what was kept where nothing has changed."""
    found = {}
    for seer in seers:
        for stream in wanted.intersection(seer.streams):
            kept = recall(place_of(side, seer, stream))
            if kept is not None and kept.dim() == 2 and len(kept) == side.count:
                found[stream] = kept
    due = [seer for seer in seers if wanted.intersection(seer.streams) - found.keys()]
    if due:
        parts: dict[str, list[Tensor]] = {stream: [] for stream in wanted - found.keys()}
        done = 0
        with counted(what) as progress:
            for pixels in side.batches(batch_size):
                for seer in due:
                    for stream, rows in seer.look(pixels).items():
                        if stream in parts:
                            parts[stream].append(rows)
                done += len(pixels)
                progress(done, side.count)
        for seer in due:
            for stream in parts.keys() & set(seer.streams):
                found[stream] = torch.cat(parts[stream])
                keep(place_of(side, seer, stream), found[stream])
    return found


# --- what is kept -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    path: Path
    key: str


def place_of(side: Side, seer: FeatureStream, stream: str) -> Place | None:
    if side.key is None or seer.key is None:
        return None
    key = f"mien {__version__}, pictures {side.key}, {stream} by {seer.key}"
    return Place(cache_root() / "seen" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.safetensors", key)


def keep(place: Place | None, rows: Tensor) -> None:
    if place is None:
        return
    with io_errors(place.path.parent):
        place.path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place.path, save({"rows": rows.contiguous()}, {"mien": json.dumps(place.key)}))


def recall(place: Place | None) -> Tensor | None:
    """None where nothing is kept, or where the file is damaged: it is then written anew."""
    if place is None or not place.path.is_file():
        return None
    try:
        tensors, key = tensor_files.read(place.path, str)
    except FileError:
        return None
    return tensors.get("rows") if key == place.key else None
