"""StyleGAN2's networks: widths, parameters, noise, w's mean, minibatch deviation, gradients, bfloat16."""

from itertools import pairwise

import pytest
import torch
from layers import convolution, count, linear
from torch.nn.functional import conv2d, pad

from mien.errors import UsageError
from mien.networks import stylegan2
from mien.networks.resample import downsample2
from mien.networks.smooth import BINOMIAL, smooth
from mien.networks.stylegan2 import (
    Level,
    Mapping,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    minibatch_deviation,
    widths,
)


def generator(resolution=(16, 16), channels=3, seed=0, **settings):
    torch.manual_seed(seed)
    tiny = {"latent_dim": 6, "w_dim": 8, "width": 1, "most": 8, "mapping_layers": 2}
    return StyleGAN2Generator(resolution, channels, **{**tiny, **settings})


def discriminator(resolution=(16, 16), channels=3, seed=0, **settings):
    torch.manual_seed(seed)
    return StyleGAN2Discriminator(resolution, channels, **{"width": 1, "most": 8, **settings})


def noisy(network):
    """With noise as strong as the features; a fresh network has none."""
    for layer in network.modules():
        if isinstance(layer, stylegan2.StyleLayer):
            layer.strength.data.fill_(1.0)
    return network


def test_widths_follow_the_size_of_the_picture():
    assert widths((64, 64), 256, 512) == [512, 512, 512, 512, 256]
    assert widths((256, 256), 256, 512) == [512, 512, 512, 512, 256, 128, 64]
    assert widths((1024, 1024), 512, 512) == [512, 512, 512, 512, 512, 256, 128, 64, 32]  # 32768 / size
    assert widths((96, 80), 16, 128) == [128, 128, 64, 32, 16]
    assert widths((16, 16), 1, 8) == [8, 8, 4]


def generator_by_hand(outputs, mapping_layers):
    total = mapping_layers * linear(512, 512) + 512 * 4 * 4
    for step, (inputs, channels) in enumerate(pairwise([outputs[0], *outputs])):
        if step:
            total += linear(512, inputs) + convolution(inputs, channels, 3) + 1  # 1: the strength of the noise
        total += linear(512, channels) + convolution(channels, channels, 3) + 1
        total += linear(512, channels) + convolution(channels, 3, 1)
    return total


def discriminator_by_hand(outputs):
    total = convolution(3, outputs[-1], 1)
    for inputs, channels in pairwise(outputs[::-1]):
        total += convolution(inputs, inputs, 3) + convolution(inputs, channels, 3)
        total += convolution(inputs, channels, 1, bias=False)
    return total + convolution(513, 512, 3) + linear(512 * 16, 512) + linear(512, 1)


@pytest.mark.parametrize(
    ("size", "mapping_layers", "published"), [(64, 2, (22_243_608, 23_407_361)), (256, 8, (24_767_458, 24_001_089))]
)
def test_parameters_by_hand(size, mapping_layers, published):
    with torch.device("meta"):
        drawing = StyleGAN2Generator((size, size), 3, mapping_layers=mapping_layers)
        judging = StyleGAN2Discriminator((size, size), 3)
    outputs = widths((size, size), 256, 512)
    assert (generator_by_hand(outputs, mapping_layers), discriminator_by_hand(outputs)) == published
    assert (count(drawing), count(judging)) == published
    assert drawing.num_ws == 2 * len(outputs) and len(drawing.levels[0].layers) == 1


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (48, 40), (14, 12), (32, 16)])
def test_other_sizes_and_gray(size):
    images = generator(size, 1)(torch.randn(2, 6))
    assert images.shape == (2, 1, *size) and images.dtype == torch.float32
    assert discriminator(size, 1)(images).shape == (2,)


def test_a_size_that_cannot_be_halved():
    for network in (StyleGAN2Generator, StyleGAN2Discriminator):
        with pytest.raises(UsageError, match=r"^--resolution 100: .* try 96$"):
            network((100, 100), 3)


def test_forward_is_mapping_and_synthesis():
    network = generator().eval()
    z = torch.randn(3, 6)
    w = network.mapping(z)
    assert w.shape == (3, network.num_ws, network.w_dim) == (3, 6, 8)
    assert torch.equal(network(z), network.synthesis(w))


