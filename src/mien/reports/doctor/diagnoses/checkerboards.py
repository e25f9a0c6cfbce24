"""Checkerboards: a pattern of period 2 over the generated images."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, filters
from mien.reports.doctor.series import Episode, Sign

AMPLITUDE = 3.0  # levels
RATIO = 3.0  # times that of the real images
STEPS = 1000  # of G: early patterns go away by themselves


class Checkerboards(Diagnosis):
    """The pattern is visible, and at least three times as strong as in real images."""

    name, title = "checkerboards", "checkerboards"
    severity: ClassVar[Severity] = "note"
    looks: ClassVar[int] = 4
    cause = "Transposed convolutions overlap unevenly (Odena et al. 2016)."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(row["kimg"], min(row["checkerboard"] / AMPLITUDE, row["checkerboard_ratio"] / RATIO))
            for row in case.grids
            if case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        return "a fine regular pattern covers the generated images"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "checkerboard", "checkerboard_ratio")

    def remedies(self, case: Case) -> list[Remedy]:
        return filters(case)
