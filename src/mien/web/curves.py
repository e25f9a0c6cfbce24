"""The curves of a run: rows of its logs as columns. A page gets a few hundred points first, and then only new rows."""

from __future__ import annotations

import itertools
import os
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import FileError
from mien.runtime import typed_json
from mien.runtime.typed_json import Row, is_number

SHOWN = 300  # stretches of a long curve; each keeps its lowest and its highest point
LOGS = 12  # in memory
NAMES = 400  # columns of a log
CHUNK = 1 << 24  # bytes read at once

Lists = dict[str, list[float | None]]


@dataclass
class Columns:
    """The rows of a log up to the byte `offset`. NaN where a row lacks a number. identity: of the file on disk."""

    identity: tuple[int, int] = (0, 0)
    offset: int = 0
    count: int = 0
    values: dict[str, array[float]] = field(default_factory=dict)

    def extend(self, rows: Sequence[Row]) -> None:
        for row in rows:
            images = row.get("images")
            if not is_number(images):
                continue
            for name, value in {"kimg": images / 1000, **row}.items():
                if not is_number(value):
                    continue
                column = self.values.get(name)
                if column is None:
                    if len(self.values) == NAMES:
                        continue
                    column = self.values[name] = array("d")
                missing = self.count - len(column)
                if missing > 0:
                    column.extend([np.nan] * missing)
                column.append(value)
            self.count += 1

    def column(self, name: str, start: int = 0) -> np.ndarray:
        """Return float64 [count - start]."""
        found = np.frombuffer(self.values[name], dtype=np.float64) if len(self.values[name]) else np.empty(0)
        padded = np.full(self.count - start, np.nan)
        padded[: max(0, len(found) - start)] = found[start:]
        return padded


class Logs:
    """The logs that pages look at. A log that was cut back by a resume is another file, and is read again."""

    def __init__(self) -> None:
        self.known: OrderedDict[Path, Columns] = OrderedDict()
        self.lock = threading.Lock()

    @contextmanager
    def reading(self, path: Path) -> Iterator[Columns]:
        """Give the columns of a log, with all rows that are complete now. Empty without a log."""
        with self.lock:
            columns = self.known.pop(path, None) or Columns()
            self.known[path] = columns = updated(columns, path)
            while len(self.known) > LOGS:
                self.known.popitem(last=False)
            yield columns


def updated(columns: Columns, path: Path) -> Columns:
    try:
        with os.fdopen(typed_json.open_regular(path), "rb") as file:
            facts = os.fstat(file.fileno())
            if (facts.st_dev, facts.st_ino) != columns.identity or facts.st_size < columns.offset:
                columns = Columns((facts.st_dev, facts.st_ino))
            file.seek(columns.offset)
            while part := file.read(CHUNK):
                complete = part.rfind(b"\n") + 1
                if not complete:
                    break
                columns.extend(typed_json.rows(part[:complete], Row))
                columns.offset += complete
                file.seek(columns.offset)
    except (OSError, FileError):
        return Columns()
    return columns


SCORES = ("D(real)", "D(fake)", "D(fake) after")
LOSSES = ("discriminator/loss", "generator/loss")
GRADIENT = "/gradient/"
NO_CURVES = {"images", "kimg", "seconds", "final"}
MOST_LAYERS = 8  # curves of gradients in one chart


def charts(columns: Columns) -> list[dict[str, Any]]:
    """Return each chart of a run, thinned: {"title", "names", "log", "x": kimg, "columns": {name: numbers}}."""
    plain = [name for name in columns.values if name not in NO_CURVES and GRADIENT not in name]
    terms = [name for name in plain if name not in (*SCORES, *LOSSES, "images_per_second")]
    groups: list[tuple[str, Sequence[str], bool]] = [
        ("Scores of D", SCORES, False),
        ("Losses", LOSSES, False),
        *((name, [name], False) for name in terms),
        ("Gradient norms in D", layers(columns, "discriminator"), True),
        ("Gradient norms in G", layers(columns, "generator"), True),
        ("Images per second", ["images_per_second"], False),
    ]
    found = []
    x = columns.column("kimg") if columns.count else np.empty(0)
    for title, names, log in groups:
        values = {name: columns.column(name) for name in names if name in columns.values}
        if not values:
            continue
        chosen = thinned(list(values.values()), len(x))
        rows = {name: listed(one[chosen]) for name, one in values.items()}
        found.append({"title": title, "names": list(rows), "log": log, "x": listed(x[chosen]), "columns": rows})
    return found


def layers(columns: Columns, side: str) -> list[str]:
    """Return the gradient norms of a side, of at most MOST_LAYERS layers."""
    found = [name for name in columns.values if name.startswith(side + GRADIENT)]
    return found[:: max(1, -(-len(found) // MOST_LAYERS))]


def thinned(values: list[np.ndarray], count: int) -> np.ndarray:
    """Return the rows to show, int64 [<=2 * SHOWN * columns + 2]: of each stretch the lowest and the highest value."""
    some = np.zeros(count, bool)
    if count <= 2 * SHOWN:
        return np.arange(count)
    edges = np.linspace(0, count, SHOWN + 1).astype(int)
    some[[0, -1]] = True
    for one in values:
        low, high = np.where(np.isnan(one), np.inf, one), np.where(np.isnan(one), -np.inf, one)
        for start, end in itertools.pairwise(edges):
            some[start + int(low[start:end].argmin())] = True
            some[start + int(high[start:end].argmax())] = True
    return np.flatnonzero(some)


def rows_after(columns: Columns, start: int) -> Lists:
    """Return the rows from number `start` on: name -> numbers."""
    return {name: listed(columns.column(name, start)) for name in columns.values}


def listed(values: np.ndarray) -> list[float | None]:
    """Return numbers for JSON, to six digits; None for NaN."""
    return [None if value != value else float(f"{value:.6g}") for value in values.tolist()]


def cursor_of(columns: Columns) -> str:
    """Return the place in the log that a page knows: "inode-rows"."""
    return f"{columns.identity[1]}-{columns.count}"


def rows_known(columns: Columns, cursor: str) -> int | None:
    """Return the rows that a page with this cursor has; None if it must begin again."""
    inode, _, count = cursor.partition("-")
    known = int(count) if count.isdecimal() and len(count) < 16 else -1
    return known if inode == str(columns.identity[1]) and 0 <= known <= columns.count else None
