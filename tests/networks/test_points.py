"""Networks for points: layers and parameters counted by hand."""

import torch

from mien.networks.points import PointDiscriminator, PointGenerator, ShiftedLine


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_layers_and_parameters():
    generator = PointGenerator((1, 1), 2, latent_dim=3, width=5, depth=2)
    assert count(generator) == (3 * 5 + 5) + (5 * 5 + 5) + (5 * 2 + 2)
    assert generator(torch.randn(7, 3)).shape == (7, 2, 1, 1)
    discriminator = PointDiscriminator((1, 1), 1, width=5, depth=1)
    assert count(discriminator) == (1 * 5 + 5) + (5 * 1 + 1)
    assert discriminator(torch.randn(7, 1, 1, 1)).shape == (7,)


def test_a_perceptron_by_hand():
    discriminator = PointDiscriminator((1, 1), 1, width=2, depth=1)
    weights = [
        torch.tensor([[1.0], [-1.0]]),
        torch.tensor([0.5, 0.0]),
        torch.tensor([[2.0, 10.0]]),
        torch.tensor([1.0]),
    ]
    for parameter, value in zip(discriminator.parameters(), weights, strict=True):
        parameter.data = value
    # x = 3: hidden 3.5 and 0.2 * -3; 2 * 3.5 - 10 * 0.6 + 1
    assert torch.allclose(discriminator(torch.full((1, 1, 1, 1), 3.0)), torch.tensor([2.0]))


def test_outputs_have_no_bounds():
    generator = PointGenerator((1, 1), 1, width=4)
    generator.layers[-1].bias.data.fill_(50.0)
    assert float(generator(torch.zeros(1, 8)).detach()) > 40


def test_the_line_only_shifts():
    line = ShiftedLine((1, 1), 2, start=1.5, spread=0.5)
    assert count(line) == 1
    points = line(torch.tensor([[2.0], [-4.0]])).flatten(1)
    assert points.tolist() == [[1.5, 1.0], [1.5, -2.0]]
    points[:, 0].sum().backward()
    assert line.theta.grad.item() == 2.0
