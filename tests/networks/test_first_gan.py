"""The naive GAN's layers, as the table of recipes has them."""

import pytest
import torch
from layers import convolution, convolutions, count, linear, names, sizes
from torch import nn

from mien.errors import UsageError
from mien.networks.first_gan import FirstDiscriminator, FirstGenerator


def test_generator_layer_by_layer():
    network = FirstGenerator((64, 64), 3)
    assert convolutions(network) == [
        (32, 128, 4, 2, 1, True),
        (128, 128, 4, 1, 1, True),
        (128, 128, 4, 2, 1, True),
        (128, 64, 4, 1, 1, True),
        (64, 3, 4, 1, 3, True),
    ]
    assert names(network) == [
        *["Linear", "Unflatten", "ReLU"],
        *["ConvTranspose2d", "Conv2d", "ReLU"] * 2,
        *["Conv2d", "Tanh"],
    ]
    assert sizes(network, torch.zeros(2, 100)) == [
        (32 * 16 * 16,),
        (128, 32, 32),
        (128, 31, 31),
        (128, 62, 62),
        (64, 61, 61),
        (3, 64, 64),
    ]
    by_hand = [
        linear(100, 32 * 16 * 16),
        convolution(32, 128, 4),
        convolution(128, 128, 4),
        convolution(128, 128, 4),
        convolution(128, 64, 4),
        convolution(64, 3, 4),
    ]
    assert count(network) == sum(by_hand) == 1_551_811


def test_discriminator_layer_by_layer():
    network = FirstDiscriminator((64, 64), 3)
    assert convolutions(network) == [
        (3, 32, 4, 2, 0, True),
        (32, 64, 4, 2, 0, True),
        (64, 128, 4, 2, 0, True),
        (128, 256, 4, 2, 0, True),
    ]
    assert names(network) == [*["Conv2d", "ReLU"] * 4, "Flatten", "Linear"]
    assert sizes(network, torch.zeros(2, 3, 64, 64)) == [(32, 31, 31), (64, 14, 14), (128, 6, 6), (256, 2, 2), (1,)]
    by_hand = [
        convolution(3, 32, 4),
        convolution(32, 64, 4),
        convolution(64, 128, 4),
        convolution(128, 256, 4),
        linear(256 * 2 * 2, 1),
    ]
    assert count(network) == sum(by_hand) == 691_169


def test_no_norm_anywhere():
    for network in (FirstGenerator((64, 64), 3), FirstDiscriminator((64, 64), 3)):
        assert not [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d | nn.GroupNorm)]


@pytest.mark.parametrize("size", [(48, 48), (48, 100), (96, 80), (128, 64)])
def test_other_sizes_and_gray(size):
    images = FirstGenerator(size, 1, latent_dim=3, width=2)(torch.randn(2, 3))
    assert images.shape == (2, 1, *size) and images.abs().max() <= 1
    assert FirstDiscriminator(size, 1, width=2)(images).shape == (2,)


@pytest.mark.parametrize("size, near", [((16, 16), "48"), ((44, 64), "48x64"), ((63, 63), "64"), ((66, 80), "64x80")])
def test_sizes_that_do_not_work_out(size, near):
    for network in (FirstGenerator, FirstDiscriminator):
        with pytest.raises(UsageError, match=rf"multiples of 4 from 48 on for this recipe's networks; try {near}$"):
            network(size, 3, width=2)
