"""G is ahead: D takes generated images for real and real ones for generated, though they differ."""

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
    fewer_steps_of_g,
    more_steps_of_d,
    slower_generator,
    undone,
)
from mien.reports.doctor.series import Episode, Sign, latest, smoothed

WRONG = -0.25  # the separation of the logits, in spreads: generated images lie above the real ones
FAR = 0.5  # distance of the images to the data
STEPS = 500  # of G


class GAhead(Diagnosis):
    """In D's turn the generated images have the larger logits, while they are far from the data."""

    name, title = "g-ahead", "G is ahead of D"
    severity: ClassVar[Severity] = "watch"
    looks: ClassVar[int] = 5
    cause = "G learns faster than D: after each round D must learn anew what G makes."

    def signs(self, case: Case) -> list[Sign]:
        found = []
        values = smoothed([value for _, value in case.separation])
        for (kimg, _), apart in zip(case.separation, values, strict=True):
            far = latest(case.distance, kimg)
            if far is not None and case.steps(kimg) >= STEPS:
                found.append(Sign(kimg, min(max(apart / WRONG, 0.0), far / FAR)))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the discriminator takes generated images for real ones, though they differ"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        apart = latest(case.separation, case.images / 1000 if episode.end is None else episode.end)
        found = {} if apart is None else {"logits apart, in spreads": round(apart, 2)}
        return found | grid_numbers(case, episode, "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        own = undone(case, (RATE_OF_G, STEPS_OF_G), (RATE_OF_D, STEPS_OF_D))
        return [*own, *fewer_steps_of_g(case), *slower_generator(case), *more_steps_of_d(case)]
