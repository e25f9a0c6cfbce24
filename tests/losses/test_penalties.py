"""Gradient penalties against hand-written references: one sample at a time, in double precision."""

import pytest
import torch
from small_discriminators import LinearD, Net, pictures, turn_of, value_of, weight_gradients
from torch import nn

from mien.batch import Batch, Match, Turn
from mien.config.schedules import Linear
from mien.losses.functional import image_gradient
from mien.losses.penalties import R1, R2, GradientPenalty
from mien.losses.term import Term
from mien.training.optimizer import Adam
from mien.training.player import Player


def square_norm(network, image):
    """|grad_x D(x)|^2 of one picture [C,H,W], and differentiable by D's weights."""
    image = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(image[None])[0], image, create_graph=True)
    return sum(part * part for part in gradient.flatten())


@pytest.mark.parametrize("term, which", [(R1(), "real"), (R2(), "fake")])
def test_r1_and_r2_equal_the_loop_over_samples(term, which):
    network = Net()
    turn = turn_of(network)
    expected = torch.stack([0.5 * square_norm(network, image) for image in getattr(turn.matches[0], which)])
    value = value_of(term, turn_of(network))
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=1e-12)
    for ours, reference in zip(
        weight_gradients(value.mean(), network), weight_gradients(expected.mean(), network), strict=True
    ):
        torch.testing.assert_close(ours, reference, rtol=1e-10, atol=1e-12)


def test_gradient_penalty_equals_the_loop_over_samples():
    network, turn = Net(), turn_of(Net())
    torch.manual_seed(7)
    value = value_of(GradientPenalty(target=0.3), Turn([Match(network, *[pictures(1), pictures(2)])]))
    torch.manual_seed(7)
    positions = torch.rand(4, 1, 1, 1, dtype=torch.double).flatten().tolist()
    assert len(set(positions)) == 4
    (match,) = turn.matches
    between = [(1 - t) * real + t * fake for t, real, fake in zip(positions, match.real, match.fake)]
    expected = torch.stack([(square_norm(network, image).sqrt() - 0.3) ** 2 for image in between])
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12)
    for ours, reference in zip(
        weight_gradients(value.mean(), network), weight_gradients(expected.mean(), network), strict=True
    ):
        torch.testing.assert_close(ours, reference, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("slope", [0.5, 1.0, 3.0])
def test_closed_form_for_a_linear_discriminator(slope):
    network = LinearD(slope)
    assert value_of(R1(), turn_of(network, 4)).tolist() == pytest.approx([slope**2 / 2] * 4)
    assert value_of(R2(), turn_of(network, 4)).tolist() == pytest.approx([slope**2 / 2] * 4)
    assert value_of(GradientPenalty(), turn_of(network, 4)).tolist() == pytest.approx([(slope - 1) ** 2] * 4)
    # d/dslope of slope^2/2 along the weight's own direction is the weight itself.
    (gradient,) = weight_gradients(value_of(R1(), turn_of(network, 4)).mean(), network)
    torch.testing.assert_close(gradient, network.weight.detach())


class Seeing(nn.Module):
    """Remembers what it was shown; D(x) = sum of x."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, image, condition=None):
        self.seen.append(image.detach())
        return image.sum((1, 2, 3))


def test_each_sample_is_interpolated_at_its_own_position():
    """real 0, fake 1: the picture shown is the position itself, constant within a sample, other in each."""
    network = Seeing()
    torch.manual_seed(0)
    match = Match(network, torch.zeros(500, 1, 2, 2), torch.ones(500, 1, 2, 2))
    GradientPenalty()(Turn([match]))
    (shown,) = network.seen
    positions = shown[:, 0, 0, 0]
    assert (shown == positions[:, None, None, None]).all()
    assert len(positions.unique()) > 490
    assert positions.min() < 0.02 and positions.max() > 0.98 and abs(positions.mean() - 0.5) < 0.05


def test_the_gradient_is_the_un_augmented_pictures():
    """R1 through an augmentation that doubles the picture: the norm doubles, so R1 is four times as large."""
    plain = turn_of(LinearD(1.0), 4)
    doubled = Turn([Match(LinearD(1.0), pictures(1, 4), pictures(2, 4), augment=lambda image: 2 * image)])
    assert value_of(R1(), doubled).tolist() == pytest.approx((4 * value_of(R1(), plain)).tolist())


def test_image_gradient_is_flat_and_per_sample():
    images = pictures(3, 4).requires_grad_()
    gradient = image_gradient(LinearD(2.0)(images), images)
    assert gradient.shape == (4, 48)
    assert gradient.norm(dim=1).tolist() == pytest.approx([2.0] * 4)


# --- weights and laziness, as the player applies them --------------------------------------------------------------


def gradients_of_steps(terms, images=(0, 0, 0, 0)):
    """The weight gradient that each of four player steps leaves, with a linear D of slope 3 and a rate of 0."""
    network = LinearD(3.0)

    def turn(batch):
        return Turn([Match(network, batch.image, -batch.image)])

    player = Player("discriminator", {"D": network}, turn, terms, Adam(lr=0.0))
    player.trainable(True)
    found = []
    for at in images:
        player.step(Batch(pictures(1, 4)), at)
        found.append(network.weight.grad / network.weight.detach())  # R1's own gradient is the weight: ratio 1
    return [ratio.mean().item() for ratio in found]


class Nothing(Term):
    """A term of zero, so that there is always something due."""

    def __call__(self, turn):
        return 0.0 * turn.matches[0].discriminator.weight.sum() * torch.ones(4, dtype=torch.double)


def test_a_lazy_term_is_due_each_kth_step_and_then_k_times_as_strong():
    ratios = gradients_of_steps({"none": Nothing(), "r1": R1(weight=0.5, every=3)})
    assert ratios == pytest.approx([1.5, 0.0, 0.0, 1.5])


def test_a_weight_may_follow_a_schedule():
    ratios = gradients_of_steps({"r1": R1(weight=Linear(2.0, 0.0, images=100))}, images=(0, 25, 50, 400))
    assert ratios == pytest.approx([2.0, 1.5, 1.0, 0.0])
