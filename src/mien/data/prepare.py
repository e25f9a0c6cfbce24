"""From pictures on disk to a prepared set, once: the result is cached, and a changed folder is noticed."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mien import __version__
from mien.data.decode import FILTER
from mien.data.files import fingerprint
from mien.data.filling import Job, fill
from mien.data.layouts import Layout, detect, existing
from mien.data.prepared import FORMAT, FORMAT_VERSION, PreparedSet, open_prepared
from mien.errors import BadData, FileTrouble, UsageError

MOST_BAD = 0.05  # the share of undecodable pictures over which a set is refused
MOST_LISTED = 1000  # skipped files named in dataset.json
DRAWN_AT_ONCE = 1000

Progress = Callable[[int, int], None]
log = logging.getLogger(__name__)


def prepare(
    data: str | Path,
    height: int,
    width: int,
    *,
    seed: int = 0,
    cache: Path | None = None,
    output: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    rebuild: bool = False,
) -> PreparedSet:
    """The pictures of `data` as uint8 [N,height,width,C], from the cache when nothing has changed.

    Args:
        data: Whatever `layouts.detect` knows: a folder, an archive, a prepared set, or "drawn".
        height: Of each picture, in pixels.
        width: Of each picture, in pixels.
        seed: For drawn faces; other data do not depend on it.
        cache: Where prepared sets are kept; default: $MIEN_CACHE, or mien below $XDG_CACHE_HOME or ~/.cache.
        output: Write the set here instead, to keep or to move.
        workers: Processes; default: every core. The pixels do not depend on it.
        progress: Called with (pictures done, pictures in all).
        rebuild: Prepare again even when the cache has it.

    Raises:
        BadData: no picture, over 5 % of them damaged, or labels that cannot be read.
        FileTrouble: a path that does not exist or cannot be read or written.
        UsageError: a prepared set asked for at another size.
    """
    key, stem = _key(data, height, width, seed)
    place = Path(output).expanduser() if output else (cache or cache_root()) / "prepared" / f"{stem}-{key[:16]}"
    if not rebuild and (ready := _ready(place, key)):
        return ready
    layout = detect(data)
    if layout.kind == "prepared set":
        return _as_it_is(layout, height, width, output)
    if output and place.exists() and not _may_replace(place):
        raise FileTrouble(f"--output {place} exists and is not a prepared set: name a new folder")
    scratch = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        scratch.mkdir(parents=True)
        _write(scratch, layout, key, height, width, seed, workers, progress)
        _move(scratch, place)
    except OSError as error:
        raise FileTrouble(
            f"{place} cannot be written ({error.strerror or error}): free space, or set MIEN_CACHE"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return open_prepared(place)


def cache_root() -> Path:
    """$MIEN_CACHE, or mien below $XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("MIEN_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mien"


def _key(data: str | Path, height: int, width: int, seed: int) -> tuple[str, str]:
    """(hash of everything that the pixels depend on, a readable start for the folder's name)."""
    if isinstance(data, str) and data.split(":")[0].split("@")[0] == "drawn":
        what, stem = f"{data} seed {seed} mien {__version__}", f"drawn-{height}x{width}"
    else:
        path = existing(data)
        beside = [path.parent / "list_attr_celeba.txt", path.parent / "Anno" / "list_attr_celeba.txt"]
        try:
            marks = [fingerprint(path), *(str(other.stat().st_mtime_ns) for other in beside if other.is_file())]
        except OSError as error:
            raise FileTrouble(f"{path} cannot be read: {error.strerror or error}") from error
        what, stem = f"{path} {' '.join(marks)}", f"{path.stem[:40]}-{height}x{width}"
    whole = f"{what} {height}x{width} {FILTER} format {FORMAT_VERSION}"
    return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest(), stem


def _ready(place: Path, key: str) -> PreparedSet | None:
    """The set at this place when it is whole and made from the same files."""
    try:
        ready = open_prepared(place)
    except FileTrouble:
        return None
    return ready if ready.info.get("key") == key else None


def _as_it_is(layout: Layout, height: int, width: int, output: Path | None) -> PreparedSet:
    if layout.size != (height, width):
        have = "x".join(map(str, layout.size or ()))
        raise UsageError(
            f"--resolution {height}x{width}: {layout.path} is prepared at {have}; leave --resolution out, or give the pictures"
        )
    if output:
        raise UsageError(f"--output {output}: {layout.path} is a prepared set already; copy the folder instead")
    return open_prepared(layout.path)


def _may_replace(place: Path) -> bool:
    if not place.is_dir():
        return False
    return not any(place.iterdir()) or ((place / "images.npy").is_file() and (place / "dataset.json").is_file())


def _move(scratch: Path, place: Path) -> None:
    """Renames into place, so that there is a whole set or none; another process may have been faster."""
    old = scratch.with_name(scratch.name + ".old")
    if place.exists():
        place.rename(old)
    try:
        scratch.rename(place)
    except OSError:
        if not (place / "dataset.json").is_file():
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write(
    folder: Path, layout: Layout, key: str, height: int, width: int, seed: int, workers: int | None, progress: Progress | None
) -> None:  # fmt: skip
    if layout.kind == "drawn":
        contents = _write_drawn(folder, len(layout), height, width, seed, workers, progress)
    else:
        contents = _write_pictures(folder, layout, height, width, workers, progress)
    labels, captions = contents["labels"], contents["captions"]
    if labels is not None:
        np.save(folder / "labels.npy", labels.astype(np.float32), allow_pickle=False)
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
        "source": str(layout.path),
        "layout": layout.kind,
        "notes": list(layout.notes),
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
        "sha256": _sha256(images),
        "skipped_count": len(skipped),
        "skipped": [{"file": name, "reason": reason} for name, reason in skipped[:MOST_LISTED]],
    }
    (folder / "dataset.json").write_text(json.dumps(info, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_pictures(
    folder: Path, layout: Layout, height: int, width: int, workers: int | None, progress: Progress | None
) -> dict[str, Any]:
    assert layout.files is not None
    count, others = len(layout.entries), layout.sources or []
    images, sources = folder / "images.npy", folder / "sources.npy"
    _create(images, (count, height, width, 3))
    if has_sources := layout.paired or layout.sources is not None:
        _create(sources, (count if layout.paired else len(others), height, width, 3))
    names = [*layout.entries, *others]
    job = Job(
        str(layout.files.root), layout.files.packed, height, width, str(images), str(sources) if has_sources else None,
        layout.paired, [layout.files.members[name] for name in names],
    )  # fmt: skip
    filled = fill(job, workers, progress)
    skipped = [(names[row], filled.bad[row]) for row in sorted(filled.bad)]
    _judge(layout, skipped, len(names))

    good = np.ones(len(names), bool)
    good[list(filled.bad)] = False
    keep = good[:count]
    _rewrite(images, keep, filled.gray)
    if has_sources:
        _rewrite(sources, keep if layout.paired else good[count:], filled.gray)
    captions = layout.captions
    return {
        "labels": None if layout.labels is None else layout.labels[keep],
        "captions": None if captions is None else [text for text, kept in zip(captions, keep) if kept],
        "sources": has_sources,
        "skipped": skipped,
    }


def _judge(layout: Layout, skipped: list[tuple[str, str]], total: int) -> None:
    """Names each damaged picture on the log; refuses the whole when there are too many."""
    for name, reason in skipped[:20]:
        log.warning("skipped %s: %s", name, reason)
    if len(skipped) > 20:
        log.warning("skipped %s more; dataset.json names them", len(skipped) - 20)
    if len(skipped) > MOST_BAD * total:
        first = ", ".join(f"{name} ({reason})" for name, reason in skipped[:3])
        raise BadData(
            f"{layout.path}: {len(skipped):,} of {total:,} pictures cannot be decoded, first {first}: remove or replace them"
        )


def _rewrite(path: Path, keep: np.ndarray, gray: bool) -> None:
    """Drops the rows that stayed empty, and two of three equal channels; nothing to do in the usual case."""
    if keep.all() and not gray:
        return
    whole = np.load(path, mmap_mode="r", allow_pickle=False)
    channels = 1 if gray else 3
    target = path.with_name("smaller.npy")
    smaller = np.lib.format.open_memmap(
        target, mode="w+", dtype=np.uint8, shape=(int(keep.sum()), *whole.shape[1:3], channels)
    )
    rows = np.flatnonzero(keep)
    for start in range(0, len(rows), 1024):
        smaller[start : start + 1024] = whole[rows[start : start + 1024], :, :, :channels]
    smaller.flush()
    target.replace(path)


def _write_drawn(
    folder: Path, count: int, height: int, width: int, seed: int, workers: int | None, progress: Progress | None
) -> dict[str, Any]:
    from mien.data.drawn import draw_many

    images = _create(folder / "images.npy", (count, height, width, 3))
    sources = _create(folder / "sources.npy", (count, height, width, 3))
    labels, captions = [], []
    for start in range(0, count, DRAWN_AT_ONCE):
        stop = min(start + DRAWN_AT_ONCE, count)
        drawn = draw_many(stop - start, height, width, seed, start=start, workers=workers, lines=True)
        images[start:stop], sources[start:stop] = drawn.images, drawn.lines
        labels.append(drawn.labels)
        captions += drawn.captions
        if progress:
            progress(stop, count)
    images.flush()
    sources.flush()
    return {"labels": np.concatenate(labels), "captions": captions, "sources": True, "skipped": []}


def _create(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _sha256(images: np.ndarray) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(images), 1024):
        digest.update(np.ascontiguousarray(images[start : start + 1024]).data)
    return digest.hexdigest()
