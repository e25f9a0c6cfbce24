"""mien train --init RUN."""

import json
from dataclasses import replace

import pytest
import torch
from exact import begin, weights
from safetensors.torch import load_file

import mien
from mien import recipes
from mien.conditioning.condition import Condition
from mien.errors import UsageError
from mien.trainer import warm_start
from mien.trainer.init_source import Source

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


def tiny(resolution=(16, 16), changes=TINY, recipe="dcgan"):
    return recipes.find(recipe).override(changes).replace(resolution=resolution, batch_size=8)


def build(recipe, seed=0):
    return recipe.build(torch.device("cpu"), seed)


def origin(training, recipe):
    tensors = {name: {key: value.clone() for key, value in part.items()} for name, part in training.tensors().items()}
    return Source("00007-old", 264_000, recipe, tensors)


def test_the_same_recipe_takes_over_every_number():
    old, new = build(tiny(), seed=1), build(tiny(), seed=2)
    lines = warm_start.copy_weights(new, tiny(), origin(old, tiny()))
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
    warm_start.copy_weights(new, large, origin(old, small))
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
    lines = warm_start.copy_weights(new, tiny(), replace(whole, tensors={"G_ema": whole.tensors["G_ema"]}))
    assert any(line.startswith("D starts with new weights") for line in lines)
    for name in ("G", "G_ema"):
        assert all(torch.equal(value, new.tensors()[name][key]) for key, value in whole.tensors["G_ema"].items())


def test_where_nothing_fits_it_says_so():
    old = tiny(changes=("generator.width=6", "generator.latent_dim=8", "discriminator.width=6"))
    source = origin(build(old), old)
    source.tensors["D"] = {"other": torch.zeros(3)}
    for name in ("G", "G_ema"):
        source.tensors[name] = {"other": torch.zeros(3)}
    with pytest.raises(UsageError, match="--init 00007-old: no layer of its dcgan fits"):
        warm_start.copy_weights(build(tiny()), tiny(), source)


# --- conditions -------------------------------------------------------------------------------------------------------

STYLE = (
    "generator.width=1",
    "generator.most=8",
    "generator.latent_dim=8",
    "generator.w_dim=8",
    "generator.bf16_stages=1",
)
SMALL = {
    "dcgan": TINY,
    "hw6": TINY,
    "sngan": ("generator.width=2", "generator.latent_dim=8", "discriminator.width=2"),
    "stylegan2-laptop": (*STYLE, "discriminator.width=1", "discriminator.most=8"),
    "r3gan-laptop": ("generator.width=8", "generator.latent_dim=8", "discriminator.width=8"),
}


def by(*names, embedding_dim=4, **more):
    return Condition("class", len(names), names, embedding_dim=embedding_dim, **more)


def moved(recipe, before, after):
    """A training under `before` and one under `after` that starts from it, its lines, and the new one untouched."""
    old, new = (replace(tiny((16, 16), SMALL[recipe], recipe), condition=condition) for condition in (before, after))
    source, begun, fresh = build(old, 1), build(new, 2), build(new, 2)
    for network in source.networks.values():  # nothing stands at the 0 that it begins with
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn(parameter.shape))
    lines = warm_start.copy_weights(begun, new, origin(source, old))
    return source, begun, fresh, lines


def drawn(training, z, labels):
    network = training.networks["G"].eval()
    with torch.no_grad():
        return network(z, torch.zeros(len(z), labels)) if labels else network(z)


@pytest.mark.parametrize("recipe", SMALL)
def test_with_a_condition_the_old_pictures_are_drawn_where_nothing_is_asked(recipe):
    source, begun, fresh, lines = moved(recipe, None, by("a", "b", "c"))
    z = torch.randn(5, 8)
    torch.testing.assert_close(drawn(begun, z, 3), drawn(source, z, 0), rtol=1e-5, atol=1e-5)
    assert not torch.allclose(drawn(fresh, z, 3), drawn(source, z, 0), atol=1e-3)
    image = torch.randn(5, 3, 16, 16)
    judged = begun.networks["D"].eval()(image, torch.zeros(5, 3))
    torch.testing.assert_close(judged, source.networks["D"].eval()(image), rtol=1e-5, atol=1e-5)
    assert "G takes over" in lines[1] and "(100%)" not in lines[1]


