"""Mean gradient norms by layer, and the logarithmic axis they are drawn on."""

import pytest

from mien.reports.charts import decades
from mien.reports.gradients import gradient_chart, layer_axis, layer_names, mean_norms


def row(kimg, *norms, network="D"):
    layers = {f"discriminator/gradient/{network}.layers.{3 * i}.weight": norm for i, norm in enumerate(norms)}
    return {"kimg": kimg, "generator/gradient/G.layers.0.weight": 9.0, **layers}


def test_a_row_counts_for_the_images_it_stands_for():
    rows = [row(1.0, 4.0, 1.0), row(4.0, 8.0, 2.0), {"kimg": 5.0}, row(10.0, 2.0, 3.0)]
    assert mean_norms(rows) == pytest.approx({"layers.0": (4 + 24 + 12) / 10, "layers.3": (1 + 6 + 18) / 10})
    assert mean_norms(rows, 0.0, 0.4) == pytest.approx({"layers.0": 28 / 4, "layers.3": 7 / 4})
    assert mean_norms(rows, 0.4, 1.0) == {"layers.0": 2.0, "layers.3": 3.0}


def test_runs_without_such_numbers_have_none():
    assert mean_norms([{"kimg": 1.0, "discriminator/loss": 1.0}]) == {} == mean_norms([])
    assert gradient_chart("T", [("a", {}, 0, False)]) is None


def test_layers_are_named_briefly():
    spectral = "discriminator/gradient/D.blocks.1.conv.parametrizations.weight.original"
    assert layer_names([spectral, "discriminator/gradient/D.score.weight"]) == ["blocks.1.conv", "score"]
    both = ["discriminator/gradient/D_A.layers.0.weight", "discriminator/gradient/D_B.layers.0.weight"]
    assert layer_names(both) == ["D_A.layers.0", "D_B.layers.0"]


def test_the_axis_has_names_where_all_lines_have_the_same_and_there_is_room():
    few, other = {"a": 1.0, "b": 1.0}, {"a": 1.0, "c": 1.0, "d": 2.0}
    assert layer_axis([few, few]).label(2.0) == "b"
    assert layer_axis([few, other]).ticks == (1.0, 2.0, 3.0) and layer_axis([few, other]).label(3.0) == "3"
    deep = {f"blocks.{index}.convolution": 1.0 for index in range(50)}
    assert layer_axis([deep]).names == () and len(layer_axis([deep]).ticks) == 10


@pytest.mark.parametrize(
    ("values", "low", "high", "ticks"),
    [
        ([2e-5, 3.0], 1e-5, 10.0, 7),
        ([3.0], 1.0, 10.0, 4),
        ([1e-30, 1e30], 1e-30, 1e30, 8),
        ([10.0, 10.0], 10.0, 100.0, 4),
    ],
)
def test_decades_hold_their_values(values, low, high, ticks):
    axis = decades(values)
    assert (axis.low, axis.high) == pytest.approx((low, high)) and len(axis.ticks) == ticks
    assert all(-1e-9 <= axis.fraction(value) <= 1 + 1e-9 for value in values)


def test_equal_ratios_are_equal_lengths():
    axis = decades([1.0, 1e4])
    assert [axis.fraction(value) for value in (1, 10, 100, 1e4)] == pytest.approx([0, 0.25, 0.5, 1])


def test_points_land_where_they_belong_and_a_norm_of_nothing_is_left_out():
    chart = gradient_chart("T", [("a", {"x": 1.0, "y": 0.0, "z": 10.0}, 2, False)])
    (curve,) = chart.curves
    assert (curve.name, curve.colour) == ("a", 2)
    assert curve.points == "115.38,400.00 884.62,0.00"  # (1 - 0.7) / 2.6 and (3 - 0.7) / 2.6 of 1000
    assert chart.y.logarithmic and chart.x_names == '["x", "y", "z"]'
