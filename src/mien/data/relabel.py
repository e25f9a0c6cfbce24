"""A prepared set with other labels: the same images, written to a new folder. The old set does not change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mien.data import arrays
from mien.data.attributes import Attribute, attributes_of
from mien.data.layouts import Layout
from mien.data.prepared import PreparedSet, open_prepared, own_sum
from mien.data.prepared_writer import sha256_of, sums_of
from mien.errors import FileError
from mien.runtime import leftovers

METADATA = "metadata.jsonl"


def write_relabelled(
    ready: PreparedSet, chosen: np.ndarray, labels: np.ndarray, place: Path, layout: Layout, facts: dict[str, Any]
) -> PreparedSet:
    """Write the images `chosen` int [M] of a set with `labels` [M,K] as a set at `place`, and return it.

    If the images are files, metadata.jsonl also lists their labels. mien reads it if you put it beside the images.
    facts: how the labels were made, for dataset.json. Call `check_free` first.
    """
    try:
        with leftovers.temporary_folder(place.parent) as scratch:
            _write(ready, chosen, labels, scratch, layout, facts)
            if place.exists():
                place.rmdir()
            scratch.rename(place)
    except OSError as error:
        raise FileError(f"--output {place} cannot be written ({error.strerror or error}): free space") from error
    return open_prepared(place)


def check_free(place: Path) -> None:
    """Raise FileError if the path is in use."""
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise FileError(f"--output {place} exists: name a new folder")


def _write(
    ready: PreparedSet, chosen: np.ndarray, labels: np.ndarray, folder: Path, layout: Layout, facts: dict[str, Any]
) -> None:
    images = _copied(ready.images, chosen, folder / "images.npy")
    arrays.write(folder / "labels.npy", np.float32, labels.shape, [labels])
    sources_shape = None
    if ready.sources is not None:
        rows = chosen if ready.paired else np.arange(len(ready.sources))
        sources_shape = list(_copied(ready.sources, rows, folder / "sources.npy").shape)
    if ready.captions is not None:
        lines = [json.dumps(ready.captions[row], ensure_ascii=False) + "\n" for row in chosen]
        (folder / "captions.jsonl").write_text("".join(lines), encoding="utf-8")
    if names := _names(ready, layout):
        attributes = attributes_of(ready.info["label_names"], labels)
        described = (metadata_row(names[row], one[None], attributes) for row, one in zip(chosen, labels))
        (folder / METADATA).write_text("".join(described), encoding="utf-8")
    info = {
        **ready.info,
        "key": None,  # not made from files alone
        "count": len(images),
        "shape": list(images.shape),
        "sources_shape": sources_shape,
        "label_counts": np.count_nonzero(labels, axis=0).tolist(),
        "unlabelled": int((~labels.any(axis=1)).sum()),
        "sha256": sha256_of(images),
        "sums": sums_of(folder),
        **facts,
    }
    info["own_sum"] = own_sum(info)
    (folder / "dataset.json").write_text(json.dumps(info, indent=1, ensure_ascii=False), encoding="utf-8")


def _copied(pixels: np.ndarray, rows: np.ndarray, path: Path) -> np.ndarray:
    parts = (pixels[rows[start : start + 1024]] for start in range(0, len(rows), 1024))
    arrays.write(path, np.uint8, (len(rows), *pixels.shape[1:]), parts)
    copied: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return copied


def _names(ready: PreparedSet, layout: Layout) -> list[str]:
    """Return the file of each image. Empty if the images are no files, or if not all skipped ones are listed."""
    skipped = {one["file"] for one in ready.info["skipped"]}
    names = [name for name in layout.entries if name not in skipped]
    return names if len(names) == len(ready) else []


def metadata_row(name: str, labels: np.ndarray, attributes: tuple[Attribute, ...]) -> str:
    """Return one line: the file's name, and the value of each attribute; "" if not known. labels [1,K]"""
    row: dict[str, str] = {"file_name": name}
    for group in attributes:
        (value,) = group.decode(labels)
        row[group.name] = "" if value < 0 else group.values[value] if len(group.columns) > 1 else str(value)
    return json.dumps(row, ensure_ascii=False) + "\n"
