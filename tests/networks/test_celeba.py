"""The layers for photos of celebrities, and TensorFlow's "same" padding."""

import pytest
import torch
from layers import convolution, convolutions, count, linear, names, norm, sizes
from torch import nn

from mien.errors import UsageError
from mien.networks.celeba import CelebADiscriminator, CelebAGenerator, SameConv2d, SameConvTranspose2d


def test_generator_layer_by_layer():
    network = CelebAGenerator((96, 80), 3)
    assert convolutions(network) == [
        (64, 256, 3, 2, 0, True),
        (256, 128, 3, 2, 0, True),
        (128, 128, 3, 2, 0, True),
        (128, 64, 3, 2, 0, True),
        (64, 3, 3, 1, 1, True),
    ]
    up = ["SameConvTranspose2d", "LeakyReLU"]
    assert names(network) == [
        *["Linear", "LeakyReLU", "Unflatten"],
        *up,
        *up,
        *["SameConvTranspose2d", "BatchNorm2d", "LeakyReLU"],
        *up,
        *["Conv2d", "Sigmoid"],
    ]
    assert sizes(network, torch.randn(2, 64)) == [
        (6 * 5 * 64,),
        (256, 12, 10),
        (128, 24, 20),
        (128, 48, 40),
        (64, 96, 80),
        (3, 96, 80),
    ]
    by_hand = [
        linear(64, 6 * 5 * 64),
        convolution(64, 256, 3),
        convolution(256, 128, 3),
        convolution(128, 128, 3) + norm(128),
        convolution(128, 64, 3),
        convolution(64, 3, 3),
    ]
    assert count(network) == sum(by_hand) == 790_915


def test_discriminator_layer_by_layer():
    network = CelebADiscriminator((96, 80), 3)
    assert [row[:4] for row in convolutions(network)] == [
        (3, 32, 3, 2),
        (32, 64, 3, 2),
        (64, 128, 3, 2),
        (128, 128, 3, 2),
    ]
    down = ["SameConv2d", "LeakyReLU", "Dropout"]
    with_norm = ["SameConv2d", "BatchNorm2d", "LeakyReLU", "Dropout"]
    assert names(network) == [*down, *with_norm, *down, *down, "Flatten", "Linear"]
    steps = [(32, 48, 40), (64, 24, 20), (128, 12, 10), (128, 6, 5), (1,)]
    assert sizes(network, torch.zeros(2, 3, 96, 80)) == steps
    by_hand = [
        convolution(3, 32, 3),
        convolution(32, 64, 3) + norm(64),
        convolution(64, 128, 3),
        convolution(128, 128, 3),
        linear(6 * 5 * 128, 1),
    ]
    assert count(network) == sum(by_hand) == 244_801


def test_slopes_and_dropout():
    generator, discriminator = CelebAGenerator((96, 80), 3), CelebADiscriminator((96, 80), 3)
    layers = [*generator.layers, *discriminator.layers]
    assert {layer.negative_slope for layer in layers if isinstance(layer, nn.LeakyReLU)} == {0.01}
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.1] * 4


def test_same_padding_by_hand():
    """4 x 4 pixels, kernel 3, stride 2: the windows begin at 0 and 2, and only the second one leaves the picture."""
    layer = SameConv2d(1, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    expected = [
        [0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10, 2 + 3 + 6 + 7 + 10 + 11],
        [8 + 9 + 10 + 12 + 13 + 14, 10 + 11 + 14 + 15],
    ]
    assert layer(image).tolist() == [[[[float(number) for number in row] for row in expected]]]


def test_the_transposed_layer_is_the_adjoint():
    """<conv(x), y> = <x, transposed(y)> with the same weights."""
    torch.manual_seed(0)
    down, up = SameConv2d(2, 3), SameConvTranspose2d(3, 2)
    up.weight.data = down.weight.data  # [3,2,3,3] in both
    for layer in (down, up):
        nn.init.zeros_(layer.bias)
    x, y = torch.randn(1, 2, 8, 6), torch.randn(1, 3, 4, 3)
    torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum())


def test_initial_weights_are_those_of_glorot():
    for network in (CelebAGenerator((96, 80), 3), CelebADiscriminator((96, 80), 3)):
        for layer in network.layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                fan = 9 * (layer.in_channels + layer.out_channels)
                limit = (6 / fan) ** 0.5
                assert 0.95 * limit < layer.weight.abs().max() <= limit and layer.bias.abs().max() == 0


@pytest.mark.parametrize("size", [(16, 16), (32, 48), (96, 80), (112, 96)])
def test_other_sizes_and_gray(size):
    images = CelebAGenerator(size, 1, latent_dim=3, width=2)(torch.randn(2, 3))
    assert images.shape == (2, 1, *size) and images.abs().max() <= 1
    assert CelebADiscriminator(size, 1, width=2)(images).shape == (2,)


def test_pictures_reach_both_ends_of_the_range():
    network = CelebAGenerator((16, 16), 3, width=2)
    nn.init.constant_(network.layers[-2].bias, 20.0)
    assert network(torch.randn(2, 64)).min() > 0.99
    nn.init.constant_(network.layers[-2].bias, -20.0)
    assert network(torch.randn(2, 64)).max() < -0.99


def test_a_size_that_is_no_multiple_of_16():
    for network in (CelebAGenerator, CelebADiscriminator):
        with pytest.raises(UsageError, match=r"^--resolution 218x178: .*multiples of 16 .* try 224x176$"):
            network((218, 178), 3)
