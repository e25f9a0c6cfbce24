"""The homework's layers as published, their other sizes, and the instance norm of WGAN-GP."""

import pytest
import torch
from layers import convolution, convolutions, count, linear, names, norm, sizes
from torch import nn

from mien.config.serialization import decode, encode
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.networks.hw6 import HW6Discriminator, HW6Generator


def test_generator_layer_by_layer():
    network = HW6Generator((64, 64), 3)
    assert convolutions(network) == [
        (512, 256, 5, 2, 2, False),
        (256, 128, 5, 2, 2, False),
        (128, 64, 5, 2, 2, False),
        (64, 3, 5, 2, 2, False),
    ]
    assert {one.output_padding for one in network.layers if isinstance(one, nn.ConvTranspose2d)} == {(1, 1)}
    assert names(network) == [
        *["Linear", "BatchNorm1d", "ReLU", "Unflatten"],
        *["ConvTranspose2d", "BatchNorm2d", "ReLU"] * 3,
        *["ConvTranspose2d", "Tanh"],
    ]
    assert sizes(network, torch.randn(2, 100)) == [(8192,), (256, 8, 8), (128, 16, 16), (64, 32, 32), (3, 64, 64)]
    by_hand = [
        linear(100, 512 * 4 * 4, bias=False) + norm(512 * 4 * 4),
        convolution(512, 256, 5, bias=False) + norm(256),
        convolution(256, 128, 5, bias=False) + norm(128),
        convolution(128, 64, 5, bias=False) + norm(64),
        convolution(64, 3, 5, bias=False),
    ]
    assert count(network) == sum(by_hand) == 5_142_080
    assert {name for name, _ in network.named_parameters() if name.endswith("bias")} == {
        f"layers.{norm}.bias"
        for norm in (1, 5, 8, 11)  # of the norms alone
    }


def test_a_snapshot_of_version_0_1_0_keeps_its_last_bias():
    spec = decode({"class": "mien.networks.hw6:HW6Generator", "latent_dim": 8, "width": 4})
    network = spec.build(resolution=(16, 16), channels=3)
    assert "layers.7.bias" in network.state_dict() and network.layers[7].bias.shape == (3,)
    assert decode(encode(spec)).arguments["output_bias"] is True
    assert encode(Spec(HW6Generator))["output_bias"] is False


@pytest.mark.parametrize("kind, layer", [("batch", "BatchNorm2d"), ("instance", "GroupNorm")])
def test_discriminator_layer_by_layer(kind, layer):
    network = HW6Discriminator((64, 64), 3, norm=kind)
    assert convolutions(network) == [
        (3, 64, 4, 2, 1, True),
        (64, 128, 4, 2, 1, True),
        (128, 256, 4, 2, 1, True),
        (256, 512, 4, 2, 1, True),
        (512, 1, 4, 1, 0, True),
    ]
    assert names(network) == ["Conv2d", "LeakyReLU", *["Conv2d", layer, "LeakyReLU"] * 3, "Conv2d"]
    assert {one.negative_slope for one in network.layers if isinstance(one, nn.LeakyReLU)} == {0.2}
    steps = [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (1, 1, 1)]
    assert sizes(network, torch.zeros(2, 3, 64, 64)) == steps
    by_hand = [
        convolution(3, 64, 4),
        convolution(64, 128, 4) + norm(128),
        convolution(128, 256, 4) + norm(256),
        convolution(256, 512, 4) + norm(512),
        convolution(512, 1, 4),
    ]
    assert count(network) == sum(by_hand) == 2_766_529


def test_one_channel_a_group_is_instance_norm():
    torch.manual_seed(0)
    network = HW6Discriminator((32, 32), 3, width=4, norm="instance")
    ours = next(layer for layer in network.layers if isinstance(layer, nn.GroupNorm))
    nn.init.normal_(ours.weight)
    nn.init.normal_(ours.bias)
    theirs = nn.InstanceNorm2d(8, affine=True)
    theirs.load_state_dict(ours.state_dict())
    features = torch.randn(5, 8, 6, 7)
    torch.testing.assert_close(ours(features), theirs(features), rtol=1e-5, atol=1e-6)


def test_with_instance_norm_a_score_depends_on_its_picture_alone():
    torch.manual_seed(0)
    images = torch.randn(4, 3, 32, 32)
    for kind, alone in (("instance", True), ("batch", False)):
        network = HW6Discriminator((32, 32), 3, width=4, norm=kind)
        assert torch.allclose(network(images)[:2], network(images[:2]), atol=1e-5) == alone


def test_initial_weights():
    torch.manual_seed(0)
    for network in (HW6Generator((64, 64), 3), HW6Discriminator((64, 64), 3)):
        for layer in network.layers:
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.bias.abs().max() == 0 and abs(layer.weight.mean() - 1) < 0.02
                assert 0.01 < layer.weight.std() < 0.03
            elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                margin = 4 * 0.02 / layer.weight.numel() ** 0.5
                assert abs(layer.weight.mean()) < margin and abs(layer.weight.std() - 0.02) < margin
    start = HW6Generator((64, 64), 3).layers[1]
    assert abs(start.weight.mean() - 1) < 0.001 and abs(start.weight.std() - 0.02) < 0.001
    assert start.bias.abs().max() == 0


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (48, 48), (96, 80), (96, 96), (128, 128), (16, 40), (112, 96)])
def test_other_sizes_and_gray(size):
    images = HW6Generator(size, 1, latent_dim=3, width=1)(torch.randn(2, 3))
    assert images.shape == (2, 1, *size) and images.abs().max() <= 1
    assert HW6Discriminator(size, 1, width=1)(images).shape == (2,)


def test_widths_stop_at_eight_times_the_first():
    assert [row[:2] for row in convolutions(HW6Discriminator((128, 128), 3, width=2))] == [
        *[(3, 2), (2, 4), (4, 8), (8, 16)],
        *[(16, 16), (16, 1)],
    ]


def test_a_size_that_cannot_be_halved():
    for network in (HW6Generator, HW6Discriminator):
        with pytest.raises(UsageError, match=r"^--resolution 100: .* try 96$"):
            network((100, 100), 3)
