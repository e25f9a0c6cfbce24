"""G copies: generated images are training images."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, grid_numbers
from mien.reports.doctor.remedies import Remedy, augmentation
from mien.reports.doctor.series import Episode, Sign

SHARE = 0.5  # of the generated images
STEPS = 1000  # of G


class Copies(Diagnosis):
    """Half of the generated images are much nearer to a training image than training images are to each other."""

    name, title = "copies", "G copies training images"
    severity: ClassVar[Severity] = "watch"
    looks: ClassVar[int] = 4
    cause = "There are few images for these networks, and they train on them for long."

    def signs(self, case: Case) -> list[Sign]:
        return [Sign(kimg, value / SHARE) for kimg, value in case.grid("copies") if case.steps(kimg) >= STEPS]

    def sentence(self, case: Case, episode: Episode) -> str:
        return f"most generated images are images of the set; compare them: mien neighbours {case.run}"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return grid_numbers(case, episode, "copies")

    def remedies(self, case: Case) -> list[Remedy]:
        return augmentation(case)
