"""Append-only JSON lines: one row a tick. Charts and pages read them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, Any

from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, write_text
from mien.runtime.typed_json import Row

MOST_BYTES = 1 << 28
APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT


class JsonlLog:
    """A log of JSON objects. Rows of a training have "images", which `rewind` reads."""

    def __init__(self, path: Path):
        self.path = path

    def append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"
        with io_errors(self.path), os.fdopen(typed_json.open_regular(self.path, APPEND), "ab+") as file:
            file.write(b"\n" + line if cut_short(file) else line)

    def sync(self) -> None:
        """Write the rows to disk (fsync)."""
        if self.path.exists():
            with io_errors(self.path), self.path.open("rb") as file:
                os.fsync(file.fileno())

    def read(self) -> list[Row]:
        """Return all complete rows. A line that a kill cut short, or that is not a row, is left out."""
        if not self.path.exists():
            return []
        return typed_json.rows(typed_json.read_bytes(self.path, MOST_BYTES), Row)

    def rewind(self, images: int) -> None:
        """Remove rows after `images` images, and rows that only marked the end of a session.

        A resumed run writes these rows again.
        """
        if self.path.exists():
            kept = [row for row in self.read() if is_before(row, images) and not row.get("final")]
            write_text(self.path, "".join(json.dumps(row) + "\n" for row in kept))


class GrowingLog:
    """The rows of a log that grows. Each read takes only what is new, so a long log costs no more than a short one."""

    def __init__(self, log: JsonlLog):
        self.path = log.path
        self.rows: list[Row] = []
        self.file = -1  # the inode: `rewind` writes a new file
        self.read_bytes = 0

    def read(self) -> list[Row]:
        """Return all complete rows, the same as `JsonlLog.read`. Do not change them."""
        if not self.path.exists():
            return []
        with io_errors(self.path), os.fdopen(typed_json.open_regular(self.path), "rb") as file:
            found = os.fstat(file.fileno())
            if (found.st_ino, found.st_size) != (self.file, max(found.st_size, self.read_bytes)):
                self.rows, self.file, self.read_bytes = [], found.st_ino, 0
            file.seek(self.read_bytes)
            new = file.read(MOST_BYTES)
        whole = new[: new.rfind(b"\n") + 1]
        self.rows += typed_json.rows(whole, Row)
        self.read_bytes += len(whole)
        return self.rows


def is_before(row: Row, images: int) -> bool:
    """Return whether a row is of at most `images` images. True for a row without images."""
    seen = row.get("images")
    return not isinstance(seen, int | float) or seen <= images


def cut_short(file: IO[bytes]) -> bool:
    """Return whether the last line has no line end, as after a kill."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"
