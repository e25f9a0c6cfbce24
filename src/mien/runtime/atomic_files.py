"""Atomic writes: a file is written beside its path, synced and renamed. So it is either complete or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.errors import FileError
from mien.runtime import leftovers


@contextmanager
def io_errors(path: Path) -> Iterator[None]:
    """Turn an error of the system into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write the file, or raise FileError (disk full, no permission) and leave `path` unchanged."""
    with io_errors(path), leftovers.temporary_file(path.parent) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if os.name == "nt":  # Windows cannot rename an open file
            file.close()
        Path(file.name).replace(path)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8", "backslashreplace"))  # a path may hold bytes that are not UTF-8


def write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=2) + "\n")


def sync_folder(path: Path) -> None:
    """Write the names in a folder to disk, if the system can."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
