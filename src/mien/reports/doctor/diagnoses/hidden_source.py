"""A hidden source: the round trip is good only because the result carries the source as an invisible pattern."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity, translation_numbers
from mien.reports.doctor.remedies import Remedy, lighter_terms
from mien.reports.doctor.series import Episode, Sign

HIDDEN = 0.5  # what a little noise on the result adds to the error of the round trip
STEPS = 2000  # of G


class HiddenSource(Diagnosis):
    """Noise that nobody sees, added to the result, spoils the round trip (Chu et al. 2017). Measured live alone."""

    name, title = "hidden-source", "the cycle hides the source"
    severity: ClassVar[Severity] = "watch"
    cause = "The cycle term rewards a copy of the source in the result, visible or not."

    def signs(self, case: Case) -> list[Sign]:
        return [
            Sign(row["kimg"], row["hidden"] / HIDDEN)
            for row in case.translations
            if "hidden" in row and case.steps(row["kimg"]) >= STEPS
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        return "the way back works by a pattern that nobody sees, and fails if a little noise covers it"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        return translation_numbers(case, episode, "hidden", "changed")

    def remedies(self, case: Case) -> list[Remedy]:
        return lighter_terms(case, "cycle")
