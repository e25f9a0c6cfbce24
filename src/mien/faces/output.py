"""The folder that faces are written to: built beside its place under a hidden name, and renamed when it is whole."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mien.data.prepare import prepare
from mien.data.prepared import own_sum
from mien.data.relabel import check_free
from mien.errors import FileError, UsageError
from mien.runtime import leftovers
from mien.runtime.atomic_files import io_errors, write_json

FACTS = "alignment.json"


def check_place(place: Path, source: Path, flag: str) -> None:
    """Raises FileError where something lies there, UsageError where mien would later find its own faces among the
    images."""
    if source.is_dir() and source in (place.resolve(), *place.resolve().parents):
        raise UsageError(f"{flag} {place} lies among the pictures of {source}: name a folder outside")
    if flag == "--output":
        check_free(place)


@contextlib.contextmanager
def building(place: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders to fill, which do not exist yet: one that is thrown away, and one that is moved to `place` once the
    block has ended. Nothing is left where it has failed. Raises FileError."""
    with io_errors(place), leftovers.temporary_folder(place.parent) as scratch:
        yield scratch / "pictures", scratch / "result"
        move(scratch / "result", place)


def prepared(pictures: Path, place: Path, size: tuple[int, int], facts: dict[str, Any]) -> None:
    """The aligned images as a prepared set at `place`. Raises FileError."""
    prepare(pictures, *size, output=place)
    path = place / "dataset.json"
    with io_errors(path):
        info = json.loads(path.read_text(encoding="utf-8"))
    # key: its files are thrown away, so nothing may look whether they have changed
    info |= {"key": None, "source": facts["source"], "aligned": facts}
    write_json(path, {**info, "own_sum": own_sum(info)})


def move(scratch: Path, place: Path) -> None:
    """Raises OSError, FileError where another program has taken the place meanwhile."""
    if place.exists():
        try:
            place.rmdir()  # an empty folder may be named
        except OSError:
            raise FileError(f"--output {place} is no longer empty: name a new folder") from None
    scratch.rename(place)
