"""mien report: write one HTML page about a run, with its images, curves and settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.printable import count_text


@dataclass(frozen=True)
class Reported(VerbResult):
    """output: the page. `pictures`, `charts`: how many images and charts it has. bytes: its size."""

    output: str
    run: str
    state: str
    kimg: float
    pictures: int
    charts: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        counts = f"{count_text(self.pictures, 'image')}, {count_text(self.charts, 'chart')}"
        inside = f"{counts}, {self.bytes / 1e6:.1f} MB"
        return f"{self.run}, {self.state} at {self.kimg:.1f} kimg ({inside}): {self.output}"


def report(run: tyro.conf.Positional[str], *, output: Path | None = None, outdir: Path = Path("runs")) -> Reported:
    """Write one HTML page about a run: images, curves, data, settings, commands. It works offline.

    Args:
        run: A run's path, number or name, or "last".
        output: The page's file, or a folder for its report.html. If left out: RUN/report.html.
        outdir: Folder that holds the runs.
    """
    from mien.reports.report_page import page
    from mien.reports.run_data import read_run
    from mien.runs.directory import find

    directory = find(run, outdir)
    found = read_run(directory)
    made = page(found, directory.path)
    path = directory.report if output is None else output / "report.html" if output.is_dir() else output
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    data = made.html.encode("utf-8", "replace")
    write_bytes(path, data)
    return Reported(str(path), found.name, found.state, found.images / 1000, made.pictures, made.charts, len(data))
