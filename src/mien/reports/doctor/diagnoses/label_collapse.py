"""A collapse within one label: all images of one label look alike, while the others differ."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnoses.mode_collapse import DIVERSITY
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, mode_seeking, penalty, slower
from mien.reports.doctor.series import Episode, Sign

STEPS = 1500  # of G


class LabelCollapse(Diagnosis):
    """Images of one label differ less than a fifth as much as two real ones do, and the labels together do not."""

    name, title = "label-collapse", "collapse within one label"
    severity: ClassVar[Severity] = "watch"
    cause = "The label has few images, or all of them look alike; G found one that D takes for real."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(row["kimg"], min(DIVERSITY / max(row["least_diversity"], 1e-6), row["diversity"] / (2 * DIVERSITY)))
            for row in case.grids
            if "least_diversity" in row and case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        row = grid_numbers(case, episode, "least_row").get("least_row", 0)
        return f"the images in row {row + 1:.0f} of the grid, which have one label, look alike"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "least_diversity", "diversity")

    def remedies(self, case: Case) -> list[Remedy]:
        return [*mode_seeking(case), *penalty(case, 4.0), *slower(case)]
