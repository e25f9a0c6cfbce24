"""MIND against hand computations and against its definition."""

import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.metrics.metric import SAME_IMAGES
from mien.metrics.mind import MIND, sliced_wasserstein, wasserstein


def rows(count, width, seed, shift=0.0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def test_by_hand():
    """Sorted columns (0, 1) and (2, 5): (4 + 16) / 2. The second column is the same on both sides."""
    x, y = torch.tensor([[1.0, 7.0], [0.0, 3.0]]), torch.tensor([[2.0, 3.0], [5.0, 7.0]])
    assert wasserstein(x.double(), y.double()).tolist() == pytest.approx([10.0, 0.0], abs=1e-12)


def test_by_hand_with_two_values_against_three():
    """(0, 6) and (0, 3, 6): the shares 1/3 to 1/2 pair 0 with 3, the shares 1/2 to 2/3 pair 6 with 3: 9 / 3."""
    x, y = torch.tensor([[6.0], [0.0]]), torch.tensor([[3.0], [0.0], [6.0]])
    assert wasserstein(x.double(), y.double()).item() == pytest.approx(3.0, abs=1e-12)
    assert wasserstein(y.double(), x.double()).item() == pytest.approx(3.0, abs=1e-12)


def test_other_counts_are_as_exact_as_copies():
    """Two sets with each value repeated have the same distributions: 4 and 6 values against 12 and 12."""
    x, y = rows(4, 3, 0), rows(6, 3, 1)
    repeated = wasserstein(x.repeat(3, 1), y.repeat(2, 1))
    torch.testing.assert_close(wasserstein(x, y), repeated, rtol=1e-12, atol=0)


def test_the_axes_as_directions_give_the_average_of_the_columns():
    x, y = rows(9, 4, 0), rows(9, 4, 1, 1.0)
    sort = [side.sort(0).values for side in (x, y)]
    expected = (sort[0] - sort[1]).square().mean(0)
    found = sliced_wasserstein(x, y, 5 * torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


def test_by_definition():
    """3 D times the mean over unit directions and ranks of the squared difference of sorted projections."""
    x, y = rows(20, 6, 0), rows(20, 6, 1, 0.5)
    directions = np.random.RandomState(2020).standard_normal((1000, 6))
    values = []
    for direction in directions:
        unit = direction / np.sqrt((direction**2).sum())
        values.append(np.mean((np.sort(x.numpy() @ unit) - np.sort(y.numpy() @ unit)) ** 2))
    found = MIND().scores(x, y)["mind"]
    assert found.value == pytest.approx(18 * np.mean(values), rel=1e-10)
    assert found.std == pytest.approx(18 * np.std(values, ddof=1) / np.sqrt(1000), rel=1e-10)
    assert found.settings == "1000 directions, seed 2020"


def test_a_shift_of_all_features_costs_three_times_its_square():
    """A shift s has the length s √D. A random direction sees s² of its square on average, so MIND is near 3 D s²."""
    x = rows(50, 16, 3)
    assert MIND(directions=20_000).scores(x, x + 0.5)["mind"].value == pytest.approx(3 * 16 * 0.25, rel=0.03)


def test_equal_moments_do_not_hide_a_difference():
    """A Fréchet distance sees mean and covariance alone. Two points and a normal distribution share both."""
    normal = rows(4000, 1, 4)
    coins = torch.where(rows(4000, 1, 5) > 0, 1.0, -1.0).double()
    assert MIND(directions=2).scores(normal, coins)["mind"].value > 1


def test_a_set_with_itself_is_zero_in_any_order():
    x = rows(30, 8, 6).float()
    found = MIND().scores(x, x.flip(0))["mind"]
    assert (found.value, found.note) == (0.0, SAME_IMAGES)


def test_too_few():
    with pytest.raises(UsageError, match="2 images or more"):
        MIND().scores(rows(1, 4, 0), rows(5, 4, 1))
