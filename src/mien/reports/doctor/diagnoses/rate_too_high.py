"""Learning rates too high: steps are large beside the weights, D is wrong again and again, or images jump."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import GROWN, Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import RATES, Remedy, gentler_start, slower, undone
from mien.reports.doctor.series import Episode, Sign, latest

STEP = 0.015  # norm of a step as a share of that of the weights; usual is 0.001 to 0.008
SURPRISED = 1.5  # D's loss as a multiple of its loss by chance
EARLY_STEP = 0.04  # the same in the first steps, in which Adam and RMSprop make larger ones
JUMPS = 0.9  # the motion of an image between two grids, as a share of the distance of two images
FAR = 0.5  # distance to the data: images that are near to it may move
STEPS, STEPS_OF_WEIGHTS = 1000, 100  # of G; large steps are certain earlier


class RateTooHigh(Diagnosis):
    """A step moves the weights by 1.5 %, or steps have blown them up, or the game circles.

    Blown up: to four times their norm, or to one and a half if most pixels are at their limits then. A game circles if
    D's loss is half more than chance, or if a latent has a new image in each grid. All but the loss holds only as long
    as the images are far from the data.
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
            step = largest(case.relative_updates, kimg)
            early = case.steps(kimg) < STEPS_OF_WEIGHTS
            large = step / EARLY_STEP if early else max(step / STEP, largest(case.growth, kimg) / GROWN)
            strength = min(max(large, case.saturation(row)), far)
            if case.steps(kimg) >= STEPS:
                surprise, jumps = latest(case.surprise, kimg) or 0.0, row.get("motion", 0.0) / JUMPS
                strength = max(strength, surprise / SURPRISED, min(jumps, far))
            found.append(Sign(kimg, strength))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        if largest(case.growth, end_of(case, episode)) >= GROWN:
            return "large steps have blown up the weights, and small ones cannot mend that"
        if saturated(case, episode):
            return "large steps have brought most pixels to black and full colour, where the generator cannot learn"
        return "the training circles: what it learns in one tick is gone in the next one"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        end = end_of(case, episode)
        loss = latest(case.surprise, end)
        found = {} if loss is None else {"D's loss / chance": round(loss, 4)}
        step, grown = largest(case.relative_updates, end), largest(case.growth, end)
        found |= {"step / weights": round(step, 4)} if step else {}
        known = grown >= GROWN or saturated(case, episode)
        found |= {"weights / those at the start": round(grown, 1)} if known else {}
        pixels = ("clipped",) if saturated(case, episode) else ()
        return found | grid_numbers(case, episode, *pixels, "motion", "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        return gentler_start(case) or [*undone(case, RATES), *slower(case)]


def largest(series: dict[str, list[tuple[float, float]]], kimg: float) -> float:
    """Return the last value of the side with the larger one; 0 if unknown. series: (kimg, value) by side."""
    return max(latest(own, kimg) or 0.0 for own in series.values())


def saturated(case: Case, episode: Episode) -> bool:
    """Return whether the last grid of the episode is saturated."""
    grids = [row for row in case.grids if row["kimg"] <= end_of(case, episode)]
    return bool(grids) and case.saturation(grids[-1]) >= 1


def end_of(case: Case, episode: Episode) -> float:
    return case.images / 1000 if episode.end is None else episode.end
