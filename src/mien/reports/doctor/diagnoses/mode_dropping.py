"""Mode dropping: images are varied, yet parts of the data are never generated."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, mode_seeking, other_recipe, slower
from mien.reports.doctor.series import Episode, Sign

SHARE = 0.3  # of the training images
DIVERSITY = 0.4  # below it, the images are too alike for this diagnosis
NEAR = 0.6  # distance to the data: images that are farther away belong to no part of it
STEPS = 2000  # of G


class ModeDropping(Diagnosis):
    """Parts with 30 % of the training images have almost no generated image, while the images are varied and good."""

    name, title = "mode-dropping", "parts of the data are missing"
    severity: ClassVar[Severity] = "watch"
    looks: ClassVar[int] = 5
    cause = "G does without images that are rare or hard, because D never misses them."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(
                row["kimg"],
                min(row["dropped"] / SHARE, row["diversity"] / DIVERSITY, NEAR / max(row["distance"], 1e-6)),
            )
            for row in case.grids
            if "dropped" in row and case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        share = grid_numbers(case, episode, "dropped").get("dropped", SHARE)
        return f"nothing is generated in the likeness of {share:.0%} of the training images"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "dropped", "diversity", "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        recipe = other_recipe(case, "Start again with a loss that compares pairs.", "r3gan-laptop", "sngan")
        return [*recipe, *mode_seeking(case), *slower(case)]
