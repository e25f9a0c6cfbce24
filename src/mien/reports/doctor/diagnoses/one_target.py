"""One target for all: a translator makes the same image of every source."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, translation_numbers
from mien.reports.doctor.remedies import LOSS_OF_G, TIES, Remedy, heavier_terms, slower_discriminator, undone
from mien.reports.doctor.series import Episode, Sign

DIVERSITY = 0.2  # of images of the target domain
STEPS = 1000  # of G


class OneTarget(Diagnosis):
    """Two results differ less than a fifth as much as two images of the target domain."""

    name, title = "one-target", "one result for all sources"
    severity: ClassVar[Severity] = "trouble"
    cause = "One image satisfies the discriminator, and no term ties the result to its source strongly enough."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(row["kimg"], DIVERSITY / max(row["diversity"], 1e-6))
            for row in case.translations
            if case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the results of different sources look alike"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return translation_numbers(case, episode, "diversity")

    def remedies(self, case: Case) -> list[Remedy]:
        return [*undone(case, (LOSS_OF_G,), TIES), *heavier_terms(case, "l1", "cycle"), *slower_discriminator(case)]
