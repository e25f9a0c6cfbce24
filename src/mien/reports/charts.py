"""Charts as data: curves in a plot's own units, axes and their labels, ready for the templates chart.html and
gradients.svg. A page stretches the plot to its width; labels and legend are text and keep their size."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

WIDTH, HEIGHT = 1000, 400  # of a plot, in its own units
MAX_POINTS = 400  # of one polyline
SMOOTH_FROM = 40  # points; a shorter series is shown as it is
DOTS_UP_TO = 24  # points; more dots would touch each other
OUTLIER = 4.0  # a peak farther away than this many times the span of the middle 96 % is cut off, and the chart says so


@dataclass(frozen=True)
class Series:
    """One curve. colour: 0 to 9, a class of style.css. dashed: a variant of the curve before it."""

    name: str
    points: Sequence[Point]
    colour: int
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, with labels at `ticks`. logarithmic: equal ratios have equal lengths. names: labels of the
    values 1, 2, 3 …, in place of numbers."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False
    unit: str = ""
    names: tuple[str, ...] = ()

    def fraction(self, value: float) -> float:
        """0 at `low`, 1 at `high`."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def label(self, tick: float) -> str:
        return self.names[round(tick) - 1] if self.names else number_text(tick)


@dataclass(frozen=True)
class Curve:
    """A polyline in the plot's units. name: "" for a running mean, whose values nobody reads off. look: further classes
    of style.css. dots: the path of a dot for each point, "" if there are too many."""

    name: str
    colour: int
    look: str
    points: str
    dots: str = ""


@dataclass(frozen=True)
class Chart:
    """Series on two axes. marks: places on the x axis with an upright line. smooth: long series get a running mean.
    show_last: the legend gives each series' last value."""

    title: str
    series: tuple[Series, ...]
    x: Axis
    y: Axis
    note: str = ""
    marks: tuple[float, ...] = ()
    smooth: bool = True
    show_last: bool = True

    @property
    def curves(self) -> list[Curve]:
        return [curve for one in self.series for curve in curves_of(one, self.x, self.y, self.smooth)]

    def across(self, value: float) -> float:
        """In the plot's units, from the left."""
        return WIDTH * self.x.fraction(value)

    def down(self, value: float) -> float:
        """In the plot's units, from the top."""
        return HEIGHT * (1 - self.y.fraction(value))

    @property
    def marks_inside(self) -> list[float]:
        return [mark for mark in self.marks if self.x.low < mark < self.x.high]

    @property
    def x_names(self) -> str:
        """As JSON, for the script that reads values under the pointer."""
        return json.dumps(self.x.names) if self.x.names else ""

    @property
    def spoken(self) -> str:
        """One sentence for screen readers."""
        ends = (
            f"{one.name} from {number_text(one.points[0][1])} to {number_text(one.points[-1][1])}"
            for one in self.series
        )
        return f"{self.title}: {'; '.join(ends)}"


def chart(
    title: str,
    series: Sequence[Series],
    *,
    note: str = "",
    bounds: tuple[float, float] | None = None,
    marks: Sequence[float] = (),
    end: float | None = None,
    unit: str = "kimg",
    smooth: bool = True,
) -> Chart | None:
    """A chart over kimg or time; None if no series has a point. bounds: of the y axis, else taken from the data.
    marks: where the run was resumed. end: where the x axis ends, so that charts below each other agree."""
    series = tuple(one for one in series if one.points)
    if not series:
        return None
    x = time_axis(max([*(x for one in series for x, _ in one.points), end or 0.0]), unit)
    y, cut = value_axis([y for one in series for _, y in one.points], bounds)
    note = " ".join(filter(None, [note, cut_text(cut)]))
    return Chart(title, series, x, y, note, tuple(marks), smooth)


# --- axes ---------------------------------------------------------------------------------------------------------


def round_step(span: float, about: int) -> float:
    """1, 2, 2.5 or 5 times a power of ten, so that about `about` steps fit into `span`."""
    power = 10.0 ** math.floor(math.log10(span / about))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= span / about * 0.999)


def ticks_between(low: float, high: float, step: float) -> tuple[float, ...]:
    """The multiples of `step` from `low` to `high`, both included if they fit."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def time_axis(end: float, unit: str) -> Axis:
    """From 0 to the last point. It does not end at a round number, so the plot's right edge is the end of the run."""
    end = end if end > 0 else 1.0
    return Axis(0.0, end, ticks_between(0.0, end, round_step(end, 5)), unit=unit)


