"""Measures against hand computation."""

import math

import pytest
import torch

from mien.losses.adversarial import Hinge, NonSaturating, Saturating, Wasserstein
from mien.toy.distances import (
    LOG_2,
    SAMPLES,
    DistributionMetrics,
    claimed,
    divergence,
    generator_gradient_norm,
    wasserstein,
)
from mien.toy.distributions import Mixture, bump, line, ring


def test_divergence():
    p, q = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert divergence(p, q) == pytest.approx(LOG_2) and divergence(p, p) == 0
    half = torch.tensor([0.5, 0.5])
    by_hand = 0.5 * math.log(1 / 0.75) + 0.5 * (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))
    assert divergence(p, half) == pytest.approx(by_hand)


def test_wasserstein_of_a_shift():
    points = torch.randn(500, 1, generator=torch.Generator().manual_seed(0))
    assert wasserstein(points, points.flip(0) + 0.7) == pytest.approx(0.7, abs=1e-6)
    plane = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    sliced = wasserstein(plane, plane + torch.tensor([0.6, 0.8]))
    assert sliced == pytest.approx(2 / math.pi, abs=2e-3)  # a shift by 1, averaged over directions


def test_wasserstein_by_hand():
    assert wasserstein(torch.tensor([[0.0], [4.0]]), torch.tensor([[3.0], [1.0]])) == pytest.approx(1.0)


def test_modes_and_good_points():
    mixture = Mixture("two", "", ((0.0,), (1.0,)), (0.1,))
    # 94 within 3 sigma of the first; 5 of the second, a tenth of its fair share of 50; one nowhere.
    points = torch.tensor([[0.29]] * 94 + [[0.71]] * 5 + [[0.5]])
    assert DistributionMetrics(mixture).coverage(points) == (2, pytest.approx(0.99))
    points = torch.tensor([[0.29]] * 94 + [[0.71]] * 4 + [[0.5]] * 2)
    assert DistributionMetrics(mixture).coverage(points) == (1, pytest.approx(0.98))


def test_the_mixture_itself_is_the_best_there_is():
    ruler = DistributionMetrics(ring())
    own = ruler(ring().sample(SAMPLES, torch.Generator().manual_seed(7)))
    assert own.modes == 8 and own.js < 0.02 and own.wasserstein < 0.05
    assert own.good == pytest.approx(1 - math.exp(-4.5), abs=0.01)  # a plane's share within 3 sigma


def test_points_elsewhere_share_nothing():
    ruler = DistributionMetrics(ring())
    for place in ([0.0, 0.0], [50.0, 0.0], [-1.5, 1.5]):
        measured = ruler(torch.tensor([place] * SAMPLES))
        assert (measured.modes, measured.good) == (0, 0) and measured.js == pytest.approx(LOG_2, abs=1e-3)
    assert DistributionMetrics(bump())(torch.zeros(SAMPLES, 1)).wasserstein == pytest.approx(1.0, abs=0.02)


def test_a_line_is_log_2_away_however_near():
    for place in (2.0, 0.01):
        points = torch.tensor([[place, 0.3], [place, -0.3]])
        measured = DistributionMetrics(line())(points)
        assert measured.js == pytest.approx(LOG_2) and measured.wasserstein == pytest.approx(place)
    assert DistributionMetrics(line())(torch.zeros(2, 2)).js == 0


def test_what_a_loss_stands_for():
    blind, sure = torch.zeros(4), torch.full((4,), 50.0)
    assert claimed(NonSaturating(), blind, blind)["js of D"] == pytest.approx(0.0, abs=1e-6)
    assert claimed(Saturating(), sure, -sure)["js of D"] == pytest.approx(LOG_2, abs=1e-6)
    assert claimed(Wasserstein(), torch.tensor([3.0, 1.0]), torch.tensor([0.5, 0.5])) == {"W of D": 1.5}
    assert claimed(Hinge(), blind, blind) == {}


def test_the_best_discriminators_loss_is_the_divergence():
    # D* = p / (p + q) on two places, as often met as p and q say (Goodfellow et al. 2014, theorem 1).
    real, fake = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 1, 1])
    p, q = torch.tensor([0.75, 0.25]), torch.tensor([0.25, 0.75])
    logits = (p / q).log()
    assert claimed(NonSaturating(), logits[real], logits[fake])["js of D"] == pytest.approx(divergence(p, q), abs=1e-6)


def test_the_pull_by_hand():
    points = torch.tensor([[0.2, 0.0], [0.4, 0.0]]).requires_grad_()
    logits = points @ torch.tensor([3.0, 4.0])  # slope 5 everywhere
    assert generator_gradient_norm(Wasserstein(), logits, logits, points) == pytest.approx(5.0)
    points = torch.tensor([[-2.0, 0.0]]).requires_grad_()
    logits = points @ torch.tensor([3.0, 4.0])  # logit -6: D gives it sigmoid(-6)
    sigmoid = 1 / (1 + math.exp(6))
    assert generator_gradient_norm(Saturating(), logits, logits, points) == pytest.approx(5 * sigmoid, rel=1e-4)
    logits = points @ torch.tensor([3.0, 4.0])
    assert generator_gradient_norm(NonSaturating(), logits, logits, points) == pytest.approx(
        5 * (1 - sigmoid), rel=1e-4
    )
