"""Mixtures: exact probabilities against hand computation and against samples."""

import math

import pytest
import torch

from mien.toy.distributions import DISTRIBUTIONS, Mixture, grid, line, ring, spiral


def randomness(seed=0):
    return torch.Generator().manual_seed(seed)


def test_masses_by_hand():
    one = Mixture("one", "", ((0.0,),), (1.0,))
    masses = one.masses(torch.tensor([-1.0, 0.0, 1.0, 2.0]))
    assert torch.allclose(masses, torch.tensor([0.341345, 0.341345, 0.135905], dtype=torch.float64), atol=1e-6)
    two = Mixture("two", "", ((0.0, 0.0), (10.0, 10.0)), (1.0, 1.0))
    assert math.isclose(float(two.masses(torch.tensor([-1.0, 1.0])).sum()), 0.682689**2 / 2, abs_tol=1e-6)


def test_a_line_without_width_falls_into_one_column():
    masses = line().masses(torch.linspace(-2, 2, 42))
    assert math.isclose(float(masses[20].sum()), float(masses.sum())) and float(masses.sum()) > 0.9999


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_fall_into_cells_as_often_as_they_should(name):
    mixture = DISTRIBUTIONS[name]()
    edges = torch.linspace(-2, 2, 9)
    points = mixture.sample(40_000, randomness())
    counts = torch.histogramdd(points, [edges] * mixture.dimensions).hist / len(points)
    assert points.shape == (40_000, mixture.dimensions)
    assert (counts - mixture.masses(edges)).abs().max() < 5 * 0.5 / 40_000**0.5
    assert math.isclose(float(mixture.masses(edges).sum()), 1.0, abs_tol=1e-4)


def test_their_centres():
    assert [round(math.hypot(*centre), 9) for centre in ring().centres] == [1.0] * 8
    assert len(set(grid().centres)) == 25 and len(set(spiral().centres)) == 40
    steps = [math.dist(*pair) for pair in zip(spiral().centres, spiral().centres[1:])]
    assert max(steps) < 1.5 * min(steps)  # the stations lie about equally far apart


def test_every_draw_follows_its_seed():
    assert torch.equal(ring().sample(9, randomness(3)), ring().sample(9, randomness(3)))
    assert not torch.equal(ring().sample(9, randomness(3)), ring().sample(9, randomness(4)))
