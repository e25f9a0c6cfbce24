"""Stalled: the metric has not improved for a large part of the training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mien.reports.doctor.case import Case
from mien.reports.doctor.diagnosis import Diagnosis, Severity
from mien.reports.doctor.remedies import Remedy, slower
from mien.reports.doctor.series import Episode, Sign
from mien.runtime.typed_json import is_number

ROWS = 6  # evaluations without a gain
SHARE = 0.4  # of the training without a gain
GAIN = 0.01  # a smaller change of a metric is noise


@dataclass(frozen=True)
class Gain:
    """The last gain of a metric. metric: its name. best: its best value, at `kimg`. since: later evaluations."""

    metric: str
    best: float
    kimg: float
    since: int
    last_kimg: float


class Stalled(Diagnosis):
    """The first metric of the run gained less than 1 % in the last 40 % of the training, in six evaluations or more.

    Without metrics mien does not judge this: 64 sample images are too few to measure small gains.
    """

    name, title = "stalled", "no more gain"
    severity: ClassVar[Severity] = "note"
    cause = "The networks have learned what they can with this rate and this data, or the game circles."

    def signs(self, case: Case) -> list[Sign]:
        gain = last_gain(case)
        if gain is None or gain.last_kimg <= 0:
            return []
        share = (gain.last_kimg - gain.kimg) / gain.last_kimg
        return [Sign(gain.kimg, min(share / SHARE, gain.since / ROWS))]

    def episodes(self, case: Case) -> list[Episode]:
        """The rows since the last gain are the looks."""
        gain, signs = last_gain(case), self.signs(case)
        if gain is None or not signs or signs[0].strength < 1:
            return []
        return [Episode(gain.kimg, gain.last_kimg, None, signs[0].strength)]

    def sentence(self, case: Case, episode: Episode) -> str:
        gain = last_gain(case)
        assert gain is not None  # of an episode
        left = case.budget_images / 1000 - case.images / 1000
        rest = f"; {left:,.0f} kimg of the budget are left" if left >= 1 else ""
        return f"{gain.metric} was best at {gain.kimg:g} kimg and has not improved since{rest}"

    def evidence(self, case: Case, episode: Episode) -> dict[str, float]:
        gain = last_gain(case)
        return {f"best {gain.metric}": round(gain.best, 4), "evaluations since": gain.since} if gain else {}

    def remedies(self, case: Case) -> list[Remedy]:
        return slower(case)


def last_gain(case: Case) -> Gain | None:
    """Return the last gain of the run's first metric, or None without values."""
    first = next((row.get("metric") for row in case.metrics), None)
    rows = [row for row in case.metrics if row.get("metric") == first and is_number(row.get("value"))]
    best: Gain | None = None
    for number, row in enumerate(rows):
        value, kimg, lower = float(row["value"]), float(row["kimg"]), row.get("better") != "higher"
        gained = best is None or (best.best - value if lower else value - best.best) > GAIN * abs(best.best)
        if gained:
            best = Gain(str(first), value, kimg, len(rows) - 1 - number, float(rows[-1]["kimg"]))
    return best
