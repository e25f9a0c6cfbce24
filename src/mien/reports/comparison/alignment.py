"""When runs can be compared: at equal kimg, and at equal time of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.reports.run_data import Facts, Grid, is_number

SLACK = 1.02  # equal budgets end within a round of each other: a grid may lie so much beyond
EARLIER = (0.1, 1 / 3)  # of the largest kimg that all runs share


@dataclass(frozen=True)
class Moment:
    """at: kimg or seconds. grids: each run's newest (kimg, file) at that moment, None where it has drawn nothing."""

    at: float
    grids: list[Grid | None]


def clock(facts: Facts) -> tuple[list[float], list[float]]:
    """(kimg, seconds of training), both growing: all sessions of a resumed run count, the pauses between do not."""
    rows = [(float(row["kimg"]), float(row["seconds"])) for row in facts.stats if is_number(row.get("seconds"))]
    known = sorted({(0.0, 0.0), *rows, (facts.images / 1000, facts.seconds)})
    return [kimg for kimg, _ in known], [seconds for _, seconds in known]


def seconds_at(facts: Facts, kimg: float) -> float:
    """Seconds of training after which the run had seen so many pictures."""
    return float(np.interp(kimg, *clock(facts)))


def at_equal_kimg(runs: list[Facts]) -> list[Moment]:
    """The largest kimg that all runs share and two earlier ones, earliest first."""
    shared = min(run.images for run in runs) / 1000
    moments = [moment(runs, share * shared, lambda run, kimg: kimg) for share in (*EARLIER, 1.0)]
    # Runs of a few ticks have the same grids at each of them, or none but those before training.
    later = [[one.grids for one in moments[index + 1 :]] for index in range(len(moments))]
    trained = [any(grid and grid[0] > 0 for grid in one.grids) or one is moments[-1] for one in moments]
    return [one for one, after, shown in zip(moments, later, trained, strict=True) if shown and one.grids not in after]


def at_equal_time(runs: list[Facts]) -> Moment:
    """The end of the run that trained for the shortest time."""
    return moment(runs, min(run.seconds for run in runs), seconds_at)


def moment(runs: list[Facts], at: float, when: Callable[[Facts, float], float]) -> Moment:
    """when: (run, kimg of a grid) -> in the unit of `at`."""
    found = [[grid for grid in run.grids if when(run, grid[0]) <= at * SLACK] for run in runs]
    return Moment(at, [grids[-1] if grids else None for grids in found])
