"""mien resume --set: what may change in a run that has begun, and what it leaves behind."""

import json
from dataclasses import replace

import pytest
from exact import assert_equal, begin, files, weights

import mien
from mien import cli, recipes
from mien.errors import UsageError
from mien.runs.directory import RunDirectory
from mien.runs.records import Object
from mien.runtime import typed_json
from mien.trainer.setting_changes import changed, differences

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
LAPTOP = recipes.find("dcgan-laptop").override(TINY)


@pytest.mark.parametrize(
    "change",
    [
        "generator.optimizer.lr=0.001",
        "discriminator.optimizer.beta1=0.1",
        "discriminator.terms.r1.weight=0.5",
        "discriminator.terms.r1.every=3",
        "ema.half_life=500",
        "mirror=false",
        "batch_size=16",
        "discriminator.updates=2",
        "game.reuse_fakes=false",
        "mode_seeking.weight=0.1",
        "rate_factor=0.25",
    ],
)
def test_what_leaves_the_tensors_alike_may_change(change):
    new = changed(LAPTOP, (change,))
    (found,) = differences(LAPTOP, new)
    assert found.startswith(f"{change.partition('=')[0]} was ")


@pytest.mark.parametrize(
    "change",
    [
        "generator.width=8",
        "discriminator.width=8",
        "generator.latent_dim=9",
        "discriminator.frozen_layers=1",
        "resolution=32x32",
    ],
)
def test_what_makes_other_networks_may_not(change):
    with pytest.raises(UsageError, match=f"--set {change} makes networks that differ"):
        changed(LAPTOP, ("mirror=true", change))


def test_a_rate_that_is_set_is_meant_as_it_stands():
    halved = replace(LAPTOP, rate_factor=0.5)
    assert changed(halved, ("generator.optimizer.lr=0.001",)).rate_factor == 1.0
    assert changed(halved, ("generator.optimizer.lr=0.001", "rate_factor=0.5")).rate_factor == 0.5
    assert changed(halved, ("mirror=true",)).rate_factor == 0.5
    falling = recipes.find("sngan")
    assert changed(replace(falling, rate_factor=0.5), ("generator.optimizer.lr.end=0.001",)).rate_factor == 1.0


def test_it_is_recorded_and_exact_from_there_on(faces, tmp_path, capsys):
    """Killed after the change, before a further checkpoint: the next resume goes on with the new value."""
    change = "discriminator.terms.r1.weight=0.5"
    whole = begin(faces, tmp_path / "whole", "dcgan-laptop", TINY, "80img").path
    mien.resume(str(whole), set=(change,), budget="240img")
    run = begin(faces, tmp_path / "twice", "dcgan-laptop", TINY, "80img").path
    mien.resume(str(run), set=(change,))  # nothing is left to train: recipe.json alone has changed
    assert f"set      {change.partition('=')[0]} was 1.0, now 0.5, from 0.1 kimg on" in capsys.readouterr().err
    recorded = typed_json.read(run / "recipe.json", Object)["discriminator"]["terms"]["r1"]
    assert recorded["weight"] == 0.5
    (event,) = [row for row in RunDirectory(run).events.read() if row["event"] == "changed"]
    assert event["images"] == 80 and event["settings"] == ["discriminator.terms.r1.weight was 1.0, now 0.5"]
    mien.resume(str(run), budget="160img")
    mien.resume(str(run), budget="240img")
    assert_equal(whole, run)
    unchanged = begin(faces, tmp_path / "plain", "dcgan-laptop", TINY, "240img").path
    assert weights(unchanged) != weights(run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("generator.width=8", "--set generator.width=8 makes networks that differ from those of the run"),
        ("generator.optimizer.lr=-1", "Adam: lr -1 is not in [0, inf)"),
        ("generator_optimiser.lr=1", "did you mean generator.optimizer.lr?"),
        ("mirror", "--set 'mirror' is not KEY=VALUE"),
    ],
)
def test_a_slip_changes_nothing(change, said, faces, tmp_path, capsys):
    run = begin(faces, tmp_path, "dcgan-laptop", TINY, "16img").path
    before = json.dumps([files(run, "*.json*"), files(run, "checkpoints/*/*")], default=repr)
    assert cli.run(["resume", str(run), "--set", change]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]
    assert json.dumps([files(run, "*.json*"), files(run, "checkpoints/*/*")], default=repr) == before
