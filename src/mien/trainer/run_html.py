"""A run as a notebook shows it: state, newest sample grid, curves; small, for it stays in the saved notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from mien.config.budget import duration
from mien.errors import MienError
from mien.media.html_images import image_tag
from mien.reports.charts import Axis, Point, thinned, time_axis, value_axis
from mien.runs.directory import RunDirectory

FONT = "font:13px/1.5 system-ui,sans-serif"
WIDTH, HEIGHT, LEFT, BELOW = 330, 150, 46, 20  # pixels of a chart's plot, and of the room for its numbers
MOST_POINTS = 120  # of a curve
COLOURS = ("#2f6fe0", "#d9541e")
LOSSES = (("D loss", "discriminator/loss"), ("G loss", "generator/loss"))


def run_html(run: RunDirectory, state: str | None = None) -> str:
    """state: in place of the run's own. Parts whose files are not there yet are left out."""
    grids = run.sample_grids()
    image = thumbnail(grids[-1][1], grids[-1][0]) if grids else ""
    row = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
    body = f'<div style="{row}">{image}<div>{charts(run)}</div></div>'
    return f'<div style="{FONT}"><div>{headline(run, state)}</div>{body}</div>'


def headline(run: RunDirectory, state: str | None = None) -> str:
    parts = [f"<b>{escape(run.path.resolve().name)}</b>"]
    try:
        status, best = run.read_status(), run.read_best()
        parts.append(f"{escape(state or status['state'])} at {status['images'] / 1000:.1f} kimg")
        parts.append(f"{duration(status['seconds'])} of training")
        if best is not None:
            parts.append(f"best {escape(str(best.get('metric')))} {best['value']:.4g}")
    except MienError:  # the training has not written them yet
        parts += [escape(state)] if state else []
    return " · ".join(parts)


def thumbnail(path: Path, kimg: float) -> str:
    try:
        with Image.open(path) as image:
            return image_tag(image, f"sample grid at {kimg:g} kimg", longest=400)
    except OSError:
        return ""


def charts(run: RunDirectory) -> str:
    """The losses, and the metric that decides which generator is the best."""
    stats, metrics = run.stats.read(), run.metrics.read()
    found = [chart([(name, points(stats, key)) for name, key in LOSSES])]
    first = metrics[0].get("metric") if metrics else None
    if first:
        found.append(chart([(str(first), points([row for row in metrics if row.get("metric") == first], "value"))]))
    return "<br>".join(filter(None, found))


def points(rows: Sequence[dict[str, Any]], key: str) -> list[Point]:
    """(kimg, value) of the rows that have both."""
    return [
        (float(row["images"]) / 1000, float(row[key]))
        for row in rows
        if isinstance(row.get(key), int | float) and isinstance(row.get("images"), int | float)
    ]


def chart(curves: Sequence[tuple[str, list[Point]]]) -> str:
    """An inline <svg> that needs no style sheet; "" for fewer than two points."""
    curves = [(name, thinned(found, MOST_POINTS)) for name, found in curves if len(found) > 1]
    if not curves:
        return ""
    across = time_axis(max(x for _, found in curves for x, _ in found), "kimg")
    up, _ = value_axis([y for _, found in curves for _, y in found])
    parts = [*(level(up, tick) for tick in up.ticks), *(column(across, tick) for tick in across.ticks)]
    for number, (name, found) in enumerate(curves):
        places = " ".join(f"{x_of(across, x):.1f},{y_of(up, y):.1f}" for x, y in found)
        colour, left = COLOURS[number % len(COLOURS)], LEFT + 8 + 150 * number
        parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(text(left, 12, f"{name} {found[-1][1]:.4g}", "start", colour))
    size = f'width="{LEFT + WIDTH + 12}" height="{HEIGHT + BELOW + 18}"'
    return f'<svg {size} role="img" style="{FONT};max-width:100%">{"".join(parts)}</svg>'


def x_of(across: Axis, x: float) -> float:
    return LEFT + WIDTH * across.fraction(x)


def y_of(up: Axis, y: float) -> float:
    """A value beyond the axis, which leaves out single peaks, is drawn at its end."""
    return 18 + HEIGHT * (1 - min(max(up.fraction(y), 0.0), 1.0))


def level(up: Axis, tick: float) -> str:
    y = y_of(up, tick)
    line = f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" opacity="0.15"/>'
    return line + text(LEFT - 6, y + 4, up.label(tick), "end")


def column(across: Axis, tick: float) -> str:
    unit = " kimg" if tick == across.ticks[-1] else ""
    return text(x_of(across, tick), HEIGHT + BELOW + 12, across.label(tick) + unit, "end" if unit else "middle")


def text(x: float, y: float, words: str, anchor: str, colour: str = "currentColor") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}" font-size="11"'
    return f"<text {place}>{escape(words)}</text>"