def test_each_style_reaches_the_picture():
    network = generator().eval()
    w = network.mapping(torch.randn(1, 6)).detach()
    for layer in range(network.num_ws):
        other = w.clone()
        other[:, layer] += 1.0
        assert not torch.equal(network.synthesis(other), network.synthesis(w)), layer


def test_the_length_of_z_does_not_matter():
    torch.manual_seed(0)
    mapper, z = Mapping(6, 8, 3), torch.randn(4, 6)
    torch.testing.assert_close(mapper(z), mapper(5 * z))
    x = z / z.square().mean(1, keepdim=True).sqrt()
    for layer in mapper.layers:
        x = 2**0.5 * (x @ layer.weight.T * 0.01 / x.shape[1] ** 0.5)
        x = torch.where(x > 0, x, 0.2 * x)
    torch.testing.assert_close(mapper(z), x)


def test_the_mean_of_w_is_tracked_in_training_only_and_saved():
    network, z = generator(), torch.randn(5, 6)
    w = network.mapping(z)[:, 0].detach()
    torch.testing.assert_close(network.w_mean, 0.005 * w.mean(0))
    network.mapping(z)
    torch.testing.assert_close(network.w_mean, (0.005 + 0.995 * 0.005) * w.mean(0))
    before = network.eval().w_mean.clone()
    network.mapping(z)
    assert torch.equal(network.w_mean, before)
    other = generator(seed=1)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.w_mean, before)


def test_truncation_pulls_w_towards_its_mean():
    network, z = generator().eval(), torch.randn(5, 6)
    network.w_mean.normal_()
    w = network.mapping(z)
    torch.testing.assert_close(network.mapping(z, truncation=0.7), network.w_mean + 0.7 * (w - network.w_mean))
    torch.testing.assert_close(network.mapping(z, truncation=0.0), network.w_mean.expand_as(w))


def test_noise_is_new_in_training_and_the_same_for_all_in_evaluation():
    network, z = noisy(generator()), torch.randn(3, 6)
    first, second = network(z), network(z)
    assert not torch.allclose(first, second)
    same = network(z[:1].expand(2, -1))
    assert not torch.allclose(same[0], same[1])
    network.eval()
    drawn = network(z)
    assert torch.equal(drawn, network(z))
    torch.testing.assert_close(drawn[1:2], network(z[1:2]))  # whatever it is drawn beside
    torch.testing.assert_close(*network(z[:1].expand(2, -1)))


def test_noise_by_hand():
    network = noisy(generator()).eval()
    layer = network.levels[1].layers[1]
    torch.nn.init.normal_(layer.bias)
    x, w = torch.randn(2, 8, 8, 8), torch.randn(2, 8)
    y = layer.convolution(x, w) / 2**0.5 + layer.noise + layer.bias[:, None, None]
    torch.testing.assert_close(layer(x, w), 2**0.5 * torch.where(y > 0, y, 0.2 * y))


def test_a_level_moves_with_its_input():
    """Without noise: features one pixel further, features and picture two pixels further, away from the edges."""
    torch.manual_seed(0)
    level, w = Level(3, 4, (28, 28), 8, 3, base=False).eval(), torch.randn(2, 3, 8)
    x = pad(torch.randn(2, 3, 4, 4), (5, 5, 5, 5))
    for here, there in zip(level(x, w), level(x.roll(1, 2), w)):
        torch.testing.assert_close(there, here.roll(2, 2))


