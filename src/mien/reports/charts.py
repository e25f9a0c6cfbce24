"""Curves as inline SVG: the plot stretches with the page, the labels around it are text and do not."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

WIDTH, HEIGHT = 1000.0, 400.0  # of a plot, in its own units; the page gives it its size
MOST_POINTS = 400  # drawn of one series
SMOOTH_FROM = 40  # points: fewer are drawn as they are
DOTS_UP_TO = 24  # points: more run into one another
OUTLIER = 4.0  # times the span of the middle 96 %: beyond it a peak is cut off, and the chart says so


@dataclass(frozen=True)
class Series:
    """One curve. colour: 0 to 9, of the style sheet. dashed: a variant of the curve before it."""

    name: str
    points: Sequence[Point]
    colour: int
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, labelled at `ticks`. logarithmic: equal ratios are equal lengths. names: of the values
    1, 2, 3 …, where they are no amounts."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False
    unit: str = ""
    names: tuple[str, ...] = ()

    def share(self, value: float) -> float:
        """0 at `low`, 1 at `high`."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def label(self, tick: float) -> str:
        return self.names[round(tick) - 1] if self.names else number_text(tick)


def chart(
    title: str,
    series: Sequence[Series],
    *,
    note: str = "",
    bounds: tuple[float, float] | None = None,
    marks: Sequence[float] = (),
    end: float | None = None,
    unit: str = "kimg",
) -> str:
    """A <figure>, or "" without points. bounds: of the vertical axis, from the data if left out. marks: where the run
    was resumed. end: where the horizontal axis ends, so that charts under one another agree. unit: of that axis."""
    series = [one for one in series if one.points]
    if not series:
        return ""
    across = time_axis(max([*(x for one in series for x, _ in one.points), end or 0.0]), unit)
    up, cut = value_axis([y for one in series for _, y in one.points], bounds)
    note = " ".join(part for part in (note, peaks(cut)) if part)
    return drawn(title, series, across, up, legend(series), note, marks)


def drawn(
    title: str,
    series: Sequence[Series],
    across: Axis,
    up: Axis,
    key: str,
    note: str = "",
    marks: Sequence[float] = (),
    smooth: bool = True,
) -> str:
    """The <figure> on given axes. key: the legend. smooth: a running mean over many points."""
    lines = [rule(across, x, "mark") for x in marks if 0 < x < across.high]
    lines += [level(up, y) for y in up.ticks]
    curves = [curve(one, across, up, smooth) for one in series]
    scale = ' data-scale="log"' if up.logarithmic else ""
    names = f' data-names="{escape(json.dumps(across.names), quote=True)}"' if across.names else ""
    return (
        '<figure class="chart">\n'
        f"<figcaption><h3>{escape(title)}</h3>{key}</figcaption>\n"
        f'<div class="plot" data-x="{across.low:g} {across.high:g}" data-y="{up.low:g} {up.high:g}"{scale} '
        f'data-unit="{escape(across.unit, quote=True)}"{names}>\n'
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(spoken(title, series))}">\n' + "\n".join([*lines, *curves]) + "\n</svg>\n"
        f"{labels(across, up)}</div>\n" + (f'<p class="note">{escape(note)}</p>\n' if note else "") + "</figure>\n"
    )


# --- axes ---------------------------------------------------------------------------------------------------------


def round_step(span: float, about: int) -> float:
    """1, 2, 2.5 or 5 times a power of ten, so that about so many fit into `span`."""
    power = 10.0 ** math.floor(math.log10(span / about))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= span / about * 0.999)


def ticks_between(low: float, high: float, step: float) -> tuple[float, ...]:
    """The multiples of `step` from `low` to `high`, both included if they fit."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def time_axis(end: float, unit: str) -> Axis:
    """From 0 to the last point, not to a round number: the plot's right edge is the run's end."""
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
    """Ends at round numbers around the values, at 0 where that is near; -> the axis and the values left outside."""
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
    """The range to show: all of it, unless a few peaks would flatten everything else."""
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


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points: the lowest and the highest of each stretch, so that no peak is lost."""
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


def curve(series: Series, across: Axis, up: Axis, smooth: bool = True) -> str:
    many = smooth and len(series.points) >= SMOOTH_FROM
    name = escape(series.name, quote=True)
    look = f"c{series.colour}" + (" dashed" if series.dashed else "")
    raw = thinned(series.points)
    parts = [
        f'<polyline class="{look}{" raw" if many else ""}" data-name="{name}" points="{placed(raw, across, up)}"/>'
    ]
    if many:
        # A peak that is cut off counts as the edge: it would lift its whole neighbourhood out of sight.
        inside = [(x, min(max(y, up.low), up.high)) for x, y in series.points]
        parts.append(f'<polyline class="{look}" points="{placed(thinned(smoothed(inside)), across, up)}"/>')
    elif len(raw) <= DOTS_UP_TO:
        dots = " ".join("M" + place.replace(",", " ") + "h0" for place in placed(raw, across, up).split())
        parts.append(f'<path class="c{series.colour} dots" d="{dots}"/>')
    return "\n".join(parts)


def placed(points: Sequence[Point], across: Axis, up: Axis) -> str:
    """ "x,y x,y" in the plot's units; y counts downwards."""
    return " ".join(f"{WIDTH * across.share(x):.2f},{HEIGHT * (1 - up.share(y)):.2f}" for x, y in points)


def rule(across: Axis, x: float, look: str) -> str:
    at = f"{WIDTH * across.share(x):.2f}"
    return f'<line class="{look}" x1="{at}" x2="{at}" y1="0" y2="{HEIGHT:g}"/>'


def level(up: Axis, y: float) -> str:
    at = f"{HEIGHT * (1 - up.share(y)):.2f}"
    return f'<line class="grid" x1="0" x2="{WIDTH:g}" y1="{at}" y2="{at}"/>'


# --- words around -------------------------------------------------------------------------------------------------


def labels(across: Axis, up: Axis) -> str:
    left = "".join(f'<span style="top:{100 * (1 - up.share(y)):.2f}%">{up.label(y)}</span>' for y in up.ticks)
    below = "".join(
        f'<span style="left:{100 * across.share(x):.2f}%">{escape(across.label(x))}</span>' for x in across.ticks
    )
    return (
        f'<div class="up" aria-hidden="true">{left}</div>'
        f'<div class="across" aria-hidden="true" data-unit="{escape(across.unit, quote=True)}">{below}</div>'
    )


def legend(series: Sequence[Series], last: bool = True) -> str:
    """Each curve's colour, name and, unless told otherwise, last value."""
    items = (
        f'<li><i class="c{one.colour}{" dashed" if one.dashed else ""}"></i>{escape(one.name)}'
        f"{f' <b>{number_text(one.points[-1][1])}</b>' if last else ''}</li>"
        for one in series
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def spoken(title: str, series: Sequence[Series]) -> str:
    ends = (f"{one.name} from {number_text(one.points[0][1])} to {number_text(one.points[-1][1])}" for one in series)
    return f"{title}: {'; '.join(ends)}"


def peaks(cut: list[float]) -> str:
    if not cut:
        return ""
    farthest = max(cut, key=abs)
    many = "1 value lies" if len(cut) == 1 else f"{len(cut)} values lie"
    return f"{many} beyond the axis (the farthest: {number_text(farthest)})."
