"""The modulated convolution against a loop over pictures, and what must hold of it."""

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, pad

from mien.networks.modulated import ModulatedConv2d
from mien.networks.resample import upsample2
from mien.networks.smooth import BINOMIAL, smooth


def layer_and_inputs(inputs=4, outputs=5, kernel=3, count=3, size=(6, 5), **settings):
    torch.manual_seed(0)
    layer = ModulatedConv2d(inputs, outputs, kernel, 7, **settings).double()
    x = torch.randn(count, inputs, *size, dtype=torch.double)
    return layer, x, torch.randn(count, 7, dtype=torch.double)


def weight_of(layer, w):
    """Equations 1 and 3, for one picture: w [w_dim] -> [outputs,inputs,kernel,kernel]."""
    inputs, kernel = layer.weight.shape[1], layer.weight.shape[2]
    style = w @ layer.style.weight.T / len(w) ** 0.5 + layer.style.bias
    weight = layer.weight / (inputs * kernel**2) ** 0.5 * style[:, None, None]
    if layer.demodulate:
        weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    return weight * layer.gain


@pytest.mark.parametrize(("kernel", "demodulate"), [(3, True), (3, False), (1, False)])
def test_equals_the_loop_over_pictures(kernel, demodulate):
    layer, x, w = layer_and_inputs(kernel=kernel, demodulate=demodulate, gain=1.5 if demodulate else 1.0)
    one_by_one = [conv2d(x[[i]], weight_of(layer, w[i]), padding=kernel // 2) for i in range(len(x))]
    torch.testing.assert_close(layer(x, w), torch.cat(one_by_one), rtol=1e-6, atol=1e-6)


def test_up_equals_the_loop_over_pictures():
    layer, x, w = layer_and_inputs(up=True)
    weights = [weight_of(layer, one).transpose(0, 1) for one in w]
    wide = [conv_transpose2d(x[[i]], weights[i], stride=2) for i in range(len(x))]
    drawn = layer(x, w)
    torch.testing.assert_close(drawn, smooth(torch.cat(wide), padding=1, gain=4.0), rtol=1e-6, atol=1e-6)
    assert drawn.shape == (3, 5, 12, 10)


def test_up_is_upsampling_and_then_a_convolution():
    """A transposed convolution is one with the kernel turned around; at the edges the two orders pad differently."""
    layer, x, w = layer_and_inputs(up=True)
    turned = [weight_of(layer, one).flip(2, 3) for one in w]
    long_way = [conv2d(upsample2(x[[i]], BINOMIAL), turned[i], padding=1) for i in range(len(x))]
    inside = (..., slice(2, -2), slice(2, -2))
    torch.testing.assert_close(layer(x, w)[inside], torch.cat(long_way)[inside], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("up", [False, True])
def test_moves_with_its_input(up):
    """One pixel to the right in, one (or two) pixels to the right out, as long as nothing meets the edge."""
    layer, x, w = layer_and_inputs(up=up)
    x = pad(x, (4, 4, 4, 4))
    torch.testing.assert_close(layer(x.roll(1, 3), w), layer(x, w).roll(2 if up else 1, 3))


def test_demodulated_outputs_have_unit_variance_whatever_the_style():
    torch.manual_seed(0)
    layer = ModulatedConv2d(32, 32, 3, 8)
    x, w = torch.randn(4, 32, 34, 34), 3 * torch.randn(4, 8)
    inside = layer(x, w)[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(inside.std((1, 2, 3)), torch.ones(4), rtol=0, atol=0.03)
    assert layer.style(w).std() > 2  # it was not the styles


def test_the_scale_of_a_style_cancels():
    layer, x, w = layer_and_inputs()
    before = layer(x, w)
    with torch.no_grad():
        layer.style.weight.mul_(100.0)
        layer.style.bias.mul_(100.0)
    torch.testing.assert_close(layer(x, w), before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("up", [False, True])
def test_first_and_second_gradients(up):
    layer, x, w = layer_and_inputs(inputs=2, outputs=2, count=2, size=(3, 2), up=up)
    assert torch.autograd.gradcheck(layer, (x.requires_grad_(), w.requires_grad_()), fast_mode=True)
    assert torch.autograd.gradgradcheck(layer, (x, w), fast_mode=True)
