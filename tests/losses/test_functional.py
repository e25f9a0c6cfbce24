"""The functions against numbers worked out by hand, in a loop that is not mien's."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from mien import losses
from mien.errors import UsageError

LOG2 = math.log(2)
REAL, FAKE = torch.tensor([0.0, 2.0, -3.0]), torch.tensor([0.0, -2.0, 0.5])
BY_HAND = {
    # softplus(0) = ln 2, softplus(-2) = 0.126928, softplus(3) = 3.048587, softplus(0.5) = 0.974077
    "non_saturating_discriminator_loss": [2 * LOG2, 2 * 0.126928, 3.048587 + 0.974077],
    "non_saturating_generator_loss": [LOG2, 2.126928, 0.474077],
    "saturating_generator_loss": [-LOG2, -0.126928, -0.974077],
    "hinge_discriminator_loss": [2.0, 0.0, 5.5],
    "hinge_generator_loss": [0.0, 2.0, -0.5],
    "least_squares_discriminator_loss": [0.5, 2.5, 8.125],
    "least_squares_generator_loss": [0.5, 4.5, 0.125],
    "wasserstein_critic_loss": [0.0, -4.0, 3.5],
    "wasserstein_generator_loss": [0.0, 2.0, -0.5],
    # softplus of fake - real = 0, -4, 3.5; and of 0, 4, -3.5
    "relativistic_discriminator_loss": [LOG2, 0.018150, 3.529750],
    "relativistic_generator_loss": [LOG2, 4.018150, 0.029750],
}
ONLY_FAKE = {"non_saturating", "saturating", "hinge", "least_squares", "wasserstein"}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_loss_has_one_number_for_each_logit(name):
    family, _, side = name.removesuffix("_loss").rpartition("_")
    given = (FAKE,) if side == "generator" and family in ONLY_FAKE else (REAL, FAKE)
    loss = getattr(losses, name)(*given)
    assert loss.tolist() == pytest.approx(BY_HAND[name], abs=1e-6)
    patches = getattr(losses, name)(*(logits.view(1, 3) for logits in given))
    assert patches.shape == (1, 3)


def test_every_loss_is_listed_and_tested():
    assert {name for name in losses.__all__ if name.endswith("_loss")} == {*BY_HAND, "mode_seeking_loss"}


def squares(images):
    """D(x) = the sum of x^2 / 2, whose gradient is x itself."""
    return 0.5 * images.square().flatten(1).sum(1)


def test_r1_and_r2_are_half_the_squared_gradient():
    images = torch.tensor([[3.0, 4.0], [0.0, 1.0]]).view(2, 1, 1, 2).requires_grad_()
    assert losses.r1_penalty(squares(images), images).tolist() == [12.5, 0.5]
    assert losses.r2_penalty(squares(images), images).tolist() == [12.5, 0.5]
    (by_images,) = torch.autograd.grad(losses.r1_penalty(squares(images), images).sum(), images)
    assert by_images.flatten().tolist() == [3.0, 4.0, 0.0, 1.0]  # of |x|^2 / 2 once more


def test_images_that_ask_for_no_gradient_are_told_in_one_line():
    images = torch.ones(1, 1, 2, 2)
    with pytest.raises(UsageError, match=r"call images.requires_grad_\(\) before the discriminator"):
        losses.r1_penalty(squares(images), images)


def test_the_gradient_penalty_of_a_linear_critic_is_that_of_its_slope():
    def critic(images):
        return images.flatten(1) @ torch.tensor([3.0, 4.0])  # its slope is 5 everywhere

    real, fake = torch.randn(3, 1, 1, 2), torch.randn(3, 1, 1, 2)
    assert losses.gradient_penalty(critic, real, fake).tolist() == [16.0] * 3
    assert losses.gradient_penalty(critic, real, fake, target=0.0).tolist() == [25.0] * 3


def test_the_gradient_penalty_looks_between_each_real_and_its_fake():
    """Of D(x) = |x|^2 / 2 the slope at x is |x|: from 2 at the real to 6 at the fake."""
    real, fake = torch.full((64, 1, 1, 1), 2.0), torch.full((64, 1, 1, 1), 6.0)
    slopes = losses.gradient_penalty(squares, real, fake, target=0.0).sqrt()
    assert slopes.min() >= 2 and slopes.max() <= 6 and len(slopes.unique()) > 32


def test_path_lengths_of_a_scaling_are_its_factor_times_the_noise():
    w = torch.randn(4, 1, 12, requires_grad=True)
    torch.manual_seed(0)
    lengths = losses.path_lengths(3 * w.view(4, 3, 2, 2), w)
    torch.manual_seed(0)
    noise = torch.randn(4, 3, 2, 2) / 2  # the root of 2 x 2 pixels
    assert torch.allclose(lengths, 3 * noise.flatten(1).norm(dim=1))


def test_mode_seeking_divides_the_noise_by_the_images():
    z = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    images = torch.tensor([0.0, 0.5]).view(2, 1, 1, 1)
    assert losses.mode_seeking_loss(z, images).tolist() == pytest.approx([2 / 0.50001])


def test_a_loop_of_ones_own_learns_with_them():
    """One parameter, a critic that prefers larger values: the generator's value rises."""
    torch.manual_seed(0)
    critic, fake = nn.Linear(1, 1), nn.Parameter(torch.zeros(8, 1))
    real = torch.full((8, 1), 2.0)
    for _ in range(60):
        real.requires_grad_()
        logits = critic(real)[:, 0]
        loss = losses.hinge_discriminator_loss(logits, critic(fake.detach())[:, 0]).mean()
        loss = loss + 0.1 * losses.r1_penalty(logits, real).mean()
        for parameter, gradient in zip(critic.parameters(), torch.autograd.grad(loss, list(critic.parameters()))):
            parameter.data -= 0.1 * gradient
        (gradient,) = torch.autograd.grad(losses.hinge_generator_loss(critic(fake)[:, 0]).mean(), fake)
        fake.data -= gradient
    assert fake.mean() > 1.0
