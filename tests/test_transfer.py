"""mien train --init RUN."""

from dataclasses import replace

import pytest
import torch
from exact import begin, weights
from safetensors.torch import load_file

import mien
from mien import recipes, transfer
from mien.errors import UsageError
from mien.run.files import read_json

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


def tiny(resolution=(16, 16), changes=TINY, recipe="dcgan"):
    return replace(recipes.find(recipe).override(changes), resolution=resolution, batch_size=8)


def build(recipe, seed=0):
    return recipe.build(torch.device("cpu"), seed)


def origin(training, recipe):
    tensors = {name: {key: value.clone() for key, value in part.items()} for name, part in training.tensors().items()}
    return transfer.Source("00007-old", 264_000, recipe, tensors)


def test_the_same_recipe_takes_over_every_number():
    old, new = build(tiny(), seed=1), build(tiny(), seed=2)
    lines = transfer.begin_from(new, origin(old, tiny()))
    assert lines[0] == "from 00007-old at 264 kimg" and all("(100%)" in line for line in lines[1:]) and len(lines) == 3
    expected, found = old.tensors(), new.tensors()
    for name in ("G", "D", "G_ema"):
        assert all(torch.equal(value, found[name][key]) for key, value in expected[name].items())
    assert new.images == 0 and new.players[0].steps == 0


@pytest.mark.parametrize("recipe", ["dcgan", "sngan"])
def test_at_another_resolution_the_layers_that_fit(recipe):
    changes = TINY if recipe == "dcgan" else ("generator.width=2", "discriminator.width=2")
    small, large = tiny((32, 32), changes, recipe), tiny((64, 64), changes, recipe)
    old, new, untouched = build(small, 1), build(large, 2), build(large, 2)
    transfer.begin_from(new, origin(old, small))
    for name in ("G", "D"):
        before, after = untouched.networks[name].state_dict(), new.networks[name].state_dict()
        there = [value for value in old.networks[name].state_dict().values() if value.ndim > 1]
        moved = [key for key in after if after[key].ndim > 1 and not torch.equal(before[key], after[key])]
        assert moved
        for key in moved:
            assert any(value.shape == after[key].shape and torch.equal(value, after[key]) for value in there), key
    new.networks["G"](torch.randn(2, new.networks["G"].latent_dim))  # still a network that draws


def test_a_snapshot_gives_the_generator_alone():
    old, new = build(tiny(), 1), build(tiny(), 2)
    whole = origin(old, tiny())
    lines = transfer.begin_from(new, replace(whole, tensors={"G_ema": whole.tensors["G_ema"]}))
    assert any(line.startswith("D starts anew") for line in lines)
    for name in ("G", "G_ema"):
        assert all(torch.equal(value, new.tensors()[name][key]) for key, value in whole.tensors["G_ema"].items())


def test_where_nothing_fits_it_says_so():
    old = tiny(changes=("generator.width=6", "generator.latent_dim=8", "discriminator.width=6"))
    source = origin(build(old), old)
    source.tensors["D"] = {"other": torch.zeros(3)}
    for name in ("G", "G_ema"):
        source.tensors[name] = {"other": torch.zeros(3)}
    with pytest.raises(UsageError, match="--init 00007-old: no layer of its dcgan fits"):
        transfer.begin_from(build(tiny()), source)


# --- the road ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(faces, cache, tmp_path_factory):
    return begin(faces, tmp_path_factory.mktemp("old"), "dcgan", TINY, "64img").path


def test_training_starts_from_another_run_and_needs_it_no_more(trained, faces, tmp_path, capfd):
    begun = begin(faces, tmp_path, "auto", (), "0.001kimg", init=str(trained))
    said = capfd.readouterr().err
    assert f"init     from {trained.name} at 0.064 kimg" in said and "G takes over" in said
    assert read_json(begun.path / "recipe.json") == {**read_json(trained / "recipe.json"), "batch_size": 8}
    first = load_file(begun.path / "checkpoints/kimg-000000/D.safetensors")
    last = load_file(sorted((trained / "checkpoints").glob("kimg-*"))[-1] / "D.safetensors")
    assert all(torch.equal(first[key], last[key]) for key in last)

    whole = begin(faces, tmp_path, "auto", (), "320img", init=str(trained))
    stopped = begin(faces, tmp_path, "auto", (), "128img", init=str(trained))
    mien.resume(str(stopped.path), budget="320img")
    assert weights(stopped.path) == weights(whole.path)


def test_frozen_layers_keep_what_they_began_with(trained, faces, tmp_path):
    begun = begin(faces, tmp_path, "auto", (), "128img", init=str(trained), freeze_d=1)
    kept, moved = (load_file(sorted((begun.path / "checkpoints").glob("*"))[at] / "D.safetensors") for at in (0, -1))
    same = {key for key in kept if torch.equal(kept[key], moved[key])}
    assert same == {"layers.0.weight"}
    assert read_json(begun.path / "recipe.json")["frozen_layers"] == 1
    mien.resume(str(begun.path), budget="192img")
    again = load_file(sorted((begun.path / "checkpoints").glob("*"))[-1] / "D.safetensors")
    assert torch.equal(again["layers.0.weight"], kept["layers.0.weight"])


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ({"freeze_d": 2}, "--freeze-d belongs to --init RUN"),
        ({"init": "nowhere"}, "nowhere is not a run directory"),
        ({"freeze_d": 99, "init": ...}, "99 frozen layers are all that the discriminator has"),
    ],
)
def test_slips_are_told_before_anything_is_made(flags, word, trained, faces, tmp_path):
    flags = {key: str(trained) if value is ... else value for key, value in flags.items()}
    with pytest.raises(UsageError, match=word):
        begin(faces, tmp_path / "runs", "dcgan", TINY, "64img", **flags)
    assert not (tmp_path / "runs").exists()
