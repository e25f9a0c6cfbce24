"""Path length regularization against a linear generator, whose Jacobian is known."""

import pytest
import torch

from mien.batch import Turn
from mien.losses.path_length import MEAN, PathLength, path_lengths

SHAPE = (2, 3, 4)  # channels, height, width
PIXELS = 12


def linear(weight, w):
    """fake = weight w: weight [C*H*W, num_ws, w_dim], w [N,num_ws,w_dim] -> [N,C,H,W]."""
    return torch.einsum("pld,nld->np", weight, w).view(-1, *SHAPE)


def problem(count=5):
    torch.manual_seed(0)
    weight = torch.randn(24, 3, 6, dtype=torch.double, requires_grad=True)
    return weight, torch.randn(count, 3, 6, dtype=torch.double, requires_grad=True)


def lengths_by_hand(weight, noise):
    """|J^T y|, the square being a mean over the three styles, y having variance 1 / pixels."""
    answer = torch.einsum("pld,np->nld", weight, noise.flatten(1) / PIXELS**0.5)
    return (answer.square().sum((1, 2)) / 3).sqrt()


def turn_of(weight, w, memory=None):
    return Turn([], {"fake": linear(weight, w), "w": w}, {} if memory is None else memory)


def test_lengths_are_those_of_the_known_jacobian():
    weight, w = problem()
    torch.manual_seed(1)
    found = path_lengths(linear(weight, w), w)
    torch.manual_seed(1)
    noise = torch.randn(5, *SHAPE, dtype=torch.double)
    torch.testing.assert_close(found, lengths_by_hand(weight, noise))
    # The gradient by the generator's weights, which is what trains it.
    for one, other in zip(
        torch.autograd.grad(found.sum(), weight), torch.autograd.grad(lengths_by_hand(weight, noise).sum(), weight)
    ):
        torch.testing.assert_close(one, other)


def test_a_generator_that_stretches_nothing_has_one_length_at_any_size():
    """Each of n numbers of w adds its own unit picture: |J^T y|^2 = C * (n / (C * pixels)) per style, in the mean."""
    torch.manual_seed(0)
    for side in (4, 8):
        shape = (3, side, side)
        unit = torch.linalg.qr(torch.randn(3 * side**2, 8)).Q
        w = torch.randn(4000, 1, 8, requires_grad=True)
        found = path_lengths((w[:, 0] @ unit.T).view(-1, *shape) * side, w)
        assert found.square().mean().item() == pytest.approx(8.0, rel=0.05)


def test_value_and_running_mean_by_hand():
    weight, w = problem()
    term, memory, mean = PathLength(), {}, 0.0
    for seed in range(3):
        torch.manual_seed(seed)
        turn = turn_of(weight, w, memory)
        value = term(turn)
        torch.manual_seed(seed)
        lengths = lengths_by_hand(weight, torch.randn(5, *SHAPE, dtype=torch.double)).detach()
        mean = 0.99 * mean + 0.01 * lengths.mean().item()
        assert memory[MEAN].ndim == 0 and not memory[MEAN].requires_grad
        assert memory[MEAN].item() == pytest.approx(mean, rel=1e-12)
        torch.testing.assert_close(value, (lengths - mean) ** 2)
        assert term.statistics(turn)["path length"].item() == memory[MEAN].item()


def test_the_mean_is_no_part_of_the_gradient():
    weight, w = problem()
    torch.manual_seed(0)
    (found,) = torch.autograd.grad(PathLength(decay=1.0)(turn_of(weight, w)).mean(), weight)
    torch.manual_seed(0)
    lengths = lengths_by_hand(weight, torch.randn(5, *SHAPE, dtype=torch.double))
    (expected,) = torch.autograd.grad((lengths - lengths.mean().detach()).square().mean(), weight)
    torch.testing.assert_close(found, expected)


def test_the_weight_is_that_of_the_paper():
    """ln 2 / (r^2 (ln r - ln 2)) on |J^T y|^2 with y of variance 1 and a w for all layers (appendix B): our 2, divided
    by the pixels and by the 2 log2(r) - 2 styles."""
    for side in (64, 1024):
        styles = 2 * torch.tensor(side).log2().item() - 2
        r = torch.tensor(float(side), dtype=torch.double)
        paper = torch.log(torch.tensor(2.0)) / (r**2 * (r.log() - torch.log(torch.tensor(2.0))))
        assert PathLength().weight / side**2 / styles == pytest.approx(paper.item(), rel=1e-6)
    assert (PathLength().every, PathLength().decay) == (4, 0.01)
