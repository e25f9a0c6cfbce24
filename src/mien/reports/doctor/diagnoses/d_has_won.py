"""D has won: it knows each image for certain, and G does not come nearer to the data."""

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
    faster_generator,
    fewer_steps_of_d,
    gentler_start,
    other_recipe,
    penalty,
    slower_discriminator,
    undone,
)
from mien.reports.doctor.series import Episode, Sign, latest

SURE = 0.1  # D's loss as a share of its loss by chance
FAR = 0.8  # distance of the images to the data: nearer than this, G learns in spite of D
STUCK = 0.85  # distance as a share of that at 60 % of the time: below it, G comes nearer
STEPS = 200  # of D: it is certain of the noise that a new G makes


class DHasWon(Diagnosis):
    """D's loss is below a tenth of its loss by chance, while the generated images are far from the data and stay there.

    A run without sample grids is judged by D's loss alone.
    """

    name, title = "d-has-won", "D has won"
    severity: ClassVar[Severity] = "trouble"
    looks: ClassVar[int] = 5
    cause = "D learns faster than G, so its answers tell G nothing that G can use."

    def signs(self, case: Case) -> list[Sign]:
        if case.recipe is None or case.recipe.sources != "none":
            return []  # a translator learns from its reconstruction terms, too
        found = []
        for kimg, surprise in case.surprise:
            if case.steps_of_d(kimg) >= STEPS:
                far, stuck = latest(case.distance, kimg), case.stuck(kimg)
                sure = SURE / max(surprise, 1e-6)
                found.append(Sign(kimg, sure if far is None or stuck is None else min(sure, far / FAR, stuck / STUCK)))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the discriminator is certain of every image, so the generator learns almost nothing"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        loss = latest(case.surprise, case.images / 1000 if episode.end is None else episode.end)
        found = {} if loss is None else {"D's loss / chance": round(loss, 4)}
        if case.separation:
            found["logits apart, in spreads"] = round(case.separation[-1][1], 2)
        if ratio := gradient_ratio(case):
            found["gradient of G / of D"] = round(ratio, 4)
        if steps := case.relative_updates["generator"]:
            found["step of G / weights"] = float(f"{steps[-1][1]:.2g}")
        return found | grid_numbers(case, episode, "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        recipe = other_recipe(
            case, "Start again with a loss or a penalty that limits D.", "r3gan-laptop", "dcgan-laptop"
        )
        if start := gentler_start(case):
            return start
        own = undone(case, (RATE_OF_D, STEPS_OF_D), (RATE_OF_G, STEPS_OF_G))
        fairer = [*own, *faster_generator(case), *fewer_steps_of_d(case), *slower_discriminator(case)]
        return [*fairer, *penalty(case, 4.0), *recipe]


def gradient_ratio(case: Case) -> float | None:
    """Return the norm of G's gradient as a multiple of D's, of the newest row that has both."""
    mine, theirs = case.gradient_norms("generator"), case.gradient_norms("discriminator")
    return mine[-1][1] / theirs[-1][1] if mine and theirs and theirs[-1][1] > 0 else None
