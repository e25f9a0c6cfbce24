"""The moments at which runs can be compared: at equal kimg, and at equal training time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.reports.run_data import Grid, RunData
from mien.runtime.typed_json import is_number

SLACK = 1.02  # a grid may lie this much later than the moment, because equal budgets end within a round of each other
EARLIER = (0.1, 1 / 3)  # of the largest kimg that all runs share


@dataclass(frozen=True)
class Moment:
    """at: kimg or seconds. grids: the newest (kimg, file) of each run at that moment, None if it has none yet."""

    at: float
    grids: list[Grid | None]


def clock(run: RunData) -> tuple[list[float], list[float]]:
    """(kimg, seconds of training), both growing. All sessions of a resumed run count, the pauses do not."""
    rows = [(float(row["kimg"]), float(row["seconds"])) for row in run.stats if is_number(row.get("seconds"))]
    known = sorted({(0.0, 0.0), *rows, (run.images / 1000, run.seconds)})
    return [kimg for kimg, _ in known], [seconds for _, seconds in known]


def seconds_at(run: RunData, kimg: float) -> float:
    """Seconds of training until the discriminator was shown this many real images."""
    return float(np.interp(kimg, *clock(run)))


def at_equal_kimg(runs: list[RunData]) -> list[Moment]:
    """The largest kimg that all runs share and two earlier ones, earliest first."""
    shared = min(run.images for run in runs) / 1000
    moments = [moment(runs, share * shared, lambda run, kimg: kimg) for share in (*EARLIER, 1.0)]
    # Short runs may have the same grids at several moments, or only those from before training.
    later = [[one.grids for one in moments[index + 1 :]] for index in range(len(moments))]
    trained = [any(grid and grid[0] > 0 for grid in one.grids) or one is moments[-1] for one in moments]
    return [one for one, after, shown in zip(moments, later, trained, strict=True) if shown and one.grids not in after]


def at_equal_time(runs: list[RunData]) -> Moment:
    """The end of the run that trained for the shortest time."""
    return moment(runs, min(run.seconds for run in runs), seconds_at)


def moment(runs: list[RunData], at: float, when: Callable[[RunData, float], float]) -> Moment:
    """when: (run, kimg of a grid) -> in the unit of `at`."""
    found = [[grid for grid in run.grids if when(run, grid[0]) <= at * SLACK] for run in runs]
    return Moment(at, [grids[-1] if grids else None for grids in found])
