"""Append-only JSON lines: one row a tick. The one truth of a run; curves and pages only mirror it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, Any

from mien.run.files import io_errors, write_text


class Journal:
    """Rows are JSON objects; training's rows carry "images", by which `rewind` cuts."""

    def __init__(self, path: Path):
        self.path = path

    def append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"
        with io_errors(self.path), self.path.open("ab+") as file:
            file.write(b"\n" + line if cut_short(file) else line)

    def read(self) -> list[dict[str, Any]]:
        """All whole rows; one that a kill cut short is left out."""
        if not self.path.exists():
            return []
        rows = []
        with io_errors(self.path):
            lines = self.path.read_bytes().splitlines()
        for line in lines:
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return rows

    def rewind(self, images: int) -> None:
        """Drop what was written after `images` images, and the rows that only marked the end of a session: a resumed
        run writes anew what belongs there."""
        if self.path.exists():
            kept = [row for row in self.read() if row.get("images", 0) <= images and not row.get("final")]
            write_text(self.path, "".join(json.dumps(row) + "\n" for row in kept))


def cut_short(file: IO[bytes]) -> bool:
    """Whether a kill left the last line without its end."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"
