"""D memorizes the set: it takes new real images for generated ones."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, augmentation, penalty, slower_discriminator
from mien.reports.doctor.series import Episode, Sign

SHARE = 0.5  # of the way from known real images to generated ones
STEPS = 500  # of D


class DMemorizes(Diagnosis):
    """D's logits of held-out real images lie nearer to those of generated images than to those of known ones.

    It needs held-out images: `--hold-out N`, or built-in faces.
    """

    name, title = "d-memorizes", "D memorizes the images"
    severity: ClassVar[Severity] = "watch"
    cause = "There are few images for this discriminator: it recognizes each one, rather than what they share."

    def signs(self, case: Case) -> list[Sign]:
        return [Sign(kimg, value / SHARE) for kimg, value in case.grid("memorized") if case.steps_of_d(kimg) >= STEPS]

    def sentence(self, case: Case, episode: Episode) -> str:
        return "it takes new real images for generated ones, so the generated images will get worse"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "memorized", "distance")

    def remedies(self, case: Case) -> list[Remedy]:
        return [*augmentation(case), *penalty(case, 4.0), *slower_discriminator(case)]
