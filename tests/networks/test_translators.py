"""U-Net, ResNet translator and PatchGAN against their papers: layers, sizes, parameters, what a patch sees."""

from itertools import pairwise

import pytest
import torch
from layers import CONVOLUTIONS, convolution, convolutions, count, norm, sizes
from torch import nn

from mien.errors import UsageError
from mien.networks.norm import normalization
from mien.networks.patchgan import PatchDiscriminator
from mien.networks.resnet_translator import ResNetTranslator
from mien.networks.unet import UNetGenerator, halvings

# --- U-Net ------------------------------------------------------------------------------------------------------------


def test_unet_256_as_published():
    with torch.device("meta"):
        network = UNetGenerator((256, 256), 3)
    widths = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    down = [(a, b, 4, 2, 1, False) for a, b in pairwise(widths)]
    joined = [(512, 512), *[(1024, 512)] * 3, (1024, 256), (512, 128), (256, 64)]
    up = [(*pair, 4, 2, 1, False) for pair in joined]
    assert convolutions(network) == [*down, *up, (128, 3, 4, 2, 1, True)]
    norms = [module.num_channels for module in network.modules() if isinstance(module, nn.GroupNorm)]
    assert norms == [128, 256, 512, 512, 512, 512, 512, 512, 512, 512, 256, 128, 64]
    by_hand = sum(convolution(a, b, 4, False) for a, b in [*pairwise(widths), *joined])
    by_hand += convolution(128, 3, 4) + sum(norm(channels) for channels in norms)
    assert count(network) == by_hand == 54_413_955  # "54.4 M"
    assert sizes(network, torch.empty(1, 3, 256, 256, device="meta"), CONVOLUTIONS)[7] == (512, 1, 1)
    dropped = [index for index, up in enumerate(network.up) if any(isinstance(part, nn.Dropout) for part in up)]
    assert dropped == [0, 1, 2] and network.multiple == 256


@pytest.mark.parametrize("size, times", [((256, 256), 8), ((512, 512), 8), ((64, 64), 6), ((96, 80), 4), ((90, 90), 1)])
def test_how_often_a_size_halves(size, times):
    assert halvings(size) == times


@pytest.mark.parametrize("size", [(16, 16), (96, 80), (24, 40)])
def test_unet_at_other_sizes(size):
    network = UNetGenerator(size, 3, width=2)
    assert network(torch.zeros(1, 3, *size)).shape == (1, 3, *size)
    larger = (size[0] + network.multiple, 2 * network.multiple)
    assert network(torch.zeros(2, 3, *larger)).shape == (2, 3, *larger)
    with pytest.raises(UsageError, match="multiples of 8 for this recipe's networks; try 88"):
        UNetGenerator((90, 90), 3)


def test_a_picture_is_translated_alike_in_any_company():
    torch.manual_seed(0)
    network = UNetGenerator((16, 16), 3, width=4).eval()
    pictures = torch.rand(3, 3, 16, 16) * 2 - 1
    torch.testing.assert_close(network(pictures)[1:2], network(pictures[1:2]))
    network.train()
    assert not torch.equal(network(pictures[1:2]), network(pictures[1:2]))  # dropout
    alone = UNetGenerator((16, 16), 3, width=4, dropout=0.0)
    batch = UNetGenerator((16, 16), 3, width=4, dropout=0.0, norm="batch")
    batch.load_state_dict(alone.state_dict(), strict=False)
    torch.testing.assert_close(batch(pictures[:1]), alone(pictures[:1]))  # at a batch of 1 they are the same


def test_edges_go_across_and_not_through_the_bottom():
    """With the bottom cut off the output still depends on each pixel of the source."""
    torch.manual_seed(0)
    network = UNetGenerator((16, 16), 1, width=2, dropout=0.0).eval()
    nn.init.zeros_(network.up[0][1].weight)
    source = torch.randn(1, 1, 16, 16, requires_grad=True)
    network(source).square().sum().backward()
    assert (source.grad.abs() > 0).float().mean() > 0.9


# --- ResNet -----------------------------------------------------------------------------------------------------------


def test_resnet_9_as_published():
    with torch.device("meta"):
        network = ResNetTranslator((256, 256), 3)
    blocks = [(256, 256, 3, 1, 0, False)] * 18
    down = [(3, 64, 7, 1, 0, False), (64, 128, 3, 2, 1, False), (128, 256, 3, 2, 1, False)]
    up = [(256, 128, 3, 2, 1, False), (128, 64, 3, 2, 1, False), (64, 3, 7, 1, 0, True)]
    assert convolutions(network) == [*down, *blocks, *up]
    weights = sum(convolution(a, b, kernel, False) for a, b, kernel, *_ in [*down, *blocks, *up]) + 3
    norms = norm(64) + norm(128) + norm(256) + 18 * norm(256) + norm(128) + norm(64)
    assert count(network) == weights + norms == 11_383_427  # "11.4 M"
    with torch.device("meta"):
        assert len(convolutions(ResNetTranslator((128, 160), 3))) == 6 + 12  # 6 blocks


