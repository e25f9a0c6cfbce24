"""Exported files give mien's own images, say how they are used, and are not written when they differ."""

import json

import numpy as np
import pytest
import torch
from conditional_run import ATTRIBUTES, LATENT, conditional_run
from fake_run import make_run
from PIL import Image
from torch import nn

import mien
from mien import cli, recipes
from mien.exporters import graphs, programs
from mien.inference.generator import Generator, load
from mien.inference.translator import Translator
from mien.networks.resample import upsample2


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    return conditional_run(tmp_path_factory.mktemp("runs"), ATTRIBUTES).path


@pytest.fixture(scope="module")
def onnx_file(conditional):
    """The ONNX file of a conditional DCGAN: it is made once."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert cli.run(["export", str(conditional), "--to", "onnx"]) == 0
    return conditional / "exported" / "generator.onnx"


def test_onnx_gives_the_images_of_mien_generate(conditional, onnx_file):
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_file)
    generator = load(conditional)
    for batch, truncation in ((1, 0.5), (2, 1.0), (8, 0.0), (13, 1.7)):
        latents = generator.latents(range(batch)).numpy()
        feed = {"z": latents[:, :LATENT], "label": latents[:, LATENT:], "truncation": np.float32(truncation)}
        (images,) = session.run(["image"], {name: np.asarray(one) for name, one in feed.items()})
        made = (images * 127.5 + 127.5).round().clip(0, 255).transpose(0, 2, 3, 1)
        expected = generator.pixels(range(batch), truncation).astype(int)
        assert made.shape == expected.shape and np.abs(made - expected).max() <= 1
        assert expected.std() > 5  # images, not plain areas


def test_the_file_says_what_it_takes_and_its_usage_runs(onnx_file, monkeypatch):
    import onnx

    found = {one.key: one.value for one in onnx.load(onnx_file).metadata_props}
    facts, inputs = json.loads(found["mien"]), json.loads(found["inputs"])
    assert (facts["recipe"], facts["kimg"], facts["precision"]) == ("dcgan", 3.0, "fp32")
    assert facts["condition"] == {"kind": "attributes", "dim": 3, "names": list(ATTRIBUTES.names)}
    shapes = {one["name"]: one["shape"] for one in inputs}
    assert shapes == {"z": ["batch", LATENT], "truncation": [], "label": ["batch", 3]}
    assert json.loads(found["output"])["shape"] == ["batch", 3, 16, 16]
    monkeypatch.chdir(onnx_file.parent)
    exec(found["usage"], {})
    assert Image.open("first.png").size == (16, 16)


def test_mapping_and_synthesis_apart_with_noise_as_an_input(tmp_path):
    """The modules before they become programs; tests/export_all.py writes and runs the files of every recipe."""
    generator = load(conditional_run(tmp_path, ATTRIBUTES, "stylegan2").path)
    mapping, synthesis = graphs.of_generator(generator, split=True, half=False, noise_inputs=True)
    assert (mapping.name, synthesis.name) == ("mapping", "synthesis")
    assert [one.name for one in mapping.inputs] == ["z", "truncation", "label"]
    layers = [one for one in generator.network.modules() if isinstance(one, graphs.StyleLayer)]
    assert [one.name for one in synthesis.inputs] == ["w", *(f"noise_{place}" for place in range(len(layers)))]
    mapping.module.eval(), synthesis.module.eval()
    latents = generator.latents(range(5))
    w = mapping.module(latents[:, :LATENT], torch.tensor(0.6), latents[:, LATENT:])
    torch.testing.assert_close(w, generator.mapping(latents, 0.6), atol=1e-5, rtol=0)
    inputs = synthesis.example(5)
    expected = generator.synthesis(inputs[0])
    torch.testing.assert_close(synthesis.module(*inputs), expected, atol=1e-5, rtol=0)  # the example is the fixed noise
    for one in synthesis.module.modules():
        if isinstance(one, graphs.StyleLayer):
            one.strength.requires_grad_(False).add_(1.0)
    silent = synthesis.module(inputs[0], *(torch.zeros_like(one) for one in inputs[1:]))
    torch.testing.assert_close(silent, expected, atol=1e-5, rtol=0)  # a fresh generator's strength is 0
    assert (synthesis.module(*inputs) - expected).abs().max() > 0.1


def test_a_translator_takes_other_sizes():
    recipe = recipes.find("pix2pix").override(("generator.width=2", "discriminator.width=2", "resolution=16x24"))
    torch.manual_seed(0)
    states = {name: dict(one.state_dict()) for name, one in recipe.build_game().generators.items()}
    translator = Translator(recipe, "run", 8, states, torch.device("cpu"))
    (graph,) = graphs.of_translator(translator, half=False)
    assert (graph.name, graph.multiple) == ("translate-A-to-B", 8)
    _, run = programs.torch_bytes(graph, {})
    source = torch.rand(3, 3, 32, 8)
    torch.testing.assert_close(run((source,)), translator.networks["G"](source), atol=1e-5, rtol=0)


class Counting(nn.Module):
    """A generator of a user that turns the batch size into a constant."""

    latent_dim = 4

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3 * 16 * 16)

    def forward(self, z, label=None):
        return self.layer(z).reshape(len(z), 3, 16, 16)


def tiny_generator() -> Generator:
    recipe = recipes.find("dcgan").override(("resolution=16x16", "generator.width=4"))
    return Generator(recipe, "run", 8, dict(recipe.build_generator().state_dict()), torch.device("cpu"))


def test_a_fixed_batch_size_is_an_error_with_its_cure():
    generator = tiny_generator()
    generator.network = generator.noise_generator = Counting()
    generator.latent_dim = 4
    (graph,) = graphs.of_generator(generator, split=False, half=False, noise_inputs=False)
    with pytest.raises(
        mien.MienError, match=r"generator cannot be exported: .*write z.shape\[0\] in place of len\(z\)"
    ):
        programs.traced(graph)


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch, capsys):
    run = make_run(tmp_path).path
    monkeypatch.setattr(programs, "LIMITS", {False: -1.0, True: -1.0})
    assert cli.run(["export", str(run), "--to", "torch"]) == 74
    assert "generator was not written: its numbers differ from mien's by" in capsys.readouterr().err
    assert not (run / "exported").exists()


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            ("--precision", "fp16"),
            "--precision fp16 belongs to --to onnx: a program of PyTorch has .half() of its own",
        ),
        (("--split",), "--split: dcgan has no mapping network: leave it out"),
        (("--noise", "input"), "--noise input: dcgan has no layers of noise: leave it out"),
        (("--output", "a.onnx"), "--output a.onnx: --to torch writes .pt2: name a folder or a file of that ending"),
    ],
)
def test_flags_that_do_not_suit(flags, message, tmp_path, capsys):
    assert cli.run(["export", str(make_run(tmp_path).path), "--to", "torch", *flags]) == 2
    assert capsys.readouterr().err == f"mien: {message}\n"


class Doubling(nn.Module):
    """A generator of a user that doubles the size of z's image."""

    latent_dim = 192

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, z, label=None):
        return upsample2(z.reshape(-1, 3, 8, 8) * self.gain)


def test_no_tensor_of_a_trace_stays_behind():
    """The filters of the resampling are cached; a cached tensor of a trace has no numbers."""
    generator = tiny_generator()
    generator.network = generator.noise_generator = Doubling()
    generator.latent_dim = 192
    before = generator.pixels([0], batch_size=1)
    (graph,) = graphs.of_generator(generator, split=False, half=False, noise_inputs=False)
    programs.traced(graph)
    assert np.array_equal(generator.pixels([0], batch_size=1), before)
