"""Training by class, attributes or text: what it learns from, what it refuses, and exact resumption."""

import json

import numpy as np
import pytest
import torch
from conftest import picture_folder
from exact import assert_equal, begin
from safetensors.torch import load_file

import mien
from mien import conditioning, recipes
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.errors import UsageError

DCGAN = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4", "condition.embedding_dim=4")
STYLE = (
    *("generator.width=1", "generator.most=8", "generator.latent_dim=8", "generator.w_dim=8"),
    *("discriminator.width=1", "discriminator.most=8", "discriminator_terms.r1.every=3", "condition.embedding_dim=4"),
)


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """Three folders of 16 pictures each: a, b, c."""
    folder = tmp_path_factory.mktemp("classes")
    for seed, name in enumerate("abc"):
        picture_folder(folder / name, 16, seed=seed)
    return folder


@pytest.fixture(scope="session")
def attributed(tmp_path_factory):
    """48 pictures: hair of three colours, glasses or none; every sixth has no label. With captions."""
    folder = picture_folder(tmp_path_factory.mktemp("attributed") / "faces")
    rows = []
    for index in range(48):
        hair = ("black", "silver", "pink")[index % 3]
        text = f"a girl with {hair} hair, picture {index}"
        row = {"file_name": f"{index:03d}.png", "hair": hair, "glasses": index % 2, "text": text}
        rows.append(row if index % 6 else {**row, "hair": "", "glasses": ""})
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def snapshot(run):
    return load_file(sorted((run / "snapshots").glob("*.safetensors"))[-1])


# --- what is learned from ---------------------------------------------------------------------------------------------


def test_classes_become_a_condition(classes):
    recipe = conditioning.asked(recipes.find("dcgan"), "class", detect(classes))
    assert (recipe.condition.kind, recipe.condition.dim, recipe.condition.names) == ("class", 3, ("a", "b", "c"))
    recipe = recipe.override((*DCGAN, "resolution=16x16"))
    game = recipe.build_game()
    assert (game.latent_dim, game.generator.generator.latent_dim) == (8, 12)
    assert game.generator.embedding.weight.shape == (4, 3)
    labels = conditioning.labels_of(recipe.condition, prepare(classes, 16, 16))
    assert labels.shape == (48, 3) and np.array_equal(labels, np.eye(3)[np.arange(48) // 16])


def test_attributes_become_a_condition_and_zeros_stay_zeros(attributed):
    recipe = conditioning.asked(recipes.find("dcgan"), "attributes", detect(attributed))
    assert recipe.condition.names == ("hair=black", "hair=pink", "hair=silver", "glasses")
    pictures = prepare(attributed, 16, 16)
    labels = conditioning.labels_of(recipe.condition, pictures)
    assert labels[0].tolist() == [0, 0, 0, 0] and labels[1].tolist() == [0, 0, 1, 1]
    assert conditioning.words(recipe.condition, pictures) == [
        "2 attributes (hair, glasses); 8 pictures have none, and are judged by their looks alone"
    ]


def test_what_is_kept_is_spread_over_all():
    labels = np.eye(5, dtype=np.float32)[np.arange(10_000) // 2000]
    kept = conditioning.kept(labels)
    assert kept.shape == (conditioning.KEPT, 5) and kept.sum(0).sub(2048 / 5).abs().max() < 1
    assert conditioning.kept(None) is None and len(conditioning.kept(labels[:7])) == 7
    shown = conditioning.distinct(torch.cat([torch.zeros(1, 5), kept]), 8)
    assert torch.equal(shown, torch.eye(5)) and torch.equal(conditioning.distinct(kept, 3), torch.eye(5)[[0, 2, 4]])


# --- what is refused, and what is pointed out -------------------------------------------------------------------------


def refused(cond, data):
    with pytest.raises(UsageError) as error:
        conditioning.asked(recipes.find("dcgan"), cond, detect(data))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_data_without_such_labels_is_refused_with_what_was_found(faces, classes, attributed):
    assert "--cond class: faces has no labels and no captions, no classes" in refused("class", faces)
    assert (
        "has 4 labels (hair=black, hair=pink, hair=silver, glasses) and captions, no classes: use --cond attributes"
        in (refused("class", attributed))
    )
    assert "has 3 classes (a, b, c), no captions: use --cond class" in refused("text", classes)
    assert "labels (hair=aqua, hair=black" in refused("class", "drawn")


def test_unused_labels_are_pointed_out(classes, faces, capsys, tmp_path):
    begin(classes, tmp_path, "dcgan", DCGAN[:3], "16img", dry_run=True)
    assert "cond     none: 3 classes (a, b, c) are not used (--cond class or attributes)" in capsys.readouterr().err
    begin(faces, tmp_path, "dcgan", DCGAN[:3], "16img", dry_run=True)
    assert "cond  " not in capsys.readouterr().err


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipe, changes, cond",
    [("dcgan", DCGAN, "class"), ("stylegan2-laptop", STYLE, "attributes"), ("sngan", DCGAN, "class")],
)
def test_stopped_and_resumed_equals_never_stopped(recipe, changes, cond, classes, attributed, tmp_path):
    data = classes if cond == "class" else attributed
    whole = begin(data, tmp_path / "whole", recipe, changes, "200img", cond=cond)
    stopped = begin(data, tmp_path / "stopped", recipe, changes, "120img", cond=cond)
    mien.resume(str(stopped.path), budget="200img")
    assert_equal(whole.path, stopped.path)
    plain = begin(data, tmp_path / "plain", recipe, changes[:-1], "200img")
    assert "labels/kept" in snapshot(whole.path) and "labels/kept" not in snapshot(plain.path)


def test_resuming_with_pictures_of_other_classes_is_refused(classes, faces, tmp_path):
    run = begin(classes, tmp_path, "dcgan", DCGAN, "16img", cond="class")
    with pytest.raises(UsageError, match=r"has no labels.*, not the 3 that the run is about \(a, b, c …\)"):
        mien.resume(str(run.path), data=str(faces), budget="+16img")


def test_a_row_of_the_grid_has_one_label_and_a_column_one_z(classes, tmp_path):
    from mien.record import SAMPLES, Record
    from mien.run.directory import RunDirectory

    recipe = conditioning.asked(recipes.find("dcgan"), "class", detect(classes)).override((*DCGAN, "resolution=16x16"))
    training = recipe.build(torch.device("cpu"))
    record = Record(RunDirectory(tmp_path), recipe, training, 0, torch.device("cpu"), torch.eye(3)[[0, 1, 2, 1]])
    z, label = (part.unflatten(0, (8, 8)) for part in record.latents)
    assert SAMPLES == 64 and torch.equal(label[:, 0], torch.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]])
    assert (label == label[:, :1]).all()
    assert torch.equal(z[0], z[1]) and torch.equal(z[0], z[2]) and not torch.equal(z[0], z[3])
