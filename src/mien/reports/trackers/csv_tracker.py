"""CSV: `logs/numbers.csv` of a run, one line for each row, a column for each name."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mien.reports.trackers.tracker import folder
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import write_text


class CsvTracker:
    """Writes the complete file each time: a later row may have new columns."""

    def __init__(self, path: Path):
        self.path = path
        self.rows: list[dict[str, float]] = []
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                rows = csv.DictReader(file)
                self.rows = [{name: float(value) for name, value in row.items() if value} for row in rows]

    def numbers(self, images: int, values: dict[str, float]) -> None:
        self.rows.append({"images": images, **values})

    def grid(self, images: int, path: Path) -> None:
        pass

    def flush(self) -> None:
        names = dict.fromkeys(name for row in self.rows for name in row)
        file = io.StringIO()
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: repr(value) for name, value in row.items()} for row in self.rows)
        write_text(self.path, file.getvalue())

    def close(self) -> None:
        pass


def opened(run: RunDirectory) -> CsvTracker:
    return CsvTracker(folder(run) / "numbers.csv")
