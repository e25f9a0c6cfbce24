"""Precision, recall, density and coverage on points of a line, worked out by hand."""

import sys

import pytest
import torch

from mien.errors import UsageError
from mien.metrics.precision_recall import PrecisionRecall, radii

REAL = torch.tensor([[0.0], [1.0], [2.0], [3.0], [10.0]])
FAKE = torch.tensor([[0.5], [6.0], [20.0], [30.0]])


def values(real, fake, k=1):
    return {name: score.value for name, score in PrecisionRecall(k, k).scores(real, fake).items()}


def test_radii():
    assert [found.tolist() for found in radii(REAL, (1, 2))] == [[1, 1, 1, 1, 7], [2, 1, 1, 2, 8]]


def test_radius_beside_a_copy():
    assert radii(torch.tensor([[0.0], [0.0], [5.0]]), (1, 2))[0].tolist() == [0, 0, 5]


def test_by_hand():
    """Real balls have radii 1, 1, 1, 1, 7: 0.5 lies in those of 0 and 1; 6 in that of 10; 20 and 30 in none. Fake balls
    have radii 5.5, 5.5, 10, 10: 0 to 3 lie in that of 0.5, 10 in that of 6."""
    assert values(REAL, FAKE) == {"precision": 2 / 4, "recall": 5 / 5, "density": 3 / 4, "coverage": 3 / 5}


def test_one_mode_of_two():
    """Fakes on one of two real modes: all look real, half of the variety is missing."""
    real = torch.tensor([[x] for x in (0.0, 0.1, 0.2, 100.0, 100.1, 100.2)])
    found = values(real, real[:3] + 0.01)
    assert (found["precision"], found["recall"], found["coverage"]) == (1.0, 0.5, 0.5)


def test_real_pictures_again_are_perfect():
    points = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    found = values(points, points, 3)
    assert (found["precision"], found["recall"], found["coverage"]) == (1.0, 1.0, 1.0)


def test_blocks_change_nothing(monkeypatch):
    real, fake = torch.randn(2, 90, 8, generator=torch.Generator().manual_seed(1))
    whole = PrecisionRecall().scores(real, fake)
    monkeypatch.setattr(sys.modules[PrecisionRecall.__module__], "BLOCK", 7)
    assert PrecisionRecall().scores(real, fake) == whole
    assert {score.settings for score in whole.values()} == {"k 3", "k 5"}


def test_too_few():
    with pytest.raises(UsageError, match="more than 5 images"):
        PrecisionRecall().scores(REAL, FAKE)
