"""Gradient norms: how much of the objective's gradient reaches each layer of the discriminator.

Under weight clipping the norms grow or vanish by a factor per layer; under a gradient penalty they keep one size
(Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", figure 1b).
"""

from __future__ import annotations

from collections.abc import Sequence

from mien.reports.charts import Axis, Chart, Point, Series, decades
from mien.reports.run_data import Row
from mien.runtime.typed_json import is_number

PREFIX = "discriminator/gradient/"
SUFFIXES = (".parametrizations.weight.original", ".weight")
MAX_NAMES = 72  # characters that fit below a plot
THIRD = 1 / 3

Norms = dict[str, float]
"""Layer -> mean norm, from the layer that sees the image to the layer that gives the score."""


def mean_norms(stats: list[Row], first: float = 0.0, last: float = 1.0) -> Norms:
    """The mean norm of each layer over the part of the training from `first` to `last` (0 to 1); {} without norms.

    A row holds the mean since the row before it, so it is weighted by the images between the two.
    """
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    rows = [row for row in stats if any(key.startswith(PREFIX) for key in row)]
    end = rows[-1]["kimg"] if rows else 0.0
    before = 0.0
    for row in rows:
        weight, before = max(row["kimg"] - before, 0.0), row["kimg"]
        if not first * end < row["kimg"] <= last * end:
            continue
        for key, value in row.items():
            if key.startswith(PREFIX) and is_number(value):
                sums[key] = sums.get(key, 0.0) + weight * value
                weights[key] = weights.get(key, 0.0) + weight
    layers = [key for key in sums if weights[key] > 0]
    return {name: sums[key] / weights[key] for key, name in zip(layers, layer_names(layers), strict=True)}


def layer_names(keys: list[str]) -> list[str]:
    """ "discriminator/gradient/D.layers.0.weight" -> "layers.0". The network is named if there are several."""
    names = [key.removeprefix(PREFIX) for key in keys]
    for suffix in SUFFIXES:
        names = [name.removesuffix(suffix) for name in names]
    networks = {name.partition(".")[0] for name in names}
    return [name.partition(".")[2] or name for name in names] if len(networks) == 1 else names


def layer_axis(lines: Sequence[Norms]) -> Axis:
    """From 1 to the number of layers, labelled by names if all lines have the same names and these fit."""
    most = max(lines, key=len)
    count, names = len(most), tuple(most)
    common = all(tuple(line) == names for line in lines)
    fits = common and sum(map(len, names)) + 2 * count <= MAX_NAMES
    step = 1 if fits or count <= 20 else round(count / 10)
    ticks = tuple(float(index) for index in range(1, count + 1, step))
    return Axis(0.7, count + 0.3, ticks, unit="" if fits else "layer of D", names=names if fits else ())


def layer_points(norms: Norms) -> list[Point]:
    """(1, norm of the first layer), … without norms of 0, which a logarithmic axis cannot show."""
    return [(float(index), norm) for index, norm in enumerate(norms.values(), 1) if norm > 0]


def gradient_chart(title: str, lines: Sequence[tuple[str, Norms, int, bool]], note: str = "") -> Chart | None:
    """A chart of lines (name, norms, colour, dashed); None if no line has a norm above 0."""
    lines = [line for line in lines if layer_points(line[1])]
    if not lines:
        return None
    note = " ".join(filter(None, ["Left: the layer that sees the image. Right: the layer that gives the score.", note]))
    series = tuple(Series(name, layer_points(norms), colour, dashed) for name, norms, colour, dashed in lines)
    x = layer_axis([norms for _, norms, _, _ in lines])
    y = decades([norm for one in series for _, norm in one.points])
    return Chart(title, series, x, y, note, smooth=False, show_last=False)


def gradients_of_one(stats: list[Row]) -> Chart | None:
    """The chart of one run: its entire training, the first third and the last third."""
    whole, early, late = mean_norms(stats), mean_norms(stats, 0, THIRD), mean_norms(stats, 1 - THIRD, 1)
    lines = [("the entire training", whole, 0, False), ("first third", early, 4, True), ("last third", late, 1, True)]
    return gradient_chart("Mean gradient norm of each discriminator layer", lines)
