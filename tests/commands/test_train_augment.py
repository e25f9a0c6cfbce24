"""mien train --augment: what each word comes to, and that a run with ADA resumes with the same bits."""

import json

import pytest
import torch
from exact import assert_equal, begin
from safetensors.torch import load_file

import mien
from mien import cli, recipes
from mien.augmentation.ada import ADA
from mien.augmentation.diffaugment import DiffAugment
from mien.config import serialization
from mien.errors import UsageError
from mien.reports.run_data import read_run
from mien.reports.settings import compare_with_recipe, reproduce
from mien.runs.directory import RunDirectory
from mien.trainer import augmentation_policy

CPU, GPU = torch.device("cpu"), torch.device("cuda")
OWN = """
from dataclasses import replace
from mien.games.noise import NoiseGame
from mien.recipes.recipe import recipe
from mien.recipes.dcgan import dcgan
from mien.config.spec import Spec
from mien.augmentation.ada import ADA

class Strict(NoiseGame):
    accepts = frozenset()

    def __init__(self, generator, discriminator, reuse_fakes: bool = False):
        super().__init__(generator, discriminator, reuse_fakes)

@recipe
def strict():
    return replace(dcgan(), game=Spec(Strict))

@recipe
def scheduled():
    return dcgan().replace(augment=ADA(p=0.25))
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own_games.py").write_text(OWN)
    return lambda name: recipes.find(f"{tmp_path / 'own_games.py'}:{name}")


def chosen(recipe, name="auto", changes=(), count=100, device=CPU):
    recipe = recipes.find(recipe) if isinstance(recipe, str) else recipe
    return augmentation_policy.with_default_augmentation(
        augmentation_policy.with_augmentation(recipe, name, changes), name, changes, count, device
    ).augment


def test_few_pictures_are_augmented_unless_told_otherwise(own):
    assert chosen("dcgan") == DiffAugment() and chosen("dcgan", count=5000) is None
    assert chosen("dcgan", device=GPU) == ADA()
    assert chosen("wgan", device=GPU) == DiffAugment() and chosen("hinge", device=GPU) == ADA()
    assert chosen("dcgan", "none") is None and chosen("dcgan", changes=("augment=none",)) is None
    assert chosen(own("scheduled")) == ADA(p=0.25) and chosen(own("strict")) is None


def test_a_word_is_obeyed_and_its_settings_can_be_set(own):
    assert chosen("dcgan", "diffaugment", count=10**6) == DiffAugment()
    assert chosen("dcgan", "diffaugment", ("augment.policy=cutout",)) == DiffAugment("cutout")
    assert chosen("dcgan", "ada", ("augment.target=0.5",)) == ADA(target=0.5)
    assert chosen("lsgan", "ada", ("augment.p=0.3",)) == ADA(p=0.3)
    assert chosen(own("scheduled"), "ada") == ADA(p=0.25)  # its own numbers
    assert chosen(own("scheduled"), "none") is None


@pytest.mark.parametrize("recipe", ["lsgan", "wgan"])
def test_ada_is_refused_where_the_sign_of_a_logit_says_nothing(recipe):
    with pytest.raises(UsageError, match="use --augment diffaugment"):
        chosen(recipe, "ada")


def test_a_game_without_augmentation_says_so(own):
    with pytest.raises(UsageError, match="--augment ada: Strict, the game of strict, takes no augmentation"):
        chosen(own("strict"), "ada")


def test_an_unknown_word_is_one_line(faces, tmp_path, capsys):
    assert cli.run(["train", "dcgan", "--data", str(faces), "--augment", "adda", "--outdir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "mien: --augment adda: it must be one of auto, none, diffaugment, ada\n"
    assert cli.run(["train", "--recipes", "dcgan,wgan", "--data", str(faces), "--augment", "ada"]) == 2


def test_a_resumed_run_keeps_what_it_began_with(faces, tiny, tmp_path, capsys):
    run = begin(faces, tmp_path, "dcgan", tiny, "64img")
    assert "augment  diffaugment: 48 images are few" in capsys.readouterr().err
    mien.resume(str(run.path), budget="+16img")
    assert "augment  diffaugment" in capsys.readouterr().err
    assert json.loads((run.path / "recipe.json").read_text())["extras"]["augment"] == serialization.encode(
        DiffAugment()
    )
    found = read_run(RunDirectory(run.path))
    assert reproduce(found, [one for one in compare_with_recipe(found)[1] if one.differs]).endswith(
        " --augment diffaugment"
    )
    plain = begin(faces, tmp_path, "dcgan", tiny, "16img", augment="none")
    assert "augment  " not in capsys.readouterr().err
    found = read_run(RunDirectory(plain.path))
    assert reproduce(found, [one for one in compare_with_recipe(found)[1] if one.differs]).endswith(" --augment none")


def test_ada_resumed_equals_ada_never_stopped(faces, tiny, tmp_path):
    """25 rounds, stopped at 15, between two steps of p; the target is so low that p rises from the start."""
    changes = (*tiny, "augment.target=-0.9", "augment.length=400", "game.reuse_fakes=false")
    whole = begin(faces, tmp_path / "whole", "dcgan-laptop", changes, "200img", augment="ada")
    stopped = begin(faces, tmp_path / "stopped", "dcgan-laptop", changes, "120img", augment="ada")
    mien.resume(str(stopped.path), budget="200img")
    assert_equal(whole.path, stopped.path)
    memory = load_file(whole.path / "checkpoints" / "kimg-000000.200" / "memory.safetensors")
    assert memory["ada/steps"].item() == 1  # of 25
    assert memory["ada/p"].item() == pytest.approx(6 * 4 * 8 / 400)
    rows = [json.loads(line) for line in (whole.path / "stats.jsonl").read_text().splitlines()]
    assert rows[-1]["ada/p"] > 0.3 and -1 <= rows[-1]["discriminator/ada"] <= 1