def test_the_columns_of_z_are_the_old_ones_and_those_of_the_label_begin_anew():
    source, begun, fresh, lines = moved("dcgan", None, by("a", "b", "c"))
    first = "layers.0.weight"  # [latent_dim,C,4,4]
    old = source.networks["G"].state_dict()[first]
    new, untouched = (one.networks["G"].state_dict() for one in (begun, fresh))
    assert old.shape[0] == 8 and new[f"generator.{first}"].shape[0] == 8 + 4
    assert torch.equal(new[f"generator.{first}"][:8], old)
    assert torch.equal(new[f"generator.{first}"][8:], untouched[f"generator.{first}"][8:])
    assert torch.equal(new["embedding.weight"], untouched["embedding.weight"])
    anew = new[f"generator.{first}"][8:].numel() + 4 * 3
    whole = sum(part.numel() for part in new.values())
    assert lines[1] == f"G takes over {whole - anew:,} of its {whole:,} numbers ({(whole - anew) / whole:.0%})"


@pytest.mark.parametrize("recipe", ["dcgan", "stylegan2-laptop"])
def test_without_the_condition_again_the_pictures_of_no_label(recipe):
    source, begun, _, lines = moved(recipe, by("a", "b", "c"), None)
    z = torch.randn(5, 8)
    torch.testing.assert_close(drawn(begun, z, 0), drawn(source, z, 3), rtol=1e-5, atol=1e-5)
    assert all("(100%)" in line for line in lines[1:])
    assert lines[0].endswith(", without its condition: --cond class would copy it")


@pytest.mark.parametrize("recipe", ["dcgan", "sngan"])
def test_another_vocabulary_keeps_the_labels_that_it_shares(recipe):
    source, begun, fresh, _ = moved(recipe, by("a", "b", "c"), by("c", "x", "a"))
    column = "embedding.weight" if recipe == "dcgan" else "embedding.parametrizations.weight.original"
    for name, key in (("G", "embedding.weight"), ("D", column)):
        old, new, untouched = (one.networks[name].state_dict()[key] for one in (source, begun, fresh))
        assert torch.equal(new[:, [0, 2]], old[:, [2, 0]]) and torch.equal(new[:, 1], untouched[:, 1])
    z = torch.randn(4, 8)
    asked = [one.networks["G"].eval()(z, label.expand(4, -1)) for one, label in
             ((source, torch.eye(3)[2]), (begun, torch.eye(3)[0]))]  # fmt: skip
    assert torch.equal(*asked)  # "c" is the same in either


def test_other_sizes_share_what_they_share():
    source, begun, fresh, _ = moved("dcgan", by("a", "b"), by("b", "c", "d", embedding_dim=6))
    old, new, untouched = (one.networks["G"].state_dict() for one in (source, begun, fresh))
    assert torch.equal(new["embedding.weight"][:4, 0], old["embedding.weight"][:, 1])
    assert torch.equal(new["embedding.weight"][4:], untouched["embedding.weight"][4:])
    assert torch.equal(new["generator.layers.0.weight"][:12], old["generator.layers.0.weight"])


def test_no_name_in_common_is_a_condition_begun_anew_in_all_but_what_it_is_told_by():
    _, begun, fresh, _ = moved("dcgan", by("a", "b", "c"), Condition("text", 3, encoder="words", embedding_dim=4))
    for name in ("G", "D"):
        new, untouched = (one.networks[name].state_dict()["embedding.weight"] for one in (begun, fresh))
        assert torch.equal(new, untouched)


