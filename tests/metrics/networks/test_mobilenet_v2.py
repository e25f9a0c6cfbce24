"""MobileNetV2 against its paper's table, a forward pass by hand, and numbers of the published weights."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d, relu6

from mien.metrics.extractors import load_extractor, read_tensors
from mien.metrics.networks.folding import folded
from mien.metrics.networks.mobilenet_v2 import MobileNetV2, tensors_of

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "weights" / "mobilenet-v2.safetensors"


def test_parameters():
    """3.5 million, as the authors say."""
    assert sum(p.numel() for p in MobileNetV2().parameters()) == 3_504_872


def named_as_published(random):
    """A file with the published names and shapes, and numbers that keep the signal alive."""
    tensors = {}

    def layer(conv, norm, shape):
        fan_in = shape[1] * shape[2] * shape[3]
        tensors[f"{conv}.weight"] = torch.randn(shape, generator=random) / fan_in**0.5
        for part, low, high in (("weight", 0.8, 1.6), ("bias", -0.1, 0.1), ("running_mean", -0.1, 0.1)):
            tensors[f"{norm}.{part}"] = torch.empty(shape[0]).uniform_(low, high, generator=random)
        tensors[f"{norm}.running_var"] = torch.empty(shape[0]).uniform_(0.5, 1.5, generator=random)
        tensors[f"{norm}.num_batches_tracked"] = torch.tensor(1)

    layer("features.0.0", "features.0.1", (32, 3, 3, 3))
    inputs, index = 32, 1
    for expansion, outputs, count in [
        (1, 16, 1),
        (6, 24, 2),
        (6, 32, 3),
        (6, 64, 4),
        (6, 96, 3),
        (6, 160, 3),
        (6, 320, 1),
    ]:
        for _ in range(count):
            inner, block = inputs * expansion, f"features.{index}.conv"
            first = 0
            if expansion > 1:
                layer(f"{block}.0.0", f"{block}.0.1", (inner, inputs, 1, 1))
                first = 1
            layer(f"{block}.{first}.0", f"{block}.{first}.1", (inner, 1, 3, 3))
            layer(f"{block}.{first + 1}", f"{block}.{first + 2}", (outputs, inner, 1, 1))
            inputs, index = outputs, index + 1
    layer("features.18.0", "features.18.1", (1280, 320, 1, 1))
    tensors["classifier.1.weight"] = torch.randn(1000, 1280, generator=random) / 1280**0.5
    tensors["classifier.1.bias"] = torch.randn(1000, generator=random)
    return tensors


def by_hand(tensors, x):
    """The forward pass by the published names alone; strides as in table 2."""

    def layer(x, conv, norm, stride=1, groups=1, active=True):
        weight = tensors[f"{conv}.weight"]
        x = conv2d(x, weight, None, stride, weight.shape[-1] // 2, groups=groups)
        parts = (tensors[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        x = batch_norm(x, *parts)
        return relu6(x) if active else x

    x = layer(x, "features.0.0", "features.0.1", 2)
    strides = {2: 2, 4: 2, 7: 2, 14: 2}
    for index in range(1, 18):
        block, stride, y = f"features.{index}.conv", strides.get(index, 1), x
        first = 0
        if index > 1:
            y, first = layer(y, f"{block}.0.0", f"{block}.0.1"), 1
        y = layer(y, f"{block}.{first}.0", f"{block}.{first}.1", stride, y.shape[1])
        y = layer(y, f"{block}.{first + 1}", f"{block}.{first + 2}", active=False)
        x = x + y if stride == 1 and x.shape == y.shape else y
    features = layer(x, "features.18.0", "features.18.1").mean((2, 3))
    return features, features @ tensors["classifier.1.weight"].T + tensors["classifier.1.bias"]


@torch.inference_mode()
def test_a_forward_pass_by_hand():
    random = torch.Generator().manual_seed(0)
    published = named_as_published(random)
    shuffled = dict(sorted(published.items()))  # a safetensors file has the order of the alphabet
    network = MobileNetV2().eval()
    network.load_state_dict(tensors_of(shuffled), strict=False)
    images = torch.randn(2, 3, 64, 64, generator=random)
    expected = by_hand(published, images)
    for found, wanted in zip(network(images), expected):
        torch.testing.assert_close(found, wanted)
    for found, wanted in zip(folded(network)(images), expected):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_pictures_become_imagenets_numbers():
    pixels = torch.tensor([0.0, 127.5, 255.0]).view(1, 3, 1, 1)
    found = MobileNetV2().prepare(pixels).flatten().tolist()
    assert found == pytest.approx([-0.485 / 0.229, (0.5 - 0.456) / 0.224, (1 - 0.406) / 0.225])


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the published weights")
@torch.inference_mode()
def test_the_published_weights():
    """Numbers of a ramp, from the forward pass by hand."""
    network = MobileNetV2().eval()
    network.load_state_dict(tensors_of(read_tensors(PUBLISHED)), strict=False)
    ramp = ((torch.arange(3 * 224 * 224).float() % 251) / 125 - 1).view(1, 3, 224, 224)
    features, logits = network(ramp)
    assert features.sum().item() == pytest.approx(360.20792, rel=1e-4) and logits.argmax().item() == 905
    assert features[0, :3].tolist() == pytest.approx([0.0442906, 0.8226135, 1.9653916], rel=1e-3)
    extractor = load_extractor("mobilenet-v2", PUBLISHED, "clean", torch.device("cpu"))
    assert extractor.name == "mobilenet-v2" and not extractor.published  # another file with the same numbers
