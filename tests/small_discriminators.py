"""Discriminators whose gradients can be worked out, and turns of them; used by the tests of penalties."""

import torch
from torch import nn

from mien.batch import Match, Turn


class Net(nn.Module):
    """A small smooth discriminator without batch norm: each logit depends on its own picture alone."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.Sequential(nn.Conv2d(3, 5, 3, 2, 1), nn.Tanh(), nn.Conv2d(5, 1, 4)).double()

    def forward(self, image, condition=None):
        return self.layers(image).flatten()


class LinearD(nn.Module):
    """D(x) = slope * <u, x> with |u| = 1: its gradient has the norm `slope` everywhere."""

    def __init__(self, slope):
        super().__init__()
        direction = torch.arange(1.0, 49.0, dtype=torch.double).view(3, 4, 4)
        self.weight = nn.Parameter(slope * direction / direction.norm())

    def forward(self, image, condition=None):
        return (image * self.weight).sum((1, 2, 3))


def pictures(seed, size=8, count=4):
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def turn_of(network, size=8):
    return Turn([Match(network, pictures(1, size), pictures(2, size))])


def value_of(term, turn):
    term.prepare(turn)
    return term(turn)


def weight_gradients(value, network):
    return torch.autograd.grad(value, list(network.parameters()), allow_unused=True, materialize_grads=True)
