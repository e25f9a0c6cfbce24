"""A user's one file: a game of one generator and two discriminators, and a critic loss under ADA."""

import json

import pytest
from safetensors.torch import load_file

import mien
from mien import cli

FILE = '''"""Two discriminators, one of them narrow; and a critic of one's own."""

from dataclasses import dataclass
from typing import ClassVar

from mien.config.spec import Spec
from mien.games.noise import NoiseGame
from mien.recipes.dcgan import dcgan
from mien.recipes.recipe import recipe


class TwoJudges(NoiseGame):
    """One generator against two discriminators."""

    @classmethod
    def build(cls, networks, narrow: int = 2, **options):
        game = cls(networks.generator(), networks.discriminator(), **options)
        game.discriminators["D_narrow"] = networks.discriminator(width=narrow)
        return game


@dataclass(frozen=True)
class MyCritic:
    """Written as CONTRIBUTING says, without a word on what its logits mean."""

    generator_sees_real: ClassVar[bool] = False

    def discriminator(self, real, fake):
        return fake - real

    def generator(self, real, fake):
        return -fake

    def realness(self, logits):
        return logits


@recipe
def two_judges():
    """One generator, two discriminators."""
    return dcgan().replace(game=Spec(TwoJudges, reuse_fakes=True))


@recipe
def critic():
    """A critic."""
    return dcgan().replace(loss=MyCritic())
'''
TINY = [f"--set={change}" for change in ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")]
FLAGS = ["--resolution", "16", "--batch", "8", "--tick", "0.016", "--budget", "80img", *TINY]


@pytest.fixture
def own(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(cache))
    (tmp_path / "my_games.py").write_text(FILE)
    return tmp_path / "my_games.py"


def test_a_game_of_two_discriminators_trains_draws_and_resumes(own, faces, tmp_path):
    words = ["train", f"{own}:two_judges", "--data", str(faces), "--outdir", str(tmp_path / "runs"), *FLAGS]
    assert cli.run(words) == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "recipe.json").read_text())["game"]["class"] == "my_games.py:TwoJudges"
    assert mien.load(run, code=own)(seeds=range(2))[0].size == (16, 16)
    assert mien.resume(str(run), budget="160img", code=own).images == 160
    newest = sorted(run.glob("checkpoints/kimg-*"))[-1]
    assert load_file(newest / "D_narrow.safetensors")["layers.0.weight"].shape[0] == 2
    assert load_file(newest / "D.safetensors")["layers.0.weight"].shape[0] == 4


def test_a_critic_of_ones_own_is_refused_under_ada_as_wasserstein_is(own, faces, tmp_path, capsys):
    said = []
    for recipe in (f"{own}:critic", "wgan"):
        words = ["train", recipe, "--data", str(faces), "--outdir", str(tmp_path / "runs"), "--augment", "ada", *FLAGS]
        assert cli.run(words) == 2
        said.append(capsys.readouterr().err)
    assert said[0] == said[1].replace("Wasserstein", "MyCritic") and "use --augment diffaugment" in said[0]
    assert not (tmp_path / "runs").exists()
