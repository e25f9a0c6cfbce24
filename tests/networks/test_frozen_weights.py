"""A user's frozen backbone is neither trained nor saved, and no run goes on with another one."""

import shutil

import pytest
import torch
from exact import assert_equal
from safetensors.torch import load_file, save_file

import mien
from mien import cli
from mien.config import serialization
from mien.networks.frozen_weights import SEAL

FILE = '''"""D judges what a pretrained backbone sees; G has a fixed palette and a random tint."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from mien.losses.adversarial import Wasserstein
from mien.networks.dcgan import DCGANGenerator
from mien.recipes.recipe import Recipe, WeightClip, recipe
from mien.recipes.dcgan import dcgan
from mien.config.spec import Spec

WEIGHTS = Path(__file__).with_name("backbone.safetensors")


class Judge(nn.Module):
    def __init__(self, resolution, channels, width: int = 4):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(channels, width, 4, 4), nn.BatchNorm2d(width), nn.ReLU())
        self.backbone.load_state_dict(load_file(WEIGHTS))
        self.backbone.requires_grad_(False)
        self.head = nn.Linear(width, 1)

    def forward(self, image, condition=None):
        return self.head(self.backbone(image).mean((2, 3))).flatten()


class Painter(DCGANGenerator):
    def __init__(self, resolution, channels, latent_dim: int = 8, width: int = 4):
        super().__init__(resolution, channels, latent_dim, width)
        self.palette = nn.Parameter(torch.linspace(0.5, 0.9, channels)[:, None, None], requires_grad=False)
        self.tint = nn.Parameter(torch.rand(channels, 1, 1), requires_grad=False)

    def forward(self, z, label=None):
        return self.palette * self.tint * super().forward(z)


@recipe
def judged() -> Recipe:
    """Clipped weights, so that whatever is clipped shows."""
    return dcgan().replace(
        generator=Spec(Painter), discriminator=Spec(Judge), loss=Wasserstein(),
        discriminator_constraint=WeightClip(0.001),
        batch_size=8,
    )


def all_frozen() -> Recipe:
    class_ = Spec(Still)
    return judged().replace(discriminator=class_)


class Still(Judge):
    def __init__(self, resolution, channels, width: int = 4):
        super().__init__(resolution, channels, width)
        self.requires_grad_(False)
'''
FLAGS = ["--resolution", "16", "--tick", "0.016", "--name", "run", "--augment", "none"]


def backbone(seed):
    torch.manual_seed(seed)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 4, 4), torch.nn.BatchNorm2d(4))
    return {name: part.clone() for name, part in layers.state_dict().items()}


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "my_judge.py"
    file.write_text(FILE)
    save_file(backbone(1), tmp_path / "backbone.safetensors")
    yield file
    serialization.sys.modules.pop("mien_user_my_judge", None)


def train(own, faces, outdir, budget, *more, name="judged"):
    words = ["train", f"{own}:{name}", "--data", str(faces), "--outdir", str(outdir), "--budget", budget]
    assert cli.run([*words, *FLAGS, *more]) == 0
    return outdir / "00000-run"


def newest(run, name):
    return load_file(sorted(run.glob("checkpoints/kimg-*"))[-1] / f"{name}.safetensors")


def test_neither_trained_nor_saved_and_exact(own, faces, tmp_path):
    whole = train(own, faces, tmp_path / "whole", "160img")
    stopped = train(own, faces, tmp_path / "stopped", "80img")
    judge, painter, optimizer = (newest(stopped, name) for name in ("D", "G", "discriminator_optimizer"))
    # Weights from the file are left out; batch norm's statistics, which move, and what is trained, are not.
    assert set(judge) == {
        *("head.weight", "head.bias", SEAL),
        *(f"backbone.1.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")),
    }
    assert judge["backbone.1.num_batches_tracked"] > 0
    assert {name.partition("/")[0] for name in optimizer} == {"D.head.weight", "D.head.bias"}
    # What was drawn by chance cannot be made again.
    assert "palette" not in painter and "tint" in painter and "layers.0.weight" in painter
    assert not any(name.startswith(("G.palette", "G.tint")) for name in newest(stopped, "generator_optimizer"))
    assert torch.equal(painter["tint"], newest(whole, "G")["tint"])
    mien.resume(str(stopped), budget="160img", code=own)
    assert_equal(whole, stopped)


def test_the_weights_stay_as_they_came(own, faces, tmp_path, monkeypatch):
    from mien.trainer.trainer import Trainer

    seen = []
    finish = Trainer.finish
    monkeypatch.setattr(Trainer, "finish", lambda self: (seen.append(self.training), finish(self)))
    train(own, faces, tmp_path / "runs", "80img")
    (training,) = seen
    assert torch.equal(training.networks["D"].backbone[0].weight, backbone(1)["0.weight"])
    assert training.networks["D"].head.weight.abs().max() <= 0.001  # the clip is there, and meant for the head alone
    assert all(part.grad is None for part in training.networks["D"].backbone.parameters())
    assert training.networks["G"].palette.grad is None


def test_it_draws_with_both_kinds(own, faces, tmp_path):
    run = train(own, faces, tmp_path / "runs", "80img")
    generator = mien.load(run, code=own)
    (file,) = run.glob("snapshots/kimg-000000.080.safetensors")
    stored = load_file(file)
    assert "G/palette" not in stored and torch.equal(generator.network.tint, stored["G/tint"])
    assert generator.network.palette.flatten().tolist() == pytest.approx([0.5, 0.7, 0.9])


def test_with_another_backbone_nothing_goes_on(own, faces, tmp_path, capsys):
    run = train(own, faces, tmp_path / "runs", "80img")
    before = newest(run, "D")
    save_file(backbone(2), tmp_path / "backbone.safetensors")
    capsys.readouterr()
    assert cli.run(["resume", str(run), "--code", str(own), "--budget", "160img"]) == 74
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("mien: D: the frozen weights that its constructor gives are not those")
    assert all(torch.equal(part, before[name]) for name, part in newest(run, "D").items())
    own.write_text(FILE.replace("linspace(0.5, 0.9", "linspace(0.4, 0.9"))
    del serialization.sys.modules["mien_user_my_judge"]
    assert cli.run(["generate", str(run), "--code", str(own), "--output", str(tmp_path / "drawn")]) == 74
    assert "the frozen weights that its constructor gives" in capsys.readouterr().err


def test_another_run_starts_from_it(own, faces, tmp_path, capsys):
    run = train(own, faces, tmp_path / "runs", "80img")
    begun = train(own, faces, tmp_path / "more", "40img", "--init", str(run))
    assert "D takes over" in capsys.readouterr().err and SEAL in newest(begun, "D")
    shutil.rmtree(run)
    mien.resume(str(begun), budget="80img", code=own)


def test_a_side_that_is_frozen_whole_is_refused(own, faces, tmp_path, capsys):
    words = ["train", f"{own}:all_frozen", "--data", str(faces), "--outdir", str(tmp_path / "runs"), "--budget", "8img"]
    assert cli.run([*words, *FLAGS]) == 2
    assert "frozen weights are all that the discriminator has" in capsys.readouterr().err
