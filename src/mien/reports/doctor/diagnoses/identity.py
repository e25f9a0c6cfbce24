"""Identity: a translator's result is its source."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, translation_numbers
from mien.reports.doctor.remedies import LOSS_OF_G, TIED, TIES, Remedy, lighter_terms, undone
from mien.reports.doctor.series import Episode, Sign

CHANGED = 0.2  # of the difference between a source and an image of the target domain
STEPS = 1000  # of G


class Identity(Diagnosis):
    """Results differ from their sources by less than a fifth of what the target domain differs."""

    name, title = "identity", "nothing changes"
    severity: ClassVar[Severity] = "trouble"
    cause = "The terms that keep the source (cycle, identity, L1) weigh more than the discriminator's answer."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(row["kimg"], CHANGED / max(row["changed"], 1e-6))
            for row in case.translations
            if case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the translator returns its source"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return translation_numbers(case, episode, "changed")

    def remedies(self, case: Case) -> list[Remedy]:
        return [*undone(case, TIES, (LOSS_OF_G,), TIED), *lighter_terms(case, "identity", "cycle", "l1")]
