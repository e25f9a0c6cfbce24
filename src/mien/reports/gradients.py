"""Gradient norms: how much of the objective's gradient reaches each layer of the discriminator.

Under weight clipping the norms grow or vanish by a factor a layer, under a gradient penalty they stay of one size
(Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", figure 1b).
"""

from __future__ import annotations

from collections.abc import Sequence

from mien.reports.charts import Axis, Point, Series, decades, drawn, legend
from mien.reports.run_data import Row, is_number

PREFIX = "discriminator/gradient/"
SUFFIXES = (".parametrizations.weight.original", ".weight")
MOST_NAMES = 72  # characters that fit below a plot
THIRD = 1 / 3

Norms = dict[str, float]
"""Layer -> mean norm, from the layer that sees the picture to the one that gives the score."""


def mean_norms(stats: list[Row], first: float = 0.0, last: float = 1.0) -> Norms:
    """Over the part of the training from `first` to `last` (0 to 1). Each row is the mean since the one before, so it
    counts for as many images as it stands for. {} for a run without such numbers."""
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
    """ "discriminator/gradient/D.layers.0.weight" -> "layers.0"; the network is named where there are several."""
    names = [key.removeprefix(PREFIX) for key in keys]
    for suffix in SUFFIXES:
        names = [name.removesuffix(suffix) for name in names]
    networks = {name.partition(".")[0] for name in names}
    return [name.partition(".")[2] or name for name in names] if len(networks) == 1 else names


def layer_axis(lines: Sequence[Norms]) -> Axis:
    """1 to the number of layers; their names, where all lines have the same and there is room for them."""
    most = max(lines, key=len)
    count, names = len(most), tuple(most)
    common = all(tuple(line) == names for line in lines)
    fits = common and sum(map(len, names)) + 2 * count <= MOST_NAMES
    step = 1 if fits or count <= 20 else round(count / 10)
    ticks = tuple(float(index) for index in range(1, count + 1, step))
    return Axis(0.7, count + 0.3, ticks, unit="" if fits else "layer of D", names=names if fits else ())


def layer_points(norms: Norms) -> list[Point]:
    """(1, norm of the first layer) …; a norm of 0 has no place on a logarithmic axis."""
    return [(float(index), norm) for index, norm in enumerate(norms.values(), 1) if norm > 0]


def gradient_chart(title: str, lines: Sequence[tuple[str, Norms, int, bool]], note: str = "") -> str:
    """A <figure> of lines (name, norms, colour, dashed), or "" without numbers."""
    lines = [line for line in lines if layer_points(line[1])]
    if not lines:
        return ""
    note = " ".join(filter(None, ["Left: the layer that sees the picture. Right: the one that gives the score.", note]))
    series = [Series(name, layer_points(norms), colour, dashed) for name, norms, colour, dashed in lines]
    across, up = layer_axis([norms for _, norms, _, _ in lines]), norm_axis(series)
    return drawn(title, series, across, up, legend(series, last=False), note, smooth=False)


def norm_axis(series: Sequence[Series]) -> Axis:
    return decades([norm for one in series for _, norm in one.points])


def gradients_of_one(stats: list[Row]) -> str:
    """A run's chart: the whole training, its first third, its last third."""
    whole, early, late = mean_norms(stats), mean_norms(stats, 0, THIRD), mean_norms(stats, 1 - THIRD, 1)
    lines = [("the whole training", whole, 0, False), ("first third", early, 4, True), ("last third", late, 1, True)]
    return gradient_chart("Mean gradient norm of each discriminator layer", lines)
