"""D underfits: it gives real and generated images the same score, though they differ."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import (
    RATE_OF_D,
    STEPS_OF_D,
    WEIGHTS_OF_PENALTIES,
    Remedy,
    faster_discriminator,
    more_steps_of_d,
    other_recipe,
    penalty,
    undone,
)
from mien.reports.doctor.series import Episode, Sign, latest

BLIND = 0.98  # D's loss as a share of its loss by chance
WRONG = 1.3  # the same share, of a D that is wrong
FAR = 0.8  # distance of the images to the data
STEPS = 1000  # of G


class DUnderfits(Diagnosis):
    """D's loss is that of chance, while the generated images are far from the data. It needs sample grids.

    A larger loss means that D is wrong, not that it gives one score: that is another diagnosis.
    """

    name, title = "d-underfits", "D underfits"
    severity: ClassVar[Severity] = "trouble"
    looks: ClassVar[int] = 6
    cause = "D is too small, learns too slowly, or its penalty is too strong."

    def signs(self, case: Case) -> list[Sign]:
        found = []
        for kimg, surprise in case.surprise:
            far = latest(case.distance, kimg)
            if far is not None and case.steps(kimg) >= STEPS:
                found.append(Sign(kimg, min(surprise / BLIND, WRONG / max(surprise, 1e-6), far / FAR)))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the discriminator gives real and generated images the same score, though they differ"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        loss = latest(case.surprise, case.images / 1000 if episode.end is None else episode.end)
        found = {} if loss is None else {"D's loss / chance": round(loss, 4)}
        return found | grid_numbers(case, episode, "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        recipe = other_recipe(case, "Start again with a stronger discriminator.", "r3gan-laptop", "dcgan-laptop")
        # A strong penalty makes D constant. Its gradients vanish then, and a weaker penalty does not bring it back.
        flat = undone(case, WEIGHTS_OF_PENALTIES, resumes=False)
        own = undone(case, WEIGHTS_OF_PENALTIES, (RATE_OF_D, STEPS_OF_D))
        return [*flat, *own, *penalty(case, 0.1), *more_steps_of_d(case), *faster_discriminator(case), *recipe]
