"""Write the files of a prepared set: arrays filled in place, captions, and dataset.json last."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mien import __version__
from mien.data import arrays
from mien.data.decode import FILTER
from mien.data.decode_worker import Filled, Job, fill
from mien.data.layouts import DRAWN, REWORDED, VARIED, Layout
from mien.data.prepared import FORMAT, FORMAT_VERSION, own_sum
from mien.data.synthetic.draw import draw_into
from mien.data.synthetic.varied import draw_varied_into
from mien.errors import DataError
from mien.runtime.printable import printable

MOST_BAD = 0.05  # the share of undecodable images above which a set is refused
MOST_LISTED = 1000  # the most skipped files that dataset.json lists

Progress = Callable[[int, int], None]
log = logging.getLogger(__name__)


def write_set(
    folder: Path,
    layout: Layout,
    key: str,
    height: int,
    width: int,
    seed: int,
    workers: int | None,
    progress: Progress | None,
    most_bad: float,
    decode: Callable[[Path, Progress | None], Filled] | None = None,
) -> None:
    """Fill `folder` with the prepared set of a layout. Raises DataError if too many of its images are damaged.

    decode: writes images.npy and sources.npy, in place of `decode_images`.
    """
    contents: dict[str, Any]
    if layout.kind == VARIED:
        draw_varied_into(folder, len(layout), height, width, seed, workers=workers, progress=progress)
        contents = {"labels": None, "captions": None, "sources": False, "skipped": []}
    elif layout.kind in DRAWN:
        wanted, count = DRAWN[layout.kind][0], len(layout)
        captions = draw_into(
            folder, count, height, width, seed, workers=workers, sources=wanted, progress=progress,
            in_other_words=layout.kind == REWORDED,
        )  # fmt: skip
        labels = np.load(folder / "labels.npy", allow_pickle=False)
        contents = {"labels": labels, "captions": captions, "sources": wanted is not None, "skipped": []}
    else:
        if decode:
            filled = decode(folder, progress)
        else:
            filled = decode_images(
                folder, layout, layout.entries, layout.sources or [], height, width, workers, progress
            )
        contents = _finish(folder, layout, filled, most_bad)
    labels, captions = contents["labels"], contents["captions"]
    if labels is not None:
        arrays.write(folder / "labels.npy", np.float32, labels.shape, [labels])
    if captions is not None:
        lines = "".join(json.dumps(caption, ensure_ascii=False) + "\n" for caption in captions)
        (folder / "captions.jsonl").write_text(lines, encoding="utf-8")
    images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
    sources = np.load(folder / "sources.npy", mmap_mode="r", allow_pickle=False) if contents["sources"] else None
    skipped: list[tuple[str, str]] = contents["skipped"]
    info: dict[str, Any] = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "mien": __version__,
        "key": key,
        "source": printable(str(layout.path)),
        "layout": layout.kind,
        "notes": list(layout.notes),
        "other_readings": list(layout.other_readings),
        "count": len(images),
        "height": height,
        "width": width,
        "shape": list(images.shape),
        "sources_shape": None if sources is None else list(sources.shape),
        "crop": "centre",
        "filter": FILTER,
        "label_names": [] if labels is None else list(layout.label_names),
        "label_counts": [] if labels is None else np.count_nonzero(labels, axis=0).tolist(),
        "unlabelled": 0 if labels is None else int((~labels.any(axis=1)).sum()),
        "captions": captions is not None,
        "sha256": sha256_of(images),
        "sums": sums_of(folder),
        "skipped_count": len(skipped),
        "skipped": [{"file": name, "reason": reason} for name, reason in skipped[:MOST_LISTED]],
    }
    info["own_sum"] = own_sum(info)
    (folder / "dataset.json").write_text(json.dumps(info, indent=1, ensure_ascii=False), encoding="utf-8")


def decode_images(
    folder: Path, layout: Layout, entries: list[str], others: list[str], height: int, width: int, workers: int | None,
    progress: Progress | None,
) -> Filled:  # fmt: skip
    """Decode the files `entries` to images.npy, and `others` to sources.npy. The halves of pairs go to both."""
    assert layout.files is not None
    images, sources = folder / "images.npy", folder / "sources.npy"
    arrays.create(images, np.uint8, (len(entries), height, width, 3))
    if has_sources := layout.paired or layout.sources is not None:
        arrays.create(sources, np.uint8, (len(entries) if layout.paired else len(others), height, width, 3))
    job = Job(
        str(layout.files.root), layout.files.packed, height, width, str(images), str(sources) if has_sources else None,
        layout.paired,
    )  # fmt: skip
    return fill(job, [*entries, *others], layout.files.members, workers, progress)


def _finish(folder: Path, layout: Layout, filled: Filled, most_bad: float) -> dict[str, Any]:
    """Remove the rows of damaged images, and the channels of gray ones."""
    count, names = len(layout.entries), [*layout.entries, *(layout.sources or [])]
    has_sources = layout.paired or layout.sources is not None
    skipped = [(names[row], filled.bad[row]) for row in sorted(filled.bad)]
    _judge(layout, skipped, len(names), most_bad)

    good = np.ones(len(names), bool)
    good[list(filled.bad)] = False
    keep = good[:count]
    if layout.pairs_of_files:  # an image without its source is no pair
        keep = good[count:] = keep & good[count:]
    _rewrite(folder / "images.npy", keep, filled.gray)
    if has_sources:
        _rewrite(folder / "sources.npy", keep if layout.paired else good[count:], filled.gray)
    captions = layout.captions
    return {
        "labels": None if layout.labels is None else layout.labels[keep],
        "captions": None if captions is None else [text for text, kept in zip(captions, keep) if kept],
        "sources": has_sources,
        "skipped": skipped,
    }


def _judge(layout: Layout, skipped: list[tuple[str, str]], total: int, most_bad: float) -> None:
    """Report each damaged image in the log, and raise DataError if there are too many."""
    for name, reason in skipped[:20]:
        log.warning("skipped %s: %s", name, reason)
    if len(skipped) > 20:
        log.warning("skipped %s more; dataset.json names them", len(skipped) - 20)
    if len(skipped) > most_bad * total or len(skipped) == total:
        first = ", ".join(f"{name} ({reason})" for name, reason in skipped[:3])
        raise DataError(
            f"{layout.path}: {len(skipped):,} of {total:,} images cannot be decoded, "
            f"first {first}: remove or replace them"
        )


def _rewrite(path: Path, keep: np.ndarray, gray: bool) -> None:
    """Remove the empty rows, and two of three equal channels. Usually there are none."""
    if keep.all() and not gray:
        return
    whole = np.load(path, mmap_mode="r", allow_pickle=False)
    channel_slice = slice(1, 2) if gray else slice(3)  # green is the nearest to the gray of lossy formats
    target = path.with_name("smaller.npy")
    rows = np.flatnonzero(keep)
    parts = (whole[rows[start : start + 1024], :, :, channel_slice] for start in range(0, len(rows), 1024))
    arrays.write(target, np.uint8, (len(rows), *whole.shape[1:3], 1 if gray else 3), parts)
    target.replace(path)


def sums_of(folder: Path) -> dict[str, list[int]]:
    """Return the sums of a set's files by name. `PreparedSet.check` compares them."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix in (".npy", ".jsonl"))
    return {name: arrays.sums(folder / name) for name in names}


def sha256_of(images: np.ndarray) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(images), 1024):
        digest.update(np.ascontiguousarray(images[start : start + 1024]).data)
    return digest.hexdigest()