@pytest.mark.parametrize("size", [(16, 16), (24, 20)])
def test_resnet_sizes(size):
    network = ResNetTranslator(size, 3, width=2, blocks=1)
    assert network(torch.zeros(1, 3, *size)).shape == (1, 3, *size)
    with pytest.raises(UsageError, match="multiples of 4 for this recipe's networks; try 16"):
        ResNetTranslator((17, 16), 3)


def test_cyclegans_instance_norm_learns_nothing():
    """As torch's InstanceNorm2d has it; only convolutions have weights, and their biases begin as 0."""
    torch.manual_seed(0)
    for network in (
        ResNetTranslator((16, 16), 3, width=2, blocks=1, affine=False),
        PatchDiscriminator((16, 16), 3, width=2, affine=False),
    ):
        kinds = {type(module) for module in network.modules() if list(module.parameters(recurse=False))}
        assert kinds <= {nn.Conv2d, nn.ConvTranspose2d}
    x = torch.randn(3, 5, 6, 7)
    torch.testing.assert_close(normalization("instance", 5, affine=False)(x), nn.InstanceNorm2d(5)(x))
    # (1, 3, 5, 7): mean 4, variance 5
    row = normalization("instance", 1, affine=False)(torch.tensor([[[[1.0, 3.0, 5.0, 7.0]]]]))
    assert row.flatten().tolist() == pytest.approx([-3 / 5**0.5, -1 / 5**0.5, 1 / 5**0.5, 3 / 5**0.5], abs=1e-5)
    assert len(list(normalization("batch", 5, affine=False).parameters())) == 2


@pytest.mark.parametrize("network", [UNetGenerator, ResNetTranslator, PatchDiscriminator])
def test_biases_of_convolutions_begin_as_0_and_weights_as_n_0_02(network):
    torch.manual_seed(0)
    layers = [part for part in network((64, 64), 3).modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)]
    biases = [part.bias for part in layers if part.bias is not None]
    assert biases and not any(bias.any() for bias in biases)
    weights = torch.cat([part.weight.flatten() for part in layers])
    assert (weights.mean().item(), weights.std().item()) == (pytest.approx(0, abs=1e-4), pytest.approx(0.02, rel=0.01))


# --- PatchGAN ---------------------------------------------------------------------------------------------------------


def test_patchgan_as_published():
    network = PatchDiscriminator((256, 256), 3, sees_source=True)
    rows = [(6, 64, 2, True), (64, 128, 2, False), (128, 256, 2, False), (256, 512, 1, False), (512, 1, 1, True)]
    assert convolutions(network) == [(a, b, 4, stride, 1, bias) for a, b, stride, bias in rows]
    by_hand = sum(convolution(a, b, 4, bias) for a, b, _, bias in rows) + norm(128) + norm(256) + norm(512)
    assert count(network) == by_hand == 2_768_705  # "2.8 M"
    images = torch.zeros(2, 3, 256, 256)
    with torch.no_grad():
        assert network(images[:1], images[:1]).shape == (1, 30 * 30)
    assert count(PatchDiscriminator((256, 256), 3)) == by_hand - 3 * 64 * 16


@pytest.mark.parametrize("layers, patch", [(1, 16), (2, 34), (3, 70)])
def test_what_one_logit_sees(layers, patch):
    torch.manual_seed(0)
    network = PatchDiscriminator((128, 128), 1, width=2, layers=layers)
    for module in [part for part in network.layers if isinstance(part, nn.GroupNorm)]:
        network.layers[list(network.layers).index(module)] = nn.Identity()  # its statistics see the whole picture
    image = torch.randn(1, 1, 128, 128, requires_grad=True)
    logits = network(image)
    side = int(logits.shape[1] ** 0.5)
    logits[0, side * (side // 2) + side // 2].backward()
    seen = image.grad[0, 0].abs() > 0
    assert (seen.any(0).sum(), seen.any(1).sum()) == (patch, patch)


@pytest.mark.parametrize("size, patches", [((8, 8), 4), ((16, 16), 4), ((32, 32), 4), ((64, 64), 36), ((16, 24), 8)])
def test_small_pictures_take_fewer_layers(size, patches):
    assert PatchDiscriminator(size, 3, width=2)(torch.zeros(1, 3, *size)).shape == (1, patches)
