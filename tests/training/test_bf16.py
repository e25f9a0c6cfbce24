"""Convolutions in bfloat16: what they round, what stays in float32, and that a resume has the same bits."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

import mien
from mien import recipes
from mien.batch import Batch
from mien.training.bf16 import convolve_in_bf16, in_float32

CPU = torch.device("cpu")
SMALL = ("generator.width=4", "discriminator.width=4")


@pytest.fixture
def fast(monkeypatch):
    """Any processor computes in bfloat16; most are slow."""
    monkeypatch.setattr("mien.training.bf16.has_fast_bfloat16", lambda device: True)


def layers():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 4, 3), nn.Conv2d(4, 4, 3, groups=4)
    )


def test_a_convolution_rounds_its_input_and_its_weight(fast):
    layer, x = nn.Conv2d(3, 8, 3), torch.randn(2, 3, 8, 8)
    exact = conv2d(x.double(), layer.weight.double(), layer.bias.double())
    rounded = conv2d(
        x.bfloat16().double(), layer.weight.bfloat16().double(), layer.bias.bfloat16().double()
    )  # the products of 8 bits are exact; the sum has 24 bits, the result 8
    convolve_in_bf16(layer, CPU)
    found = layer(x)
    assert found.dtype == torch.float32
    assert torch.equal(found, found.bfloat16().float()), "the result has 8 bits"
    torch.testing.assert_close(found.double(), rounded, rtol=2**-7, atol=2**-8)
    assert 1e-4 < (found - exact).abs().max() < 0.05


def test_all_else_is_in_float32(fast):
    network = layers()
    convolve_in_bf16(network, CPU)
    seen = {}
    for name, layer in network.named_children():
        layer.register_forward_hook(lambda layer, inputs, result, name=name: seen.update({name: result}), prepend=True)
    network(torch.randn(2, 3, 8, 8)).sum().backward()
    assert {name: result.dtype for name, result in seen.items()} == {
        "0": torch.bfloat16,
        "1": torch.float32,
        "2": torch.bfloat16,
        "3": torch.float32,  # depthwise
    }
    assert {parameter.grad.dtype for parameter in network.parameters()} == {torch.float32}
    assert not torch.is_autocast_enabled("cpu")


def test_an_averaged_network_and_an_exact_step_are_in_float32(fast):
    network, x = layers(), torch.randn(2, 3, 8, 8)
    plain = network(x)
    evaluated = network.eval()(x)
    convolve_in_bf16(network, CPU)
    assert torch.equal(network(x), evaluated)
    network.train()
    with in_float32(True):
        assert torch.equal(network(x), plain)
    assert not torch.equal(network(x), plain)


def test_an_error_leaves_no_reduced_precision(fast):
    layer = nn.Conv2d(3, 8, 3)
    convolve_in_bf16(layer, CPU)
    with pytest.raises(RuntimeError):
        layer(torch.randn(2, 4, 8, 8))
    assert not torch.is_autocast_enabled("cpu")


def test_a_slow_device_ignores_it(monkeypatch):
    monkeypatch.setattr("mien.training.bf16.has_fast_bfloat16", lambda device: False)
    network, x = layers(), torch.randn(2, 3, 8, 8)
    plain = network(x)
    convolve_in_bf16(network, CPU)
    assert torch.equal(network(x), plain)


def gradients(bf16, steps):
    """The discriminator's gradient after some steps. R1 is due in the first of two."""
    recipe = recipes.find("dcgan-laptop").override((*SMALL, "discriminator.terms.r1.every=2", f"bf16={bf16}"))
    training = recipe.replace(resolution=(16, 16), batch_size=4).build(CPU)
    player = training.players[0]
    image = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    player.steps = steps - 1
    player.update(iter([Batch(image, seed=1)] * player.updates), 0)
    return torch.cat([gradient.flatten() for gradient in player.gradients()])


def test_a_step_with_a_penalty_is_in_float32(fast):
    assert torch.equal(gradients("true", 1), gradients("false", 1))
    reduced, plain = gradients("true", 2), gradients("false", 2)
    assert 1e-4 < (reduced - plain).norm() / plain.norm() < 0.2


@pytest.mark.parametrize(
    "is_fast, line",
    [(True, "on cpu, convolutions in bfloat16"), (False, "on cpu (bf16=true is ignored: bfloat16 is slow there)")],
)
def test_the_summary_names_it(is_fast, line, faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mien.trainer.summary.has_fast_bfloat16", lambda device: is_fast)
    settings = [*SMALL, "bf16=true"]
    mien.train("dcgan", data=str(faces), resolution="16", outdir=str(tmp_path), budget="8img", batch=8, set=settings)
    assert line in capsys.readouterr().err
