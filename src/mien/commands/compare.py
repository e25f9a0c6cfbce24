"""mien compare: several runs side by side, in a table and on one page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError


@dataclass(frozen=True)
class Compared(VerbResult):
    """page: the HTML file. runs: numbers of each. differences: setting -> its value in each run, "" where there is no
    such setting. equal_kimg, equal_time: the moment, and each run's grid then."""

    page: str
    runs: list[dict[str, Any]]
    differences: dict[str, list[str]]
    equal_kimg: list[dict[str, Any]]
    equal_time: dict[str, Any]
    gradients: list[dict[str, float]]
    warnings: list[str]
    tables: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it; lists are in the order of `runs`."""
        return {name: value for name, value in vars(self).items() if name != "tables"}

    def __str__(self) -> str:
        last = [*(f"warning: {line}" for line in self.warnings), f"page: {self.page}"]
        return "\n\n".join([*self.tables, "\n".join(last)])


def compare(
    runs: tyro.conf.Positional[tuple[str, ...]] = (), *, output: Path | None = None, outdir: Path = Path("runs")
) -> Compared:
    """Put runs side by side: numbers here; pictures, curves, gradients and settings on one HTML page without network.

    Args:
        runs: Two or more: paths, numbers, names, or "last".
        output: The page's file, or a folder for its compare.html. compare.html beside the first run if left out.
        outdir: Folder that holds the runs.
    """
    from mien.reports.comparison.alignment import Moment, at_equal_kimg, at_equal_time
    from mien.reports.comparison.entries import differing, read_entries, warnings
    from mien.reports.comparison.page import page
    from mien.reports.comparison.table import aligned, difference_rows, rows
    from mien.reports.gradients import mean_norms
    from mien.runs.directory import find
    from mien.runtime.atomic_files import io_errors, write_bytes

    if len(runs) < 2:
        raise UsageError(f"mien compare needs two runs or more: mien report {' '.join(runs) or 'RUN'} is about one")
    entries = read_entries([find(run, outdir) for run in runs])
    doubts, facts = warnings(entries), [entry.facts for entry in entries]
    unlike = difference_rows(entries)
    place = output or facts[0].path.parent
    place = place / "compare.html" if place.is_dir() else place
    with io_errors(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, page(entries, doubts).encode("utf-8", "replace"))

    def said(moment: Moment, unit: str) -> dict[str, Any]:
        return {unit: moment.at, "grids": [str(grid[1]) if grid else None for grid in moment.grids]}

    return Compared(
        page=str(place),
        runs=[entry.as_dict() for entry in entries],
        differences=differing([entry.settings for entry in entries]),
        equal_kimg=[said(moment, "kimg") for moment in at_equal_kimg(facts)],
        equal_time=said(at_equal_time(facts), "seconds"),
        gradients=[mean_norms(one.stats) for one in facts],
        warnings=doubts,
        tables=[aligned(rows(entries), names=3), *([aligned(unlike, names=1)] if unlike else [])],
    )
