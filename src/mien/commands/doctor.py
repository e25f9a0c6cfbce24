"""mien doctor: what is wrong with a training, since when, why, and which command helps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from mien.commands.verb_result import VerbResult

if TYPE_CHECKING:
    from mien.reports.doctor.diagnosis import Finding


@dataclass(frozen=True)
class Examined(VerbResult):
    """What the doctor found.

    severity: trouble, watch, note or fine. answer: one sentence. active, past: the findings that hold, and those that
    are over; see `mien.reports.doctor.diagnosis.Finding`. symptoms: of the newest sample grid.
    """

    run: str
    state: str
    kimg: float
    severity: str
    answer: str
    active: list[dict[str, Any]]
    past: list[dict[str, Any]]
    symptoms: dict[str, float]
    text: str

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "text"}

    def __str__(self) -> str:
        return self.text


def doctor(run: tyro.conf.Positional[str], *, outdir: Path = Path("runs"), code: Path | None = None) -> Examined:
    """Say what is wrong with a training: since when, by which numbers, the likely cause, and what helps.

    It reads the logs and sample grids of any run, also of one that trains now.

    Args:
        run: A run's path, number or name, or "last".
        outdir: Folder that holds the runs.
        code: Your Python file, if the run's recipe comes from one.
    """
    from mien.config import serialization
    from mien.reports.doctor.case import case_of
    from mien.reports.doctor.examination import examine
    from mien.reports.run_data import read_run
    from mien.runs.directory import find

    if code is not None:
        serialization.add_user_file(code)
    found = read_run(find(run, outdir))
    case = case_of(found)
    examined = examine(case)
    head = f"{found.name}, {found.state} at {found.images / 1000:.1f} kimg: {examined.severity}"
    body = [lines_of(finding) for finding in examined.active] or [examined.answer]
    past = ["Earlier:", *(f"  {finding.line}" for finding in examined.past)] if examined.past else []
    return Examined(
        run=found.name,
        state=found.state,
        kimg=found.images / 1000,
        **examined.as_dict(),
        symptoms=case.grids[-1] if case.grids else {},
        text="\n".join([head, *body, *past]),
    )


def lines_of(finding: Finding) -> str:
    """A finding in words: the sentence with its numbers, the likely cause, and what to type."""
    lines = [finding.line, f"  likely cause  {finding.cause}"]
    for number, remedy in enumerate(finding.remedies):
        lines += [f"  {'what helps' if number == 0 else '':12}  {remedy.what}", f"{'':16}{remedy.command}"]
    return "\n".join(lines)
