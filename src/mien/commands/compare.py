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
    """The page and the numbers of each run.

    page: the HTML file. differences: setting -> its value in each run, "" if a run lacks the setting. equal_kimg,
    equal_time: a moment, and the grid of each run at that moment. over_seeds: runs that differ in their seed alone.
    """

    page: str
    runs: list[dict[str, Any]]
    differences: dict[str, list[str]]
    equal_kimg: list[dict[str, Any]]
    equal_time: dict[str, Any]
    gradients: list[dict[str, float]]
    over_seeds: list[dict[str, Any]]
    warnings: list[str]
    tables: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The result for --json. Lists are in the order of `runs`."""
        return {name: value for name, value in vars(self).items() if name != "tables"}

    def __str__(self) -> str:
        last = [*(f"warning: {line}" for line in self.warnings), f"page: {self.page}"]
        return "\n\n".join([*self.tables, "\n".join(last)])


def compare(
    runs: tyro.conf.Positional[tuple[str, ...]] = (),
    *,
    output: Path | None = None,
    table: Path | None = None,
    outdir: Path = Path("runs"),
) -> Compared:
    """Compare runs: a table here, and images, curves, gradients and settings on one HTML page that works offline.

    Args:
        runs: Two or more runs: paths, numbers, names, or "last".
        output: The page's file, or a folder for compare.html. If left out: compare.html beside the first run.
        table: Also write the metrics as .csv, .md or .tex (LaTeX). Runs that differ in their seed alone are one row:
            mean, standard deviation, number of seeds.
        outdir: Folder that holds the runs.
    """
    from mien.reports.comparison import over_seeds
    from mien.reports.comparison.alignment import Moment, at_equal_kimg, at_equal_time
    from mien.reports.comparison.entries import differing, read_entries, warnings
    from mien.reports.comparison.page import page
    from mien.reports.comparison.table import aligned, difference_rows, rows
    from mien.reports.gradients import mean_norms
    from mien.runs.directory import find
    from mien.runtime.atomic_files import io_errors, write_bytes

    if len(runs) < 2:
        raise UsageError(f"mien compare needs two runs or more: mien report {' '.join(runs) or 'RUN'} is about one")
    if table is not None and table.suffix not in over_seeds.FORMATS:
        raise UsageError(f"--table {table}: end its name in {', '.join(over_seeds.FORMATS)}")
    entries = read_entries([find(run, outdir) for run in runs])
    alike = over_seeds.groups(entries)
    doubts, found = warnings(entries), [entry.run for entry in entries]
    unlike = difference_rows(entries)
    path = output or found[0].path.parent
    path = path / "compare.html" if path.is_dir() else path
    with io_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, page(entries, doubts).encode("utf-8", "replace"))

    if table is not None:
        with io_errors(table):
            table.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(table, over_seeds.FORMATS[table.suffix](alike).encode("utf-8", "replace"))
    seeds = [aligned(over_seeds.rows(alike), names=1)] if len(alike) < len(entries) else []

    def as_dict(moment: Moment, unit: str) -> dict[str, Any]:
        return {unit: moment.at, "grids": [str(grid[1]) if grid else None for grid in moment.grids]}

    return Compared(
        page=str(path),
        runs=[entry.as_dict() for entry in entries],
        differences=differing([entry.settings for entry in entries]),
        equal_kimg=[as_dict(moment, "kimg") for moment in at_equal_kimg(found)],
        equal_time=as_dict(at_equal_time(found), "seconds"),
        gradients=[mean_norms(run.stats) for run in found],
        over_seeds=[group.as_dict() for group in alike],
        warnings=doubts,
        tables=[aligned(rows(entries), names=3), *seeds, *([aligned(unlike, names=1)] if unlike else [])],
    )
