"""KID against a hand computation and against its definition."""

import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.metrics.kid import KID, discrepancy


def test_by_hand():
    """D = 1, kernel (xy + 1)^3: within x 1, within y 343, across (1 + 1 + 27 + 64) / 4: 1 + 343 - 2 * 23.25."""
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [3.0]])
    assert discrepancy(x, y) == pytest.approx(297.5, abs=1e-12)


def test_by_definition():
    x, y = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def mean(a, b, skip):
        values = [
            (float(p @ q) / 5 + 1) ** 3 for i, p in enumerate(a) for j, q in enumerate(b) if not (skip and i == j)
        ]
        return sum(values) / len(values)

    assert discrepancy(x, y) == pytest.approx(mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False), rel=1e-12)


def test_subsets_are_drawn_as_torch_fidelity_draws_them():
    real, fake = torch.randn(2, 40, 6, generator=torch.Generator().manual_seed(1))
    draw, values = np.random.RandomState(2020), []
    for _ in range(3):
        ours = fake[draw.choice(40, 10, replace=False)]
        values.append(discrepancy(ours, real[draw.choice(40, 10, replace=False)]))
    found = KID(subsets=3, size=10).scores(real, fake)["kid"]
    assert (found.value, found.std) == (np.mean(values), np.std(values)) and found.note is None


def test_equal_distributions_are_around_zero():
    real, fake = torch.randn(2, 600, 16, generator=torch.Generator().manual_seed(2))
    found = KID(size=300).scores(real, fake)["kid"]
    assert abs(found.value) < 3 * found.std < 0.05
    assert KID(size=300).scores(real, fake + 1)["kid"].value > 1


def test_fewer_pictures_than_a_subset():
    real, fake = torch.randn(2, 30, 4, generator=torch.Generator().manual_seed(3))
    found = KID().scores(real, fake[:20])["kid"]
    assert "subsets of 20, not 1,000" in found.note and found.settings == "100 subsets of 20, seed 2020"
    with pytest.raises(UsageError, match="2 images or more"):
        KID().scores(real, fake[:1])
