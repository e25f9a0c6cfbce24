"""SNGAN-64's layers, spectral normalization, and what of it is saved."""

from itertools import pairwise

import pytest
import torch
from layers import convolution, convolutions, count, linear, norm, sizes
from torch.nn.functional import avg_pool2d

from mien.errors import UsageError
from mien.networks.sngan import ShrinkingBlock, SNGANDiscriminator, SNGANGenerator, doubled

WIDTHS = [64, 128, 256, 512, 1024]


def test_generator_layer_by_layer():
    network = SNGANGenerator((64, 64), 3)
    down = WIDTHS[::-1]
    rows, by_hand = [], linear(128, 1024 * 4 * 4)
    for inputs, outputs in pairwise(down):
        rows += [(inputs, outputs, 3, 1, 1, True), (outputs, outputs, 3, 1, 1, True), (inputs, outputs, 1, 1, 0, True)]
        by_hand += norm(inputs) + norm(outputs)
        by_hand += convolution(inputs, outputs, 3) + convolution(outputs, outputs, 3) + convolution(inputs, outputs, 1)
    by_hand += norm(64) + convolution(64, 3, 3)
    assert convolutions(network) == [*rows, (64, 3, 3, 1, 1, True)]
    assert count(network) == by_hand == 12_220_675
    blocks = sizes(network, torch.randn(2, 128), kinds=(type(network.blocks[0]),))
    assert blocks == [(512, 8, 8), (256, 16, 16), (128, 32, 32), (64, 64, 64)]


def test_discriminator_layer_by_layer():
    network = SNGANDiscriminator((64, 64), 3)
    rows = [(3, 64, 3, 1, 1, True), (64, 64, 3, 1, 1, True), (3, 64, 1, 1, 0, True)]
    by_hand = convolution(3, 64, 3) + convolution(64, 64, 3) + convolution(3, 64, 1)
    for inputs, outputs in pairwise(WIDTHS):
        rows += [(inputs, inputs, 3, 1, 1, True), (inputs, outputs, 3, 1, 1, True), (inputs, outputs, 1, 1, 0, True)]
        by_hand += convolution(inputs, inputs, 3) + convolution(inputs, outputs, 3) + convolution(inputs, outputs, 1)
    by_hand += linear(1024, 1)
    assert convolutions(network) == rows
    assert count(network) == by_hand == 10_141_441
    blocks = sizes(network, torch.zeros(2, 3, 64, 64), kinds=(ShrinkingBlock,))
    assert blocks == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (1024, 2, 2)]


def test_every_weight_of_the_discriminator_is_normalized_and_none_of_the_generator():
    discriminator, generator = SNGANDiscriminator((16, 16), 3, width=2), SNGANGenerator((16, 16), 3, width=2)
    matrices = [name for name, part in discriminator.named_parameters() if part.ndim > 1]
    assert len(matrices) == 3 * 3 + 1 and all(name.endswith(".parametrizations.weight.original") for name in matrices)
    assert not any("parametrizations" in name for name, _ in generator.named_parameters())


def test_the_largest_singular_value_is_one():
    torch.manual_seed(0)
    network = SNGANDiscriminator((16, 16), 3, width=4)
    with torch.no_grad():
        for part in network.parameters():
            part.mul_(7.0)
        for _ in range(100):
            network(torch.randn(1, 3, 16, 16))
    network.eval()
    for block in network.blocks:
        for layer in (block.conv1, block.conv2, block.shortcut):
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1.0, abs=0.02)
    assert torch.linalg.vector_norm(network.last.weight).item() == pytest.approx(1.0, abs=1e-5)


def test_one_power_iteration_by_hand():
    """v = W^T u / |W^T u|, u = W v / |W v|, sigma = u^T W v (Miyato et al. 2018, algorithm 1)."""
    torch.manual_seed(0)
    network = SNGANDiscriminator((16, 16), 3, width=4)
    layer = network.blocks[1].conv2
    matrix = layer.parametrizations.weight.original.detach().flatten(1)
    before = layer.parametrizations.weight[0]._u.clone()
    v = matrix.T @ before
    v = v / v.norm()
    u = matrix @ v
    u = u / u.norm()
    weight = layer.weight  # a look in training mode is one iteration
    torch.testing.assert_close(weight.detach().flatten(1), matrix / (u @ matrix @ v))
    torch.testing.assert_close(layer.parametrizations.weight[0]._u, u)


def test_iterates_in_training_only_and_its_vectors_are_saved():
    torch.manual_seed(0)
    network, other = (SNGANDiscriminator((16, 16), 3, width=4) for _ in range(2))
    images = torch.randn(2, 3, 16, 16)
    network(images)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    assert len(before) == 2 * (3 * 3 + 1)
    network.eval()(images)
    assert all(torch.equal(before[name], buffer) for name, buffer in network.named_buffers())
    network.train()(images)
    moved = [name for name, buffer in network.named_buffers() if not torch.equal(before[name], buffer)]
    assert {f"blocks.1.conv2.parametrizations.weight.0._{vector}" for vector in "uv"} <= {*moved}
    other.load_state_dict(network.state_dict())
    for _ in range(3):
        assert torch.equal(network(images), other(images))


def test_the_shortcut_may_stand_on_the_small_side():
    """As published it is convolved first and averaged, or repeated first and convolved, on four times the pixels."""
    torch.manual_seed(0)
    block = ShrinkingBlock(4, 6, first=False).eval()
    generator = SNGANGenerator((16, 16), 3, width=2)
    x = torch.randn(2, 4, 8, 8)
    torch.testing.assert_close(avg_pool2d(block.shortcut(x), 2), block.shortcut(avg_pool2d(x, 2)))
    shortcut = generator.blocks[-1].shortcut
    assert torch.allclose(shortcut(doubled(x)), doubled(shortcut(x)), atol=1e-6)


def test_a_block_by_hand():
    torch.manual_seed(0)
    x = torch.randn(2, 4, 8, 8)
    for first in (True, False):
        block = ShrinkingBlock(4, 6, first).eval()
        h = block.conv2(block.conv1(x if first else x.relu()).relu())
        torch.testing.assert_close(block(x), avg_pool2d(h + block.shortcut(x), 2))


def test_initial_weights_are_those_of_glorot():
    generator = SNGANGenerator((64, 64), 3)
    for layer, gain in ((generator.blocks[1].conv1, 2**0.5), (generator.blocks[1].shortcut, 1), (generator.last, 1)):
        fan = layer.kernel_size[0] ** 2 * (layer.in_channels + layer.out_channels)
        limit = gain * (6 / fan) ** 0.5
        assert 0.95 * limit < layer.weight.abs().max() <= limit and layer.bias.abs().max() == 0


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (48, 48), (96, 80), (96, 96), (128, 128), (112, 96)])
def test_other_sizes_and_gray(size):
    images = SNGANGenerator(size, 1, latent_dim=3, width=1)(torch.randn(2, 3))
    assert images.shape == (2, 1, *size) and images.abs().max() <= 1
    assert SNGANDiscriminator(size, 1, width=1)(images).shape == (2,)


def test_a_size_that_cannot_be_halved():
    for network in (SNGANGenerator, SNGANDiscriminator):
        with pytest.raises(UsageError, match=r"^--resolution 100: .* try 96$"):
            network((100, 100), 3)
