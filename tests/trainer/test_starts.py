"""The start files that mien ships, and which of them a recipe gets."""

import hashlib
import importlib.resources
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mien import recipes
from mien.conditioning.condition import Condition
from mien.config import serialization
from mien.runs.snapshot import save_snapshot
from mien.trainer import starts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(starts, "FOLDER", tmp_path)
    return tmp_path


def ship(folder, recipe, name):
    header = {"recipe": serialization.encode(recipe), "run": name, "images": 1000}
    save_snapshot(folder / f"{name}.safetensors", {}, header)


def laptop(side=64, *changes):
    return recipes.find("r3gan-laptop").override(changes).replace(resolution=(side, side))


def test_a_recipe_gets_the_file_of_equal_networks_and_the_nearest_size(folder):
    assert starts.find_start(laptop()) is None
    ship(folder, laptop(), "r3gan-laptop-64")
    ship(folder, laptop(128), "r3gan-laptop-128")
    ship(folder, recipes.find("dcgan-laptop"), "dcgan-laptop-64")
    for side, nearest in ((64, 64), (128, 128), (256, 128), (32, 64)):
        assert starts.find_start(laptop(side)) == folder / f"r3gan-laptop-{nearest}.safetensors"
    assert starts.find_start(recipes.find("dcgan-laptop")) == folder / "dcgan-laptop-64.safetensors"
    assert starts.find_start(laptop(64), any_size=False) == folder / "r3gan-laptop-64.safetensors"
    assert starts.find_start(laptop(96), any_size=False) is None


RATES = ("discriminator.terms.r1.weight=5", "generator.optimizer.lr=1e-4")


@pytest.mark.parametrize("change", [*RATES, "generator.bf16_stages=2", "batch_size=32", "mirror=false"])
def test_settings_that_build_the_same_networks_share_it(folder, change):
    ship(folder, laptop(), "a")
    assert starts.find_start(laptop(64, change)) == folder / "a.safetensors"


def test_a_condition_shares_it(folder):
    ship(folder, laptop(), "a")
    assert starts.find_start(replace(laptop(), condition=Condition("class", 2, ("a", "b"))))


@pytest.mark.parametrize("change", ["generator.width=64", "discriminator.width=64", "generator.latent_dim=32"])
def test_other_networks_do_not(folder, change):
    ship(folder, laptop(), "a")
    assert starts.find_start(laptop(64, change)) is None
    assert starts.find_start(recipes.find("r3gan")) is None and starts.find_start(recipes.find("dcgan")) is None


def test_what_is_shipped_has_its_sha256_beside_it():
    there = importlib.resources.files("mien.trainer.starts")
    assert Path(str(there)) == starts.FOLDER and there.joinpath("README.md").is_file()
    files = sorted(starts.FOLDER.glob("*.safetensors"))
    assert [path.with_suffix(".json") for path in files] == sorted(starts.FOLDER.glob("*.json"))
    for path in files:
        facts = json.loads(path.with_suffix(".json").read_text())
        assert hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"], path.name
        assert facts["data"].startswith("drawn"), path.name


def test_the_wheel_holds_every_file_of_the_folder(tmp_path):
    hatch = pytest.importorskip("hatchling.builders.wheel")
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "src/mien", copy / "src/mien", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    (copy / "src/mien/trainer/starts/new-64.safetensors").write_bytes(b"x")
    (wheel,) = hatch.WheelBuilder(str(copy)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    there = {path.name for path in starts.FOLDER.iterdir() if path.is_file()} | {"new-64.safetensors"}
    assert {f"mien/trainer/starts/{name}" for name in there} <= held and "README.md" in there
