"""Prepare a set from images on disk, once. The result is cached, and a changed folder is prepared again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
from pathlib import Path

from mien import __version__
from mien.data import own_layouts, prepared_parts
from mien.data.celeba import lists_beside
from mien.data.decode import FILTER, KINDS
from mien.data.files import fingerprint
from mien.data.layouts import Layout, detect, drawn_name, existing, is_drawn
from mien.data.own_output import without_own
from mien.data.prepared import FORMAT_VERSION, PreparedSet, open_prepared, open_remote
from mien.data.prepared_writer import MOST_BAD, Progress, write_set
from mien.data.shards import is_remote
from mien.data.workers import FEW, early_start
from mien.errors import FileError, MienError, UsageError
from mien.runtime import leftovers
from mien.runtime.cache import cache_root as cache_root

RULES = 2  # of layouts and labels; increased when the same files would be read differently
LARGE_ARCHIVE = 4_000_000  # bytes
log = logging.getLogger(__name__)


def prepare(
    data: str | Path,
    height: int,
    width: int,
    *,
    sources: str | None = None,
    seed: int = 0,
    cache: Path | None = None,
    output: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    rebuild: bool = False,
    most_bad: float = MOST_BAD,
    layout: Layout | None = None,
    merge: bool = False,
) -> PreparedSet:
    """Return the images of `data` as uint8 [N,height,width,C], from the cache if nothing has changed.

    Args:
        data: Any path or name that `layouts.detect` knows: a folder, an archive, a prepared set, or "drawn".
        height: Of each image, in pixels.
        width: Of each image, in pixels.
        sources: The sources that a recipe requires, as in `detect`; None if no recipe is known.
        seed: For drawn faces; other data do not depend on it.
        cache: The folder of prepared sets; default: $MIEN_CACHE, or mien below $XDG_CACHE_HOME or ~/.cache.
        output: The folder for the set, instead of the cache.
        workers: Processes; default: one for each core. The pixels do not depend on it.
        progress: Called with (number of finished images, number of all images).
        rebuild: Prepare again even if the cache has the set.
        layout: The layout of `data` for `sources`, if it was detected already.
        most_bad: The share of damaged images above which the set is refused.
        merge: Take the pixels from the parts beside `output` (`prepared_parts.write_part`) instead of decoding.

    Raises:
        DataError: no image, too many of them damaged, or labels that cannot be read.
        FileError: a path that does not exist or cannot be read or written.
        UsageError: a prepared set has another size than requested.
    """
    if is_remote(data):
        return _as_it_is(layout or detect(data), open_remote(str(data)), height, width, output)
    key, stem = _key(data, height, width, seed)
    if most_bad != MOST_BAD:  # this set must not be mistaken for one that passed the default limit
        key = hashlib.sha256(f"{key} {most_bad}".encode()).hexdigest()
    own_key = hashlib.sha256(f"{key} for {sources}".encode()).hexdigest()  # of the layout for `sources`

    def place_of(key: str) -> Path:
        return Path(output).expanduser() if output else (cache or cache_root()) / "prepared" / f"{stem}-{key[:16]}"

    leftovers.sweep_once(place_of(key).parent)
    if not rebuild and sources and (ready := _ready(place_of(own_key), own_key)):
        return ready
    if not rebuild and (ready := _ready(place_of(key), key)) and sources not in ready.info.get("other_readings", ()):
        return ready
    many = not merge and workers != 1 and many_files(data)
    with early_start("mien.data.decode_worker", workers) if many else contextlib.nullcontext():
        layout = layout or detect(data, sources)
        key = own_key if sources in layout.other_readings else key
        place = place_of(key)
        if layout.kind == "prepared set":
            return _as_it_is(layout, open_prepared(layout.path), height, width, output)
        if output and place.exists() and not _may_replace(place):
            raise FileError(f"--output {place} exists and is not a prepared set: name a new folder")
        decode = prepared_parts.merge(place, layout, height, width) if merge else None
        try:
            with leftovers.temporary_folder(place.parent) as scratch:
                write_set(scratch, layout, key, height, width, seed, workers, progress, most_bad, decode)
                if not rebuild and (ready := _ready(place, key)):
                    return ready  # another process was faster, and training may use its set
                _move(scratch, place)
            if merge:
                shutil.rmtree(prepared_parts.parts_of(place), ignore_errors=True)
        except OSError as error:
            raise FileError(
                f"{place} cannot be written ({error.strerror or error}): free space, or set MIEN_CACHE"
            ) from error
        return open_prepared(place)


def many_files(data: str | Path) -> bool:
    """Return whether the data set probably has enough files for several processes."""
    path, count = Path(data).expanduser(), 0
    if path.is_file():
        return path.stat().st_size > LARGE_ARCHIVE
    for _, _, names in os.walk(path):
        count += len(names)
        if count > FEW:
            return True
    return False


def _key(data: str | Path, height: int, width: int, seed: int) -> tuple[str, str]:
    """Return (a hash of everything that the pixels depend on, a readable start for the folder's name)."""
    if is_drawn(data):
        name = drawn_name(data)
        what, stem = (
            f"{data} seed {seed} labels name=value, of sources too, captions of several forms, mien {__version__}",
            f"{name}-{height}x{width}",
        )
    else:
        path = existing(data)
        try:
            marks = [
                fingerprint(path, lambda names: without_own(path, names)),
                *(str(other.stat().st_mtime_ns) for other in lists_beside(path)),
                *own_layouts.marks(),
            ]
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
        what, stem = f"{path} {' '.join(marks)} rules {RULES}", f"{path.stem[:40]}-{height}x{width}"
    whole = f"{what} {height}x{width} {FILTER} {KINDS} format {FORMAT_VERSION}"
    return hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest(), stem


def _ready(place: Path, key: str) -> PreparedSet | None:
    """Return the prepared set at this path if it is complete and of the same files. Report a damaged one."""
    try:
        ready = open_prepared(place)
        if ready.info.get("key") != key:
            return None
        ready.check()
    except MienError as trouble:
        if (place / "dataset.json").exists():
            log.warning("warning: %s: preparing it again", trouble)
        return None
    return ready


def _as_it_is(layout: Layout, ready: PreparedSet, height: int, width: int, output: Path | None) -> PreparedSet:
    if layout.size != (height, width):
        have = "x".join(map(str, layout.size or ()))
        raise UsageError(
            f"--resolution {height}x{width}: {layout.path} is prepared at {have}; "
            "leave --resolution out, or give the images"
        )
    if output:
        raise UsageError(f"--output {output}: {layout.path} is a prepared set already; copy the folder instead")
    try:
        ready.check()
    except FileError as trouble:
        raise FileError(f"{trouble}: prepare the images again, or copy the set anew") from None
    return ready


def _may_replace(place: Path) -> bool:
    if not place.is_dir():
        return False
    return not any(place.iterdir()) or ((place / "images.npy").is_file() and (place / "dataset.json").is_file())


def _move(scratch: Path, place: Path) -> None:
    """Rename the folder, so that the set is complete or absent. Another process may have been faster."""
    with leftovers.temporary_folder(place.parent) as bin:
        with contextlib.suppress(FileNotFoundError):
            place.rename(bin / "old")
        try:
            scratch.rename(place)
        except OSError:
            if not (place / "dataset.json").is_file():
                raise
