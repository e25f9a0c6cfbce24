"""Learning rates too high: steps are large beside the weights, D is wrong again and again, or images jump."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, slower
from mien.reports.doctor.series import Episode, Sign, latest

STEP = 0.015  # norm of a step as a share of that of the weights; usual is 0.001 to 0.008
SURPRISED = 1.5  # D's loss as a multiple of its loss by chance
JUMPS = 0.9  # the motion of an image between two grids, as a share of the distance of two images
FAR = 0.5  # distance to the data: images that are near to it may move
STEPS, STEPS_OF_WEIGHTS = 1000, 300  # of G; large steps are certain earlier


class RateTooHigh(Diagnosis):
    """A step moves the weights by 1.5 %, D's loss is half more than chance, or a latent has a new image in each grid.

    It holds as long as the images are far from the data.
    """

    name, title = "rate-too-high", "learning rates too high"
    severity: ClassVar[Severity] = "watch"
    looks: ClassVar[int] = 4
    cause = "Each step undoes what the step before has learned, so both sides circle."

    def signs(self, case: Case) -> list[Sign]:
        """A look is a grid. D's loss is that of the last row of statistics before it."""
        found = []
        for row in case.grids:
            kimg, far = row["kimg"], row["distance"] / FAR
            strength = min(largest_step(case, kimg) / STEP, far) if case.steps(kimg) >= STEPS_OF_WEIGHTS else 0.0
            if case.steps(kimg) >= STEPS:
                surprise, jumps = latest(case.surprise, kimg) or 0.0, row.get("motion", 0.0) / JUMPS
                strength = max(strength, surprise / SURPRISED, min(jumps, far))
            found.append(Sign(kimg, strength))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the training circles: what it learns in one tick is gone in the next one"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        loss = latest(case.surprise, case.images / 1000 if episode.end is None else episode.end)
        found = {} if loss is None else {"D's loss / chance": round(loss, 4)}
        step = largest_step(case, case.images / 1000 if episode.end is None else episode.end)
        found |= {"step / weights": round(step, 4)} if step else {}
        return found | grid_numbers(case, episode, "motion", "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        return slower(case)


def largest_step(case: Case, kimg: float) -> float:
    """Return the norm of a step as a share of that of the weights, of the side with the larger share; 0 if unknown."""
    return max(latest(case.relative_updates(side), kimg) or 0.0 for side in ("generator", "discriminator"))
