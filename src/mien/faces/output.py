"""The output folder of faces: built beside its path under a hidden name, and renamed when it is complete."""

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
    """Check that `place` is free and outside the folder of images. Raises FileError or UsageError."""
    if source.is_dir() and source in (place.resolve(), *place.resolve().parents):
        raise UsageError(f"{flag} {place} lies inside {source}, among its images: choose a path outside it")
    if flag == "--output":
        check_free(place)


@contextlib.contextmanager
def building(place: Path) -> Iterator[tuple[Path, Path]]:
    """Yields two folders to fill, which do not exist yet: one is deleted at the end, the other moved to `place`.

    If the block fails, both are deleted. Raises FileError.
    """
    with io_errors(place), leftovers.temporary_folder(place.parent) as scratch:
        yield scratch / "pictures", scratch / "result"
        move(scratch / "result", place)


def prepared(images: Path, place: Path, size: tuple[int, int], facts: dict[str, Any]) -> None:
    """Write the aligned images as a prepared set at `place`. Raises FileError."""
    prepare(images, *size, output=place)
    path = place / "dataset.json"
    with io_errors(path):
        info = json.loads(path.read_text(encoding="utf-8"))
    # key: the files are deleted later, so nothing may check whether they have changed
    info |= {"key": None, "source": facts["source"], "aligned": facts}
    write_json(path, {**info, "own_sum": own_sum(info)})


def move(scratch: Path, place: Path) -> None:
    """Rename the folder. Raises OSError, and FileError if another program has used `place` meanwhile."""
    if place.exists():
        try:
            place.rmdir()  # --output may be an empty folder
        except OSError:
            raise FileError(f"--output {place} is no longer empty: choose a new folder") from None
    scratch.rename(place)
