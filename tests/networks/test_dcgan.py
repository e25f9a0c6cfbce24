"""DCGAN's layers as published, and every other height and width."""

import pytest
import torch
from torch import nn

from mien.networks.dcgan import DCGANDiscriminator, DCGANGenerator, grow, stages, widths


def convolutions(network):
    """(inputs, outputs, kernel, stride, padding) of each."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    layers = [layer for layer in network.layers if isinstance(layer, kinds)]
    assert all(layer.bias is None for layer in layers)
    return [
        (layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride[0], layer.padding[0])
        for layer in layers
    ]


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def sizes_after_convolutions(network, given):
    sizes = []
    for layer in network.layers:
        given = layer(given)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            sizes.append(tuple(given.shape[1:]))
    return sizes


def test_generator_at_64_is_the_published_one():
    network = DCGANGenerator((64, 64), 3, latent_dim=100, width=64)
    four = (4, 4)
    assert convolutions(network) == [
        (100, 512, four, 1, 0),
        (512, 256, four, 2, 1),
        (256, 128, four, 2, 1),
        (128, 64, four, 2, 1),
        (64, 3, four, 2, 1),
    ]
    assert count(network) == 3_576_704
    assert [type(layer).__name__ for layer in network.layers[:3]] == ["ConvTranspose2d", "BatchNorm2d", "ReLU"]
    assert isinstance(network.layers[-1], nn.Tanh) and isinstance(network.layers[-2], nn.ConvTranspose2d)
    assert sizes_after_convolutions(network, torch.zeros(2, 100, 1, 1)) == [
        (512, 4, 4),
        (256, 8, 8),
        (128, 16, 16),
        (64, 32, 32),
        (3, 64, 64),
    ]


def test_discriminator_at_64_is_the_published_one():
    network = DCGANDiscriminator((64, 64), 3, width=64)
    four = (4, 4)
    assert convolutions(network) == [
        (3, 64, four, 2, 1),
        (64, 128, four, 2, 1),
        (128, 256, four, 2, 1),
        (256, 512, four, 2, 1),
        (512, 1, four, 1, 0),
    ]
    assert count(network) == 2_765_568
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 3, "Conv2d"]
    assert {layer.negative_slope for layer in network.layers if isinstance(layer, nn.LeakyReLU)} == {0.2}


def test_96_is_reached_by_a_step_of_three():
    generator, discriminator = DCGANGenerator((96, 96), 3), DCGANDiscriminator((96, 96), 3)
    assert convolutions(generator)[-1] == (64, 3, (5, 5), 3, 1)
    assert convolutions(discriminator)[0] == (3, 64, (5, 5), 3, 1)
    assert sizes_after_convolutions(generator, torch.zeros(1, 100, 1, 1))[-2:] == [(64, 32, 32), (3, 96, 96)]
    assert sizes_after_convolutions(discriminator, torch.zeros(2, 3, 96, 96))[0] == (64, 32, 32)
    assert len(convolutions(generator)) == 5  # as many layers as at 64


def test_stages_and_widths():
    assert stages((96, 80)) == [(96, 80), (48, 40), (24, 20), (12, 10), (6, 5)]
    assert stages((48, 48)) == [(48, 48), (16, 16), (8, 8), (4, 4)]
    assert stages((8, 8)) == [(8, 8), (4, 4)]
    assert widths(64, 6) == [64, 128, 256, 512, 512, 512]


SIDES = (8, 9, 11, 15, 16, 24, 31, 37, 48, 64, 100, 160)
SIZES = [(a, SIDES[(index * 5 + 3) % len(SIDES)]) for index, a in enumerate(SIDES)]
SIZES += [(side, side) for side in range(8, 65)] + [(96, 80), (112, 92), (37, 53), (160, 8), (8, 160), (96, 96)]


@pytest.mark.parametrize("resolution", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_any_height_and_width(resolution):
    generator = DCGANGenerator(resolution, 1, latent_dim=3, width=1)
    discriminator = DCGANDiscriminator(resolution, 1, width=1)
    images = generator(torch.randn(2, 3))
    assert images.shape == (2, 1, *resolution) and images.abs().max() <= 1
    assert discriminator(images).shape == (2,)
    base = stages(resolution)[-1]
    assert 4 <= min(base) <= 7
    # D walks the sizes down that G walks up.
    up = [size[1:] for size in sizes_after_convolutions(generator, torch.randn(2, 3, 1, 1))]
    down = [size[1:] for size in sizes_after_convolutions(discriminator, images.detach())]
    assert up[::-1] == [resolution, *down[:-1]]


def test_initial_weights_have_the_papers_statistics():
    torch.manual_seed(0)
    for network in (DCGANGenerator((64, 64), 3), DCGANDiscriminator((64, 64), 3)):
        for layer in network.layers:
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.bias.abs().max() == 0
                assert abs(layer.weight.mean() - 1) < 0.02 and 0.01 < layer.weight.std() < 0.03
            elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                margin = 4 * 0.02 / layer.weight.numel() ** 0.5
                assert abs(layer.weight.mean()) < margin and abs(layer.weight.std() - 0.02) < margin


def test_a_grayscale_pair():
    images = DCGANGenerator((16, 16), 1, width=2)(torch.randn(3, 100))
    assert images.shape == (3, 1, 16, 16) and DCGANDiscriminator((16, 16), 1, width=2)(images).shape == (3,)


# --- filtered ---------------------------------------------------------------------------------------------------------


def test_filtered_layers_at_64():
    generator = DCGANGenerator((64, 64), 3, latent_dim=100, width=32, filtered=True)
    discriminator = DCGANDiscriminator((64, 64), 3, width=32, filtered=True)
    three, four = (3, 3), (4, 4)
    up = [(256, 128, three, 2, 0), (128, 64, three, 2, 0), (64, 32, three, 2, 0), (32, 3, three, 2, 0)]
    assert convolutions(generator) == [(100, 256, four, 1, 0), *up]
    down = [(3, 32, three, 2, 0), (32, 64, three, 2, 0), (64, 128, three, 2, 0), (128, 256, three, 2, 0)]
    assert convolutions(discriminator) == [*down, (256, 1, four, 1, 0)]
    norms = 2 * (256 + 128 + 64 + 32)
    assert count(generator) == 100 * 256 * 16 + 9 * (256 * 128 + 128 * 64 + 64 * 32 + 32 * 3) + norms == 798_496
    assert count(discriminator) == 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256) + 256 * 16 + norms - 64 == 392_928


@pytest.mark.parametrize("resolution", SIZES[::3], ids=lambda size: f"{size[0]}x{size[1]}")
def test_filtered_any_height_and_width(resolution):
    images = DCGANGenerator(resolution, 1, latent_dim=3, width=1, filtered=True)(torch.randn(2, 3))
    assert images.shape == (2, 1, *resolution) and images.abs().max() <= 1
    assert DCGANDiscriminator(resolution, 1, width=1, filtered=True)(images).shape == (2,)
    assert 4 <= min(stages(resolution, filtered=True)[-1]) <= 7
    assert stages((96, 96), filtered=True) == [(96, 96), (48, 48), (24, 24), (12, 12), (6, 6)]


def test_a_filtered_layer_leaves_no_checkerboard():
    """Of constant features a strided layer alone makes another value at each of the four places of a 2 x 2 pixel
    pattern; behind the filter they are all alike."""
    torch.manual_seed(0)
    patterns = {}
    for filtered in (False, True):
        layers = grow(8, 1, (8, 8), (16, 16), filtered)
        image = nn.Sequential(*layers)(torch.ones(1, 8, 8, 8)).detach()[0, 0, 4:12, 4:12]
        places = image.unflatten(0, (-1, 2)).unflatten(2, (-1, 2)).mean((0, 2))
        patterns[filtered] = float(places.std() / places.abs().mean())
    assert patterns[False] > 0.1 and patterns[True] < 1e-5