def test_labels_that_a_discriminator_names_go_by_their_names():
    before, after = by("a", "b", "c"), by("c", "d")
    old, new = (tiny(recipe="acgan-laptop").replace(condition=one, resolution=(16, 16)) for one in (before, after))
    source, begun = build(old, 1), build(new, 2)
    warm_start.copy_weights(begun, new, origin(source, old))
    for key in ("classifier.weight", "classifier.bias"):
        there, here = (one.networks["D"].state_dict()[key] for one in (source, begun))
        assert torch.equal(here[0], there[2])


# --- the road ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(faces, cache, tmp_path_factory):
    return begin(faces, tmp_path_factory.mktemp("old"), "dcgan", TINY, "64img").path


def test_training_starts_from_another_run_and_needs_it_no_more(trained, faces, tmp_path, capfd):
    begun = begin(faces, tmp_path, "auto", (), "0.001kimg", init=str(trained))
    said = capfd.readouterr().err
    assert f"init     from {trained.name} at 0.064 kimg" in said and "G takes over" in said
    assert json.loads((begun.path / "recipe.json").read_text()) == {
        **json.loads((trained / "recipe.json").read_text()),
        "batch_size": 8,
    }
    first = load_file(begun.path / "checkpoints/kimg-000000/D.safetensors")
    last = load_file(sorted((trained / "checkpoints").glob("kimg-*"))[-1] / "D.safetensors")
    assert all(torch.equal(first[key], last[key]) for key in last)

    whole = begin(faces, tmp_path, "auto", (), "320img", init=str(trained))
    stopped = begin(faces, tmp_path, "auto", (), "128img", init=str(trained))
    mien.resume(str(stopped.path), budget="320img")
    assert weights(stopped.path) == weights(whole.path)


def test_a_run_without_a_condition_becomes_one_with_a_condition(trained, tmp_path, capfd):
    begun = begin("drawn:16", tmp_path, "auto", (), "0.001kimg", init=str(trained), cond="attributes").path
    said = capfd.readouterr().err
    assert "G takes over" in said and "cond     " in said
    first = begun / "checkpoints/kimg-000000"
    old = load_file(sorted((trained / "checkpoints").glob("kimg-*"))[-1] / "G.safetensors")
    new = load_file(first / "G.safetensors")
    assert torch.equal(new["generator.layers.0.weight"][:8], old["layers.0.weight"])
    assert all(torch.equal(new[f"generator.{key}"], part) for key, part in old.items() if key != "layers.0.weight")


def test_frozen_layers_keep_what_they_began_with(trained, faces, tmp_path):
    begun = begin(faces, tmp_path, "auto", (), "128img", init=str(trained), freeze_d=1)
    kept, moved = (load_file(sorted((begun.path / "checkpoints").glob("*"))[at] / "D.safetensors") for at in (0, -1))
    same = {key for key in kept if torch.equal(kept[key], moved[key])}
    assert same == {"layers.0.weight"}
    assert json.loads((begun.path / "recipe.json").read_text())["discriminator"]["frozen_layers"] == 1
    mien.resume(str(begun.path), budget="192img")
    again = load_file(sorted((begun.path / "checkpoints").glob("*"))[-1] / "D.safetensors")
    assert torch.equal(again["layers.0.weight"], kept["layers.0.weight"])


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ({"freeze_d": 2}, "freeze_d needs init RUN"),
        ({"init": "nowhere"}, "nowhere is not a run directory"),
        ({"freeze_d": 99, "init": ...}, "99 frozen layers are all that the discriminator has"),
    ],
)
def test_slips_are_told_before_anything_is_made(flags, word, trained, faces, tmp_path):
    flags = {key: str(trained) if value is ... else value for key, value in flags.items()}
    with pytest.raises(UsageError, match=word):
        begin(faces, tmp_path / "runs", "dcgan", TINY, "64img", **flags)
    assert not (tmp_path / "runs").exists()
