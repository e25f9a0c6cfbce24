"""FID's Inception: counts, shapes, the ported arithmetic, and folding that changes nothing."""

import pytest
import torch

from mien.metrics.networks.folding import ConvNorm, folded
from mien.metrics.networks.inception import Block8, Block17, Block35, Inception, To8, To17, largest_pool, mean_pool


def shaken(network):
    """Statistics and scales that a fresh batch norm has not."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
    return network.eval()


def test_parameters():
    """torchvision's 21,785,568 without head and auxiliary classifier, and 2048 x 1008 + 1008 of the head."""
    assert sum(p.numel() for p in Inception().parameters()) == 21_785_568 + 2048 * 1008 + 1008


@pytest.mark.parametrize(
    "block, inputs, outputs, sides",
    [
        (Block35(192, 32), 192, 256, (35, 35)),
        (Block35(288, 64), 288, 288, (35, 35)),
        (To17(288), 288, 768, (35, 17)),
        (Block17(768, 160), 768, 768, (17, 17)),
        (To8(768), 768, 1280, (17, 8)),
        (Block8(1280, mean_pool), 1280, 2048, (8, 8)),
    ],
)
def test_blocks(block, inputs, outputs, sides):
    with torch.inference_mode():
        found = block.eval()(torch.randn(1, inputs, sides[0], sides[0]))
    assert found.shape == (1, outputs, sides[1], sides[1])


def test_pools():
    """The padding counts in neither: a plain area stays plain up to its edge."""
    plain = torch.full((1, 1, 4, 4), -3.0)
    assert torch.equal(mean_pool(plain), plain) and torch.equal(largest_pool(plain), plain)
    assert mean_pool(torch.arange(4.0).view(1, 1, 2, 2)).tolist() == [[[[1.5, 1.5], [1.5, 1.5]]]]


def test_the_last_block_alone_takes_the_maximum():
    network = Inception()
    assert (network.Mixed_7b.pool, network.Mixed_7c.pool) == (mean_pool, largest_pool)


def test_folding_changes_nothing():
    network = shaken(Inception())
    images = torch.randn(2, 3, 107, 107)
    with torch.inference_mode():
        features, logits = network(images)
        again, logits_again = folded(network)(images.contiguous(memory_format=torch.channels_last))
    assert features.shape == (2, 2048) and logits.shape == (2, 1008)
    assert torch.allclose(features, again, rtol=1e-4, atol=1e-5)
    assert torch.allclose(logits, logits_again, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())


def test_logits_have_no_bias():
    network = shaken(Inception())
    torch.nn.init.constant_(network.fc.bias, 100.0)
    with torch.inference_mode():
        features, logits = network(torch.randn(1, 3, 107, 107))
        assert torch.allclose(logits, features @ network.fc.weight.T)


def test_conv_norm_by_hand():
    """(2 x - 1) / sqrt(3.999 + 0.001) * 3 + 0.5"""
    layer = ConvNorm(torch.nn.Conv2d(1, 1, 1, bias=False)).eval()
    layer.conv.weight.data.fill_(2.0)
    layer.bn.running_mean.fill_(1.0)
    layer.bn.running_var.fill_(3.999)
    layer.bn.weight.data.fill_(3.0)
    layer.bn.bias.data.fill_(0.5)
    x = torch.tensor([[[[0.0, 5.0]]]])
    for network in (layer, folded(layer)):
        assert torch.allclose(network(x), torch.tensor([[[[-1.0, 14.0]]]]), atol=1e-5)
