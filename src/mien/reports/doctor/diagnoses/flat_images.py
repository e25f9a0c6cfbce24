"""Black or constant images: nearly all pixels of an image have one colour."""

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
    other_recipe,
    slower,
    slower_discriminator,
    undone,
)
from mien.reports.doctor.series import Episode, Sign, latest

CONTRAST = 0.1  # of real images
STEPS = 300  # of G: a new generator may be gray before
DARK, BRIGHT = 0.06, 0.94


class FlatImages(Diagnosis):
    """The contrast within generated images is below a tenth of that of real ones."""

    name, title = "flat-images", "black or constant images"
    severity: ClassVar[Severity] = "trouble"
    cause = "The learning rates are too high: a few large steps push G's last layer to the end of its range."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(kimg, CONTRAST / max(value, 1e-6))
            for kimg, value in case.grid("contrast")
            if case.steps(kimg) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        light = latest(case.grid("brightness"), episode.confirmed) or 0.0
        colour = "black" if light < DARK else "white" if light > BRIGHT else "of one colour"
        return f"the generated images are {colour}"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "contrast", "brightness")

    def remedies(self, case: Case) -> list[Remedy]:
        start = other_recipe(case, "If that does not help, start again.", "dcgan-laptop", "r3gan-laptop")
        wrong = (RATE_OF_G, RATE_OF_D, STEPS_OF_D), (RATE_OF_G, STEPS_OF_G)
        own = [*undone(case, *wrong, resumes=False), *undone(case, *wrong)]  # flat images are nothing to keep
        return [*gentler_start(case), *own, *slower(case, 0.25), *slower_discriminator(case), *start]
