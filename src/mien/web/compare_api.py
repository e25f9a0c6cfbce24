"""What the page Compare fetches: the settings that differ, and all grids with their place in kimg and in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request

from mien.errors import UsageError
from mien.runs.directory import RunDirectory
from mien.web.shelf import GRID, changed_at, numbered

if TYPE_CHECKING:
    from mien.web.app import Studio

MOST = 6  # runs


def routes(studio: Studio) -> Iterator[tuple[Any, ...]]:
    """Yields (path, function)."""

    def compare(request: Request, body: bytes) -> Any:
        names = list(dict.fromkeys(request.query_params.getlist("run")))
        if len(names) > MOST:
            raise UsageError(f"at most {MOST} runs are compared at once")
        runs = [studio.shelf.run(name) for name in names]
        return {**differences(runs), "runs": [{"id": run.name, "grids": grids(studio, run)} for run in runs]}

    yield "/api/compare", compare


def grids(studio: Studio, run: RunDirectory) -> list[list[Any]]:
    """Return (kimg as in the file's name, version, seconds of training until then) of each grid."""
    names = numbered(run.samples, GRID)
    with studio.logs.reading(run.stats.path) as columns:
        known = columns.count and "seconds" in columns.values
        kimg = np.concatenate([[0.0], columns.column("kimg")]) if known else np.zeros(1)
        seconds = np.concatenate([[0.0], columns.column("seconds")]) if known else np.zeros(1)
    at = np.interp([float(name) for name in names], kimg, seconds) if names else []
    return [
        [name, changed_at(run.samples / f"fakes{name}.png"), round(float(when), 1)] for name, when in zip(names, at)
    ]


def differences(runs: list[RunDirectory]) -> dict[str, Any]:
    """Return labels, the table of settings that differ, and reasons to doubt the comparison."""
    from mien.reports.comparison.entries import read_entries, warnings
    from mien.reports.comparison.table import difference_rows

    entries = read_entries(runs, with_statistics=False)
    table = difference_rows(entries) if len(entries) > 1 else []
    return {"labels": [entry.label for entry in entries], "table": table, "warnings": warnings(entries)}
