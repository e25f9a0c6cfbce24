"""Numbers stopped being finite: NaN or infinite losses, weights or gradients."""

from __future__ import annotations

from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity
from mien.reports.doctor.remedies import RATES, Remedy, other_recipe, slower, undone
from mien.reports.doctor.series import Episode, Sign
from mien.reports.run_data import Row
from mien.runtime.typed_json import number


class NotFinite(Diagnosis):
    """The run's events say so: mien checks all numbers before it writes a file. One event is certain."""

    name, title = "not-finite", "numbers that are not finite"
    severity: ClassVar[Severity] = "trouble"
    looks: ClassVar[int] = 1
    cause = "The learning rates are too high, or a loss has no bound."

    def signs(self, case: Case) -> list[Sign]:
        return [Sign(number(row, "images") / 1000, 1.0) for row in case.events if is_divergence(row)]

    def episodes(self, case: Case) -> list[Episode]:
        """One for each divergence. The number's rollback ends it at once; the last one may be final."""
        signs, final = self.signs(case), case.state == "diverged"
        return [
            Episode(sign.kimg, sign.kimg, None if final and sign is signs[-1] else sign.kimg, 1.0) for sign in signs
        ]

    def sentence(self, case: Case, episode: Episode) -> str:
        if episode.end is None:
            return "the training cannot go on with these settings; its checkpoints are good"
        return "mien went back to a good checkpoint and halved the learning rates"

    def remedies(self, case: Case) -> list[Remedy]:
        stable = other_recipe(case, "Start again with a more stable recipe.", "r3gan-laptop", "dcgan-laptop")
        own = undone(case, RATES)
        return [*own, *slower(case, 0.25), *stable]


def is_divergence(row: Row) -> bool:
    return row.get("event") == "diverged" or (row.get("event") == "went back" and row.get("why") == "diverged")