def decades(values: list[float]) -> Axis:
    """A logarithmic axis between powers of ten around the values, all above 0."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    step = math.ceil((high - low) / 8)
    between = (1, 2, 5) if high - low <= 2 else (1,)
    ticks = (digit * 10.0**power for power in range(low, high + 1, step) for digit in between)
    return Axis(10.0**low, 10.0**high, tuple(tick for tick in ticks if tick <= 10.0**high), logarithmic=True)


def value_axis(values: list[float], bounds: tuple[float, float] | None = None) -> tuple[Axis, list[float]]:
    """An axis with round ends around the values, or 0 if that is near; and the values that lie outside of it."""
    if bounds:
        return Axis(*bounds, ticks_between(*bounds, round_step(bounds[1] - bounds[0], 4))), []
    low, high = inner(values)
    cut = [value for value in values if not low <= value <= high]
    level = high - low <= 1e-9 * max(abs(low), abs(high))
    if low > 0 and (level or low < high - low):
        low = 0.0
    if high < 0 and (level or high > low - high):
        high = 0.0
    if low == high:
        high = low + 1.0
    step = round_step(high - low, 5)
    bottom, top = math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step
    return Axis(bottom, top, ticks_between(bottom, top, step)), cut


def inner(values: list[float]) -> tuple[float, float]:
    """The range to show: all values, unless a few peaks would flatten everything else."""
    low, high = min(values), max(values)
    if len(values) < 20:
        return low, high
    ordered = sorted(values)
    trim = max(1, len(ordered) // 50)
    near_low, near_high = ordered[trim], ordered[-1 - trim]
    span = near_high - near_low
    if span <= 0:
        return low, high
    return (
        near_low - span if near_low - low > OUTLIER * span else low,
        near_high + span if high - near_high > OUTLIER * span else high,
    )


def number_text(value: float) -> str:
    """1500 -> "1,500"; 0.25 -> "0.25"; 0 -> "0"."""
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+")
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


# --- curves -------------------------------------------------------------------------------------------------------


def thinned(points: Sequence[Point], most: int = MAX_POINTS) -> list[Point]:
    """At most `most` points: the lowest and the highest value of each stretch, so that no peak is lost."""
    if len(points) <= most:
        return list(points)
    kept: list[Point] = []
    stretches = most // 2
    for index in range(stretches):
        stretch = points[index * len(points) // stretches : (index + 1) * len(points) // stretches]
        extremes = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(extremes)
    return kept


def smoothed(points: Sequence[Point]) -> list[Point]:
    """The mean over a window of about a twentieth of the run, narrower at the ends."""
    reach = max(2, len(points) // 40)
    sums = [0.0]
    for _, y in points:
        sums.append(sums[-1] + y)
    means = []
    for index, (x, _) in enumerate(points):
        near = max(reach // 3, min(reach, index, len(points) - 1 - index))
        first, end = max(0, index - near), min(len(points), index + near + 1)
        means.append((x, (sums[end] - sums[first]) / (end - first)))
    return means


def curves_of(series: Series, x: Axis, y: Axis, smooth: bool = True) -> list[Curve]:
    """One curve with dots if it is short; the raw values and their running mean if it is long."""
    look = " dashed" if series.dashed else ""
    raw = in_plot(thinned(series.points), x, y)
    if smooth and len(series.points) >= SMOOTH_FROM:
        # A peak that is cut off counts as the edge: it would lift the mean of its whole neighbourhood out of sight.
        inside = [(place, min(max(value, y.low), y.high)) for place, value in series.points]
        mean = in_plot(thinned(smoothed(inside)), x, y)
        return [Curve(series.name, series.colour, f"{look} raw", raw), Curve("", series.colour, look, mean)]
    few = len(series.points) <= DOTS_UP_TO
    dots = " ".join("M" + place.replace(",", " ") + "h0" for place in raw.split()) if few else ""
    return [Curve(series.name, series.colour, look, raw, dots)]


def in_plot(points: Sequence[Point], x: Axis, y: Axis) -> str:
    """ "x,y x,y" in the plot's units; y counts downwards."""
    return " ".join(
        f"{WIDTH * x.fraction(place):.2f},{HEIGHT * (1 - y.fraction(value)):.2f}" for place, value in points
    )


def cut_text(cut: list[float]) -> str:
    """ "2 values lie beyond the axis (the farthest: 90)." """
    if not cut:
        return ""
    count = "1 value lies" if len(cut) == 1 else f"{len(cut)} values lie"
    return f"{count} beyond the axis (the farthest: {number_text(max(cut, key=abs))})."
