"""Mode collapse: images of different latents look alike."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import (
    RATE_OF_D,
    RATE_OF_G,
    STEPS_OF_D,
    STEPS_OF_G,
    Remedy,
    gentler_start,
    mode_seeking,
    other_recipe,
    penalty,
    slower,
    undone,
)
from mien.reports.doctor.series import Episode, Sign

DIVERSITY = 0.2  # of real images
INDIVIDUALITY = 0.5  # of real images
TWINS = 0.5  # the share of images with a nearly equal other one
FLAT = 0.1  # contrast: below it, the images are flat, which is another diagnosis
STEPS = 1500  # of G: a new generator makes similar blobs before
STEPS_SHARED = 1000  # of G: a pattern that all images share is certain earlier
FALL = 0.5  # a diversity below this share of its largest value has fallen, which is certain earlier


class ModeCollapse(Diagnosis):
    """All images share one pattern, or two differ less than a fifth as much as real ones, or half have a twin.

    For a conditional run only images of one label are compared.
    """

    name, title = "mode-collapse", "mode collapse"
    severity: ClassVar[Severity] = "trouble"
    cause = "G found a few images that D takes for real, and D cannot push it away from them."

    def signs(self, case: Case) -> list[Sign]:
        found, largest = [], 0.0
        for row in case.grids:
            if row["kimg"] <= 0 or row["contrast"] < FLAT:
                continue
            largest = max(largest, row["diversity"])
            strength = max(DIVERSITY / max(row["diversity"], 1e-6), row["twins"] / TWINS)
            fell = largest > 2 * DIVERSITY and row["diversity"] < FALL * largest
            strength = 0.0 if case.steps(row["kimg"]) < STEPS and not fell else strength
            if case.steps(row["kimg"]) >= STEPS_SHARED:
                strength = max(strength, INDIVIDUALITY / max(row["individuality"], 1e-6))
            found.append(Sign(row["kimg"], strength))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        numbers = self.evidence(case, episode)
        if numbers.get("diversity", 0.0) < DIVERSITY:
            return "nearly all generated images look alike"
        if numbers.get("individuality", 1.0) < INDIVIDUALITY:
            return "all generated images show one pattern"
        return "many generated images look alike"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "diversity", "individuality", "twins")

    def remedies(self, case: Case) -> list[Remedy]:
        recipe = other_recipe(case, "Start again with a loss that compares pairs.", "r3gan-laptop", "wgan-gp", "sngan")
        own = undone(case, (RATE_OF_G, STEPS_OF_G), (RATE_OF_D, STEPS_OF_D, "mode_seeking.weight"))
        return [*gentler_start(case), *own, *recipe, *mode_seeking(case), *penalty(case, 4.0), *slower(case)]
