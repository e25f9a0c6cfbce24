"""The examination of a run: all findings, the most severe first, and the answer in one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnoses import ALL
from mien.reports.doctor.diagnosis import SEVERITIES, Finding, Severity

LEAST_STEPS = 500  # of G
LEAST_GRIDS, LEAST_ROWS = 4, 3


@dataclass(frozen=True)
class Examination:
    """active: the findings that hold now, the most severe first. past: those that ended. answer: one sentence."""

    active: list[Finding]
    past: list[Finding]
    severity: Severity
    answer: str

    @property
    def brief(self) -> str:
        """A few words for a table: "D has won since 24 kimg", "too early to judge", "no trouble found"."""
        if self.active:
            return f"{self.active[0].title} since {self.active[0].onset:g} kimg"
        return re.split(r"[:;]| at [\d.]+ kimg", self.answer, maxsplit=1)[0]

    def as_dict(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "answer": self.answer,
            "active": [finding.as_dict() for finding in self.active],
            "past": [finding.as_dict() for finding in self.past],
        }


def examine(case: Case) -> Examination:
    """Return what is wrong with a run, and what was.

    "fine" needs evidence, too: a run that is too short, or has neither grids nor a loss with a scale, is "note".
    """
    found = [finding for diagnosis in ALL for finding in diagnosis.findings(case)]
    active = sorted((one for one in found if one.end is None), key=lambda one: SEVERITIES.index(one.severity))
    past = sorted((one for one in found if one.end is not None), key=lambda one: one.onset)
    if active:
        return Examination(active, past, active[0].severity, active[0].line)
    if reason := too_short(case):
        return Examination([], past, "note", f"too early to judge: {reason}{first_signs(case)}")
    if not case.grids and not case.translations and not case.surprise:
        return Examination([], past, "note", "nothing to judge by: no sample grids, and a loss without a scale")
    limit = "" if case.grids or case.translations else "; the images themselves are not judged"
    return Examination([], past, "fine", f"no trouble found at {case.images / 1000:g} kimg{limit}")


def first_signs(case: Case) -> str:
    """Return the diagnoses that the last look speaks for, in words, or ""."""
    last = [(diagnosis.title, signs[-1]) for diagnosis in ALL if (signs := diagnosis.signs(case))]
    titles = [title for title, sign in last if sign.strength >= 1]
    return f"; first signs of: {', '.join(titles)}" if titles else ""


def too_short(case: Case) -> str:
    """Return why the run is too short to judge, or ""."""
    steps = case.steps(case.images / 1000)
    if steps < LEAST_STEPS:
        return f"the generator has made {steps:,.0f} steps, and {LEAST_STEPS} are the least"
    shown = [*case.grids, *case.translations]
    grids = sum(row["kimg"] > 0 for row in shown)
    if len(case.stats) < LEAST_ROWS or (shown and grids < LEAST_GRIDS):
        return f"there are {len(case.stats)} rows of statistics and {grids} sample grids"
    return ""
