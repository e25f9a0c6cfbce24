"""L1 between two views, by hand."""

import torch

from mien.batch import Turn
from mien.losses.reconstruction import L1


def test_the_mean_absolute_difference_of_each_picture():
    a = torch.tensor([[[[0.0, 1.0]]], [[[0.5, -0.5]]]])
    b = torch.tensor([[[[1.0, -1.0]]], [[[0.5, 0.0]]]])
    turn = Turn([], {"cycle_a": a, "real_a": b, "other": a})
    assert L1(a="cycle_a", b="real_a")(turn).tolist() == [1.5, 0.25]  # (1 + 2) / 2, (0 + 0.5) / 2
    assert L1(a="other", b="cycle_a")(turn).tolist() == [0.0, 0.0]


def test_its_gradient_is_a_sign():
    a = torch.tensor([[[[0.3, -0.2, 0.9, 0.1]]]], requires_grad=True)
    b = torch.tensor([[[[0.1, 0.2, 0.9, 0.0]]]])
    L1(a="fake", b="target")(Turn([], {"fake": a, "target": b})).sum().backward()
    assert a.grad.flatten().tolist() == [0.25, -0.25, 0.0, 0.25]
