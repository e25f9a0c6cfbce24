"""The base of every diagnosis: signs over several looks make an episode, and an episode makes a finding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from mien.reports.doctor.case import Case
from mien.reports.doctor.remedies import Remedy
from mien.reports.doctor.series import Episode, Sign, episodes

Severity = Literal["trouble", "watch", "note", "fine"]
SEVERITIES: tuple[Severity, ...] = ("trouble", "watch", "note", "fine")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a run.

    name: "mode-collapse". onset, confirmed, end: kimg; end is None while it lasts. sentence: for a beginner. evidence:
    numbers by name. cause: the likely one. remedies: the most promising first; none for an episode that has ended.
    """

    name: str
    title: str
    severity: Severity
    onset: float
    confirmed: float
    end: float | None
    sentence: str
    evidence: dict[str, float]
    cause: str
    remedies: tuple[Remedy, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def line(self) -> str:
        """One line: "mode collapse since 12 kimg: nearly all images look alike (diversity 0.11)"."""
        numbers = ", ".join(f"{name} {value:.3g}" for name, value in self.evidence.items())
        until = "" if self.end is None else f" until {self.end:g}"
        return f"{self.title} since {self.onset:g} kimg{until}: {self.sentence}" + (f" ({numbers})" if numbers else "")


class Diagnosis(ABC):
    """One kind of trouble. looks: strong signs in a row before mien says so, and weak ones before it is over."""

    name: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    looks: ClassVar[int] = 3
    cause: ClassVar[str]

    @abstractmethod
    def signs(self, case: Case) -> list[Sign]:
        """Return the strength of the evidence at each look; [] if the run does not have what it needs."""

    @abstractmethod
    def sentence(self, case: Case, episode: Episode) -> str:
        """Return one sentence that a beginner understands."""

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        """Return the newest numbers of the episode, by name."""
        return {}

    def remedies(self, case: Case) -> list[Remedy]:
        return []

    def episodes(self, case: Case) -> list[Episode]:
        return episodes(self.signs(case), self.looks)

    def findings(self, case: Case) -> list[Finding]:
        """Return a finding for each episode, oldest first."""
        return [
            Finding(
                self.name,
                self.title,
                self.severity,
                episode.onset,
                episode.confirmed,
                episode.end,
                self.sentence(case, episode),
                self.evidence(case, episode),
                self.cause,
                tuple(self.remedies(case)) if episode.end is None else (),
            )
            for episode in self.episodes(case)
        ]


def grid_numbers(case: Case, episode: Episode, *names: str) -> dict[str, float]:
    """Return symptoms of the last grid of an episode."""
    return last_numbers(case.grids, episode, *names)


def translation_numbers(case: Case, episode: Episode, *names: str) -> dict[str, float]:
    """Return symptoms of the last grid of an episode of a translator."""
    return last_numbers(case.translations, episode, *names)


def last_numbers(rows: list[dict[str, float]], episode: Episode, *names: str) -> dict[str, float]:
    end = float("inf") if episode.end is None else episode.end
    own = [row for row in rows if episode.onset <= row["kimg"] < end]
    return {name: round(own[-1][name], 4) for name in names if own and name in own[-1]}
