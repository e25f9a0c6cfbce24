"""Getting worse: the images were better before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity
from mien.reports.doctor.remedies import Remedy, slower, slower_discriminator
from mien.reports.doctor.series import Episode, Sign, latest, smoothed
from mien.runtime.typed_json import is_number

ROWS = 6  # so many evaluations decide, rather than the distance of 64 images
STEPS = 1000  # of G


@dataclass(frozen=True)
class Course:
    """A number that should fall. rows: (kimg, value). worse: times its best value. bad: less is good in any case."""

    name: str
    rows: list[tuple[float, float]]
    worse: float
    bad: float = 0.0

    def best(self, kimg: float) -> tuple[float, float]:
        """Return (value, kimg) of the best row until this kimg."""
        return min((value, at) for at, value in self.rows if at <= kimg)


class GettingWorse(Diagnosis):
    """The metric is 30 % worse than its best. With fewer than six evaluations: the distance is twice its smallest."""

    name, title = "getting-worse", "the images get worse"
    severity: ClassVar[Severity] = "watch"
    looks: ClassVar[int] = 4
    cause = "The rates are too high for this stage of the training, or D has memorized the images."

    def signs(self, case: Case) -> list[Sign]:
        course, found = course_of(case), []
        best = float("inf")
        for kimg, value in course.rows:
            best = min(best, value)
            strength = value / max(course.worse * best, 1e-9)
            found.append(Sign(kimg, min(strength, value / course.bad) if course.bad else strength))
        return found

    def sentence(self, case: Case, episode: Episode) -> str:
        return f"they were best at {course_of(case).best(episode.confirmed)[1]:g} kimg"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        course = course_of(case)
        now = latest(course.rows, case.images / 1000 if episode.end is None else episode.end)
        best = {f"best {course.name}": round(course.best(episode.confirmed)[0], 4)}
        return best if now is None else {**best, "now": round(now, 4)}

    def remedies(self, case: Case) -> list[Remedy]:
        return [*slower(case), *slower_discriminator(case)]


def course_of(case: Case) -> Course:
    """Return the run's first metric, if it has enough rows and should fall, else the distance of the grids."""
    first = next((row.get("metric") for row in case.metrics), None)
    rows = [row for row in case.metrics if row.get("metric") == first and is_number(row.get("value"))]
    if len(rows) >= ROWS and all(row.get("better") != "higher" for row in rows):
        return Course(str(first), [(float(row["kimg"]), float(row["value"])) for row in rows], worse=1.3)
    late = [(kimg, value) for kimg, value in case.grid("distance") if case.steps(kimg) >= STEPS]
    values = smoothed([value for _, value in late])
    return Course("distance", [(kimg, one) for (kimg, _), one in zip(late, values, strict=True)], worse=2.0, bad=0.3)
