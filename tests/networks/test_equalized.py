"""Equalized layers: variances, and what the learning-rate multiplier does to a step."""

import pytest
import torch

from mien.networks.equalized import GAIN, EqualizedConv2d, EqualizedLinear, activate


def test_a_linear_layer_by_hand():
    torch.manual_seed(0)
    layer = EqualizedLinear(6, 4, gain=GAIN, rate=0.01, bias=0.5)
    x = torch.randn(3, 6)
    assert layer.bias.tolist() == [50.0] * 4
    expected = GAIN * (x @ layer.weight.T * 0.01 / 6**0.5 + 0.5)
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(activate(layer(x)), torch.where(expected > 0, expected, 0.2 * expected))


def test_a_rate_of_a_hundredth_moves_the_function_a_hundredth():
    """Adam's first step is one learning rate for each number, whatever its gradient."""
    moved = []
    for rate in (1.0, 0.01):
        torch.manual_seed(0)
        layer = EqualizedLinear(32, 8, rate=rate)
        x = torch.randn(16, 32)
        before = layer(x).detach()
        optimizer = torch.optim.Adam(layer.parameters(), 0.0025)
        layer(x).square().sum().backward()
        optimizer.step()
        moved.append((layer(x) - before).norm().item())
    assert moved[1] / moved[0] == pytest.approx(0.01, rel=1e-3)


def test_a_convolution_by_hand():
    torch.manual_seed(0)
    layer = EqualizedConv2d(5, 7, 3, gain=GAIN, pad=1, stride=2)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 5, 8, 8)
    weight, bias = layer.weight / (5 * 9) ** 0.5, layer.bias[:, None, None]
    expected = GAIN * (torch.nn.functional.conv2d(x, weight, stride=2, padding=1) + bias)
    torch.testing.assert_close(layer(x), expected)
    assert EqualizedConv2d(5, 7, 1, bias=False).bias is None


def test_layer_and_activation_keep_the_mean_square():
    """E[leaky_relu(sqrt(2) x)^2] = (1 + 0.2^2) E[x^2] for symmetric x: a gain of sqrt(2) leaves out the 0.04."""
    torch.manual_seed(0)
    for layer, x in (
        (EqualizedLinear(512, 512, gain=GAIN), torch.randn(256, 512)),
        (EqualizedConv2d(64, 64, 3, gain=GAIN), torch.randn(4, 64, 18, 18)),
    ):
        assert activate(layer(x)).square().mean().item() == pytest.approx(1.04, rel=0.03)