def test_minibatch_deviation_by_hand():
    """Eight pictures, groups of four: 0, 2, 4, 6 and 1, 3, 5, 7."""
    torch.manual_seed(0)
    x = torch.randn(8, 3, 5, 4)
    found = minibatch_deviation(x)
    assert found.shape == (8, 1, 5, 4)
    for index in range(8):
        group = torch.stack([x[other] for other in range(index % 2, 8, 2)])
        expected = (((group - group.mean(0)) ** 2).mean(0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(found[index], expected.expand(1, 5, 4))


def test_minibatch_deviation_over_a_larger_group():
    """Pictures i * ones: of 0 to 7 the deviation is sqrt(5.25), of 0, 2, 4, 6 it is sqrt(5)."""
    x = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 2, 4, 4)
    assert minibatch_deviation(x, most=8).unique().tolist() == pytest.approx([5.25**0.5])
    assert minibatch_deviation(x).unique().tolist() == pytest.approx([5**0.5])
    torch.manual_seed(0)
    discriminator, images = StyleGAN2Discriminator((8, 8), 3, width=1, most=8, group=8), torch.randn(8, 3, 8, 8)
    alone = discriminator(images)
    discriminator.group = 4
    assert not torch.allclose(discriminator(images), alone)


@pytest.mark.parametrize(("count", "groups"), [(6, 2), (9, 3), (4, 1), (3, 1), (10, 5)])
def test_minibatch_deviation_of_odd_batches(count, groups):
    found = minibatch_deviation(torch.randn(count, 2, 4, 4))[:, 0, 0, 0]
    assert found.unique().numel() == groups


def test_pictures_that_are_all_alike_have_no_deviation():
    alike = torch.randn(1, 3, 4, 4).expand(8, -1, -1, -1)
    assert minibatch_deviation(alike).max() == pytest.approx(1e-4)
    torch.testing.assert_close(minibatch_deviation(torch.randn(5, 3, 4, 4)), torch.full((5, 1, 4, 4), 1e-4))


def test_a_residual_block_by_hand():
    torch.manual_seed(0)
    block, x = stylegan2.ResidualBlock(3, 4), torch.randn(2, 3, 8, 6)
    torch.nn.init.normal_(block.conv1.bias)
    torch.nn.init.normal_(block.conv2.bias)

    def answer(x, layer, stride, padding):
        y = conv2d(x, layer.weight / 27**0.5, layer.bias, stride, padding)
        return 2**0.5 * torch.where(y > 0, y, 0.2 * y)

    h = answer(smooth(answer(x, block.conv1, 1, 1), padding=2), block.conv2, 2, 0)
    shortcut = conv2d(downsample2(x, BINOMIAL), block.shortcut.weight / 3**0.5)
    torch.testing.assert_close(block(x), (h + shortcut) / 2**0.5)


def test_second_gradients_of_the_discriminator():
    network = discriminator((8, 8), 1, most=2).double()
    images = torch.randn(2, 1, 8, 8, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(network, images, fast_mode=True)
    assert torch.autograd.gradgradcheck(network, images, fast_mode=True)


def test_second_gradients_of_the_synthesis():
    network = noisy(generator((8, 8), 1, most=2, w_dim=3).double().eval())
    w = torch.randn(2, network.num_ws, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(network.synthesis, w, fast_mode=True)
    assert torch.autograd.gradgradcheck(network.synthesis, w, fast_mode=True)


def test_a_processor_never_computes_in_bfloat16():
    low, high = (generator(bf16_stages=stages).eval() for stages in (9, 0))
    z = torch.randn(2, 6)
    assert torch.equal(low(z), high(z))
    low, high = (discriminator(bf16_stages=stages) for stages in (9, 0))
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(low(images), high(images))


@pytest.mark.parametrize("stages", [1, 2, 9])
def test_in_bfloat16_as_on_a_gpu(stages, monkeypatch):
    """Pictures, logits and all gradients stay float32 and near those of float32, the second ones too."""
    drawing, judging = noisy(generator(bf16_stages=stages)).eval(), discriminator(bf16_stages=stages)
    w = drawing.mapping(torch.randn(4, 6)).detach().requires_grad_()

    def pass_through():
        images = drawing.synthesis(w)
        logits = judging(images)
        (gradient,) = torch.autograd.grad(logits.sum(), w, create_graph=True)
        parts = [*drawing.parameters(), *judging.parameters()]
        second = torch.autograd.grad(gradient.square().sum(), parts, allow_unused=True)
        return [images, logits, gradient, *(part for part in second if part is not None)]

    exact = pass_through()
    monkeypatch.setattr(stylegan2, "at_precision", lambda x, low, full: x.to(torch.bfloat16 if low else full))
    rough = pass_through()
    assert not torch.equal(exact[0], rough[0]) and len(rough) > 20
    assert {part.dtype for part in rough} == {torch.float32}
    for one, other in zip(exact[:3], rough[:3]):
        assert (one - other).norm() < 0.1 * one.norm()
