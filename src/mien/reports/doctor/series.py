"""Series of numbers over kimg: smoothing, and the episodes in which a sign persists."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import median

LEAVE = 0.7  # a sign must fall to this share of its threshold before an episode ends


@dataclass(frozen=True)
class Sign:
    """One look at a training. strength: the evidence as a multiple of its threshold; 1 or more speaks for it."""

    kimg: float
    strength: float


@dataclass(frozen=True)
class Episode:
    """A time in which a sign persisted.

    onset: kimg of its first look. confirmed: kimg of the look that made it certain. end: kimg, None while it lasts.
    peak: the largest strength.
    """

    onset: float
    confirmed: float
    end: float | None
    peak: float


def episodes(signs: Sequence[Sign], looks: int) -> list[Episode]:
    """Return the episodes of a sign, oldest first.

    An episode needs `looks` strong looks in a row. It ends after as many weak looks in a row, of strength below LEAVE.
    Looks between the two thresholds begin nothing and end nothing.
    """
    found: list[Episode] = []
    current: Episode | None = None
    strong: list[Sign] = []
    weak: list[Sign] = []
    for sign in signs:
        strong = [*strong, sign] if sign.strength >= 1 else []
        weak = [*weak, sign] if sign.strength < LEAVE else []
        if current is None and len(strong) >= looks:
            peak = max(one.strength for one in strong)
            current = Episode(strong[0].kimg, sign.kimg, None, peak)
        elif current is not None and len(weak) >= looks:
            found.append(Episode(current.onset, current.confirmed, weak[0].kimg, current.peak))
            current = None
        elif current is not None:
            current = Episode(current.onset, current.confirmed, None, max(current.peak, sign.strength))
    return [*found, current] if current else found


def smoothed(values: Sequence[float], width: int = 3) -> list[float]:
    """Return the median of each value and the width - 1 values before it. One odd value changes nothing."""
    return [median(values[max(0, index + 1 - width) : index + 1]) for index in range(len(values))]


def latest(rows: Sequence[tuple[float, float]], kimg: float) -> float | None:
    """Return the value of the last (kimg, value) at or before `kimg`; None if there is none. Sorted by kimg."""
    index = bisect_right(rows, kimg, key=itemgetter(0))
    return rows[index - 1][1] if index else None
