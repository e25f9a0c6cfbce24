"""Each loss against the formula of its paper, written out with log and sigmoid."""

import math

import pytest
import torch
from torch import nn

from mien.batch import Match, Turn
from mien.losses.adversarial import (
    Adversarial,
    Hinge,
    LeastSquares,
    NonSaturating,
    Relativistic,
    Saturating,
    Wasserstein,
    says,
)

REAL = [-3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 4.0]
FAKE = [2.0, -1.0, 0.75, 0.0, -2.5, 1.0, -4.0]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


FORMULAS = {
    "non-saturating": (
        NonSaturating(),
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: -math.log(sigmoid(f)),
    ),
    "saturating": (
        Saturating(),
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: math.log(1 - sigmoid(f)),
    ),
    "hinge": (Hinge(), lambda r, f: -min(0, r - 1) - min(0, -f - 1), lambda r, f: -f),
    "least squares": (LeastSquares(), lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * f**2, lambda r, f: 0.5 * (f - 1) ** 2),
    "wasserstein": (Wasserstein(), lambda r, f: -(r - f), lambda r, f: -f),
    "relativistic": (
        Relativistic(),
        lambda r, f: math.log(1 + math.exp(-(r - f))),
        lambda r, f: math.log(1 + math.exp(-(f - r))),
    ),
}
LOSSES = pytest.mark.parametrize("loss, discriminator, generator", FORMULAS.values(), ids=FORMULAS)


@LOSSES
def test_formula(loss, discriminator, generator):
    real, fake = torch.tensor(REAL, dtype=torch.double), torch.tensor(FAKE, dtype=torch.double)
    assert loss.discriminator(real, fake).tolist() == pytest.approx([discriminator(r, f) for r, f in zip(REAL, FAKE)])
    assert loss.generator(real, fake).tolist() == pytest.approx([generator(r, f) for r, f in zip(REAL, FAKE)])


@LOSSES
def test_far_logits_stay_finite_with_their_gradients(loss, discriminator, generator):
    """log(sigmoid(x)) written out is -inf at x = -200."""
    real, fake = torch.tensor([-200.0, 200.0], requires_grad=True), torch.tensor([200.0, -200.0], requires_grad=True)
    for value in (loss.discriminator(real, fake), loss.generator(real, fake)):
        gradients = torch.autograd.grad(value.sum(), [real, fake], allow_unused=True, materialize_grads=True)
        assert torch.isfinite(value).all() and all(torch.isfinite(gradient).all() for gradient in gradients)


@LOSSES
def test_each_side_pulls_its_own_way(loss, discriminator, generator):
    """A D step raises D(real) and lowers D(fake), a G step raises D(fake)."""
    real, fake = torch.full((3,), -0.5, requires_grad=True), torch.full((3,), 0.5, requires_grad=True)
    by_real, by_fake = torch.autograd.grad(loss.discriminator(real, fake).sum(), [real, fake])
    assert (by_real < 0).all() and (by_fake > 0).all()
    (by_fake,) = torch.autograd.grad(loss.generator(real, fake).sum(), [fake])
    assert (by_fake < 0).all()


def test_the_saturating_loss_starves_where_the_other_does_not():
    """The reason for the non-saturating one: when D is sure, only it still has a gradient (2014 paper, section 3)."""
    fake = torch.tensor([-10.0], requires_grad=True)
    (starved,) = torch.autograd.grad(Saturating().generator(None, fake).sum(), fake)
    (alive,) = torch.autograd.grad(NonSaturating().generator(None, fake).sum(), fake)
    assert abs(starved.item()) == pytest.approx(sigmoid(-10))
    assert alive.item() == pytest.approx(-1.0, abs=1e-4)


class Counting(nn.Module):
    """A discriminator whose logit is the mean of the picture; it counts its passes."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, image, condition=None):
        self.seen.append(image)
        return image.mean((1, 2, 3))


def turn_of(*values):
    """One match per (real, fake) pair of constants, two pictures each."""
    matches = [Match(Counting(), torch.full((2, 3, 4, 4), r), torch.full((2, 3, 4, 4), f)) for r, f in values]
    return Turn(matches)


@LOSSES
def test_the_generator_asks_for_real_logits_only_when_the_loss_sees_them(loss, discriminator, generator):
    turn = turn_of((0.5, -0.25))
    value = Adversarial(loss=loss, side="generator")(turn)
    (match,) = turn.matches
    assert value.tolist() == pytest.approx([generator(0.5, -0.25)] * 2)
    seen = [image is match.real for image in match.discriminator.seen]
    assert seen == ([True, False] if isinstance(loss, Relativistic) else [False])


def test_logits_are_computed_once_for_value_and_statistics():
    turn = turn_of((0.5, -0.25))
    term = Adversarial(loss=NonSaturating(), side="discriminator")
    term(turn), term(turn)
    statistics = {name: value.item() for name, value in term.statistics(turn).items()}
    assert len(turn.matches[0].discriminator.seen) == 2  # real and fake, once each
    assert statistics == pytest.approx({"D(real)": sigmoid(0.5), "D(fake)": sigmoid(-0.25)})


def test_realness_is_a_probability_only_where_the_loss_has_one():
    logits = torch.tensor([2.0])
    assert NonSaturating().realness(logits).item() == pytest.approx(sigmoid(2))
    for loss in (Hinge(), LeastSquares(), Wasserstein(), Relativistic()):
        assert loss.realness(logits).item() == 2.0


def test_the_generators_statistics_tell_the_fakes_after_the_step():
    statistics = Adversarial(loss=Wasserstein(), side="generator").statistics(turn_of((0.5, -0.25)))
    assert {name: value.item() for name, value in statistics.items()} == {"D(fake) after": -0.25}


def test_several_matches_are_averaged():
    turn = turn_of((1.0, 0.0), (0.0, 0.5))
    value = Adversarial(loss=Wasserstein(), side="discriminator")(turn)
    assert value.tolist() == pytest.approx([(-1.0 + 0.5) / 2] * 2)


@LOSSES
def test_a_loss_says_what_its_logits_mean(loss, discriminator, generator):
    """A logit above 0 means "real" where the best constant logit is above 0 just if most images are real, and where a
    constant added to all logits changes the loss: else the border may drift anywhere."""

    def best_is_above_0(share):
        real, fake = (torch.zeros(1, requires_grad=True) for _ in range(2))
        loss.discriminator(real, fake).sum().backward()
        return (share * real.grad + (1 - share) * fake.grad).item() < 0

    pair = torch.tensor([0.5]), torch.tensor([-0.5])
    drifts = torch.equal(loss.discriminator(*pair), loss.discriminator(*(one + 3 for one in pair)))
    assert says(loss, "positive_means_real") == (best_is_above_0(0.6) and not best_is_above_0(0.4) and not drifts)
    scores = loss.realness(torch.tensor([-9.0, 9.0]))
    assert says(loss, "realness_is_probability") == (scores.min().item() > 0 and scores.max().item() < 1)


def test_a_loss_that_says_nothing_of_its_logits_promises_nothing():
    class Own:
        generator_sees_real = False

    assert not says(Own(), "positive_means_real") and not says(Own, "realness_is_probability")
