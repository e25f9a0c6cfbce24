"""The gradient norms as a picture of its own, for a report on paper: layers across, mean norm upwards on a logarithmic
axis, one line a run (Gulrajani et al. 2017, figure 1b)."""

from __future__ import annotations

from collections.abc import Sequence

from mien.reports.charts import Series, number_text
from mien.reports.comparison.canvas import Canvas
from mien.reports.gradients import Norms, layer_axis, layer_points, norm_axis

WIDTH, TOP, BOTTOM = 960, 56, 470  # of the plot, in units; the legend comes below it
LEFT, RIGHT = 92, 928
LINE = 26  # units from one line of the legend to the next
INK, SOFT, GRID = "#1b1c20", "#5c606b", "#e4e4df"
COLOURS = (
    "#2f5fe0", "#d9541e", "#0c8577", "#8b47c7", "#a3700a", "#b82e6d", "#5b7a12", "#1583a8", "#6b6f7a", "#7a3b1d",
)  # fmt: skip


def height_of(lines: int) -> int:
    return BOTTOM + 76 + LINE * lines


def draw(pen: Canvas, lines: Sequence[tuple[str, Norms]]) -> bytes:
    """lines: (run, its norms), at least one above 0 in each. -> the picture file."""
    series = [Series(name, layer_points(norms), index % len(COLOURS)) for index, (name, norms) in enumerate(lines)]
    across, up = layer_axis([norms for _, norms in lines]), norm_axis(series)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * across.share(point[0]), BOTTOM - (BOTTOM - TOP) * up.share(point[1])

    pen.text((LEFT, TOP / 2), "Mean gradient norm of each discriminator layer", 19, "start", INK)
    for tick in up.ticks:
        y = place((across.low, tick))[1]
        pen.line([(LEFT, y), (RIGHT, y)], GRID, 1)
        pen.text((LEFT - 10, y), number_text(tick), 14, "end", SOFT)
    for tick in across.ticks:
        x = place((tick, up.low))[0]
        pen.line([(x, BOTTOM), (x, BOTTOM + 5)], SOFT, 1)
        pen.text((x, BOTTOM + 18), across.label(tick), 14, "middle", SOFT)
    pen.line([(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], SOFT, 1)
    pen.text(((LEFT + RIGHT) / 2, BOTTOM + 42), "discriminator layer, from the picture to the score", 14, "middle", INK)
    pen.text((18, (TOP + BOTTOM) / 2), "mean norm of the gradient (logarithmic)", 14, "middle", INK, turned=True)
    for index, one in enumerate(series):
        colour, places = COLOURS[one.colour], [place(point) for point in one.points]
        pen.line(places, colour, 2.5)
        for spot in places:
            pen.dot(spot, colour, 4)
        y = BOTTOM + 76 + LINE * index
        pen.line([(LEFT, y), (LEFT + 30, y)], colour, 2.5)
        pen.dot((LEFT + 15, y), colour, 4)
        pen.text((LEFT + 42, y), one.name, 15, "start", INK)
    return pen.file()
