"""Training by class, attributes or text: what it learns from, what it refuses, and exact resumption."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import picture_folder
from exact import assert_equal, begin
from PIL import Image
from safetensors.torch import load_file

import mien
from mien import cli, recipes
from mien.commands.generate import generate
from mien.conditioning import labels as conditioning
from mien.conditioning.text.words import Words
from mien.config.budget import Budget
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.errors import UsageError
from mien.inference.attribute_grid import attribute_sheet
from mien.inference.generator import load
from mien.media.contact_sheet import GAP, MARGIN
from mien.media.image_files import read_facts
from mien.reports.run_data import read_run
from mien.reports.settings import compare_with_recipe, reproduce
from mien.runs.directory import RunDirectory
from mien.trainer import condition_policy

DCGAN = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4", "condition.embedding_dim=4")
STYLE = (
    *("generator.width=1", "generator.most=8", "generator.latent_dim=8", "generator.w_dim=8"),
    *("discriminator.width=1", "discriminator.most=8", "discriminator.terms.r1.every=3", "condition.embedding_dim=4"),
)
OWN = Path(__file__).parents[1] / "own_metric.py"


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
    recipe = condition_policy.with_condition(recipes.find("dcgan"), "class", detect(classes))
    assert (recipe.condition.kind, recipe.condition.dim, recipe.condition.names) == ("class", 3, ("a", "b", "c"))
    recipe = recipe.override((*DCGAN, "resolution=16x16"))
    game = recipe.build_game()
    assert (game.latent_dim, game.generator.generator.latent_dim) == (8, 12)
    assert game.generator.embedding.weight.shape == (4, 3)
    labels = conditioning.labels_of(recipe.condition, prepare(classes, 16, 16))
    assert labels.shape == (48, 3) and np.array_equal(labels, np.eye(3)[np.arange(48) // 16])


def test_attributes_become_a_condition_and_zeros_stay_zeros(attributed):
    recipe = condition_policy.with_condition(recipes.find("dcgan"), "attributes", detect(attributed))
    assert recipe.condition.names == ("hair=black", "hair=pink", "hair=silver", "glasses")
    pictures = prepare(attributed, 16, 16)
    labels = conditioning.labels_of(recipe.condition, pictures)
    assert labels[0].tolist() == [0, 0, 0, 0] and labels[1].tolist() == [0, 0, 1, 1]
    assert condition_policy.summary_lines(recipe.condition, pictures) == [
        "2 attributes (hair, glasses); 8 images have no label: D judges them without a condition"
    ]


def test_what_is_kept_is_spread_over_all():
    labels = np.eye(5, dtype=np.float32)[np.arange(10_000) // 2000]
    kept = conditioning.sample_of(labels)
    assert kept.shape == (conditioning.STORED, 5) and kept.sum(0).sub(2048 / 5).abs().max() < 1
    assert conditioning.sample_of(None) is None and len(conditioning.sample_of(labels[:7])) == 7
    shown = conditioning.distinct(torch.cat([torch.zeros(1, 5), kept]), 8)
    assert torch.equal(shown, torch.eye(5)) and torch.equal(conditioning.distinct(kept, 3), torch.eye(5)[[0, 2, 4]])


def test_captions_are_embedded_once(attributed, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    recipe = condition_policy.with_condition(recipes.find("dcgan"), "text", detect(attributed))
    assert (recipe.condition.encoder, recipe.condition.dim, recipe.condition.names) == ("words", Words.dim, ())
    pictures = prepare(attributed, 16, 16)
    labels = conditioning.labels_of(recipe.condition, pictures)
    assert np.array_equal(labels, Words()(pictures.captions))
    assert len(list((tmp_path / "captions").glob("*.npy"))) == 1
    monkeypatch.setattr(Words, "encode", None)
    assert np.array_equal(conditioning.labels_of(recipe.condition, pictures), labels)
    assert condition_policy.summary_lines(recipe.condition, pictures) == [
        "captions, by the encoder words (1024 numbers)"
    ]
    with pytest.raises(UsageError, match="--encoder words is for --cond text"):
        condition_policy.with_condition(recipes.find("dcgan"), "class", detect(attributed), "words")


# --- what is refused, and what is pointed out -------------------------------------------------------------------------


def refused(cond, data):
    with pytest.raises(UsageError) as error:
        condition_policy.with_condition(recipes.find("dcgan"), cond, detect(data))
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


def test_a_recipe_that_names_labels_takes_the_best_there_is(classes, attributed, faces, tmp_path):
    found = [
        condition_policy.with_condition(recipes.find("acgan"), "none", detect(data)).condition
        for data in (classes, attributed)
    ]
    assert [one.kind for one in found] == ["class", "attributes"]
    with pytest.raises(UsageError, match="faces has no labels and no captions, no classes: give labels"):
        condition_policy.with_condition(recipes.find("acgan"), "none", detect(faces))
    with pytest.raises(UsageError, match=r"classifier\.weight is the weight of a classification loss: add cond class"):
        begin(classes, tmp_path, "dcgan", ("classifier.weight=1",), "16img")


def test_unused_labels_are_pointed_out(classes, faces, capsys, tmp_path):
    begin(classes, tmp_path, "dcgan", DCGAN[:3], "16img", dry_run=True)
    assert "cond     none: 3 classes (a, b, c) are not used (--cond class or attributes)" in capsys.readouterr().err
    begin(faces, tmp_path, "dcgan", DCGAN[:3], "16img", dry_run=True)
    assert "cond  " not in capsys.readouterr().err


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipe, changes, cond",
    [
        ("dcgan", DCGAN, "class"),
        ("stylegan2-laptop", STYLE, "attributes"),
        ("hinge", (*DCGAN[:-1], "game.mismatch=0.5", DCGAN[-1]), "text"),
        ("dcgan", (*DCGAN, "classifier.weight=1"), "attributes"),
        ("hinge", (*DCGAN, "classifier.weight=1", "mode_seeking.weight=0.1"), "text"),
    ],
)
def test_stopped_and_resumed_equals_never_stopped(recipe, changes, cond, classes, attributed, tmp_path):
    data = classes if cond == "class" else attributed
    whole = begin(data, tmp_path / "whole", recipe, changes, "200img", cond=cond)
    stopped = begin(data, tmp_path / "stopped", recipe, changes, "120img", cond=cond)
    mien.resume(str(stopped.path), budget="200img")
    assert_equal(whole.path, stopped.path)
    without = tuple(change for change in changes if not change.startswith(("condition", "classifier", "mode_seeking")))
    plain = begin(data, tmp_path / "plain", recipe, without, "200img")
    assert "labels/kept" in snapshot(whole.path) and "labels/kept" not in snapshot(plain.path)


def test_resuming_with_pictures_of_other_classes_is_refused(classes, faces, tmp_path):
    run = begin(classes, tmp_path, "dcgan", DCGAN, "16img", cond="class")
    with pytest.raises(UsageError, match=r"has no labels.*, not the 3 of the run \(a, b, c …\)"):
        mien.resume(str(run.path), data=str(faces), budget="+16img")


def test_a_row_of_the_grid_has_one_label_and_a_column_one_z(classes, tmp_path):
    from mien.trainer.config import TrainConfig
    from mien.trainer.run_writer import SAMPLES, RunWriter
    from mien.trainer.setup import set_up

    recipe = condition_policy.with_condition(recipes.find("dcgan"), "class", detect(classes)).override(
        (*DCGAN, "resolution=16x16")
    )
    setup = set_up(TrainConfig(data=str(classes)), recipe, prepare(classes, 16, 16), torch.device("cpu"), Budget())
    writer = RunWriter(RunDirectory(tmp_path), replace(setup, labels=torch.eye(3)[[0, 1, 2, 1]]))
    z, label = (part.unflatten(0, (8, 8)) for part in writer.latents)
    assert SAMPLES == 64 and torch.equal(label[:, 0], torch.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]])
    assert (label == label[:, :1]).all()
    assert torch.equal(z[0], z[1]) and torch.equal(z[0], z[2]) and not torch.equal(z[0], z[3])


# --- drawing ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_class(classes, tmp_path_factory):
    return begin(classes, tmp_path_factory.mktemp("runs"), "dcgan", DCGAN, "160img", cond="class").path


@pytest.fixture(scope="module")
def by_attributes(attributed, tmp_path_factory):
    return begin(attributed, tmp_path_factory.mktemp("runs"), "dcgan", DCGAN, "160img", cond="attributes").path


def test_a_seed_is_a_picture_whatever_is_drawn_beside_it(by_class):
    generator = load(by_class)
    assert generator.labels.shape == (48, 3) and generator.latents([7]).shape == (1, 8 + 3)
    alone = generator.pixels([7])
    assert np.array_equal(generator.pixels([3, 4, 7])[2:], alone)
    assert np.array_equal(generator.pixels([3, 7], batch_size=2)[1:], generator.pixels([7, 5], batch_size=2)[:1])
    drawn = generator.latents(range(300))[:, 8:]
    assert torch.equal(drawn.unique(dim=0), torch.eye(3).flip(0)) and 70 < drawn[:, 0].sum() < 130


def test_a_class_is_drawn_with_the_same_z(by_class):
    generator = load(by_class)
    one = generator.conditioned_on(class_="c")
    assert torch.equal(one.latents([5])[:, :8], generator.latents([5])[:, :8])
    assert one.latents(range(9))[:, 8:].tolist() == [[0, 0, 1]] * 9
    assert np.array_equal(np.asarray(generator([5], class_=2)[0]), one.pixels([5])[0])
    other = generator.conditioned_on(class_="a").pixels([5])
    assert not np.array_equal(other, one.pixels([5])) and generator.labels.shape == (48, 3)


def test_generate_draws_what_is_asked_and_says_so(by_class, by_attributes, tmp_path, capsys):
    made = generate(str(by_class), class_="b", seeds="0-3", output=tmp_path / "b")
    assert made.requested == "class: b" and "class: b" in str(made)
    with Image.open(tmp_path / "b" / "seed0002.png") as picture:
        assert read_facts(picture)["class"] == "b"
        assert np.array_equal(np.asarray(picture), load(by_class).conditioned_on(class_="b").pixels([2])[0])
    assert "each seed chose one of the training labels" in str(
        generate(str(by_class), seeds="1", output=tmp_path / "any")
    )
    flags = ["--seeds", "0", "--output", str(tmp_path / "wish")]
    assert cli.run(["generate", str(by_attributes), "--attributes", "hair=silver,glasses", *flags]) == 0
    assert "attributes: hair=silver,glasses" in capsys.readouterr().out
    assert cli.run(["generate", str(by_class), "--class", "d", *flags]) == 2
    assert capsys.readouterr().err == "mien: --class d: unknown class: there are a, b, c, or a number from 0 to 2\n"


def test_a_text_is_drawn_by_what_it_says(attributed, tmp_path):
    run = begin(attributed, tmp_path, "dcgan", DCGAN, "80img", cond="text").path
    generator = load(run)
    asked = generator.conditioned_on(text="a girl with pink hair")
    assert np.array_equal(asked.latents([3])[:, 8:].numpy(), Words()(["a girl with pink hair"]))
    assert np.array_equal(np.asarray(generator([3], text="a girl with pink hair")[0]), asked.pixels([3])[0])
    assert generate(str(run), text="pink hair", seeds="0", output=tmp_path / "out").requested == "text: pink hair"


def test_what_a_generator_cannot_be_asked_is_refused(by_class, by_attributes, classes, tmp_path):
    plain = begin(classes, tmp_path, "dcgan", DCGAN[:3], "16img").path
    for run, wanted, words in (
        (plain, {"class_": "a"}, "was trained without a condition: train with --cond class"),
        (by_class, {"attributes": {"hair": "black"}}, "was trained with --cond class: use --class"),
        (by_attributes, {"class_": "a"}, "was trained with --cond attributes: use --attributes"),
    ):
        with pytest.raises(UsageError, match=words):
            load(run).conditioned_on(**wanted)


def test_latents_of_a_conditional_generator(by_class, by_attributes, classes, tmp_path):
    """The verbs of latents: a label is part of the latent, so walks and directions pass through it."""
    generator = load(by_class)
    w = generator.mapping(generator.latents([1, 2]), 0.5)
    assert w.shape == (2, 8 + 4)
    torch.testing.assert_close(w[:, :8], 0.5 * generator.latents([1, 2])[:, :8])
    assert generator.synthesis(w).shape == (2, 3, 16, 16)
    mien.interpolate(str(by_class), seeds="1,2", frames=3, output=tmp_path / "walk.gif")
    mien.directions(str(by_attributes), count=2, method="pca", output=tmp_path / "way.safetensors")
    mien.project(str(by_class), classes / "a" / "000.png", steps=2, output=tmp_path / "one.safetensors")
    assert all((tmp_path / name).exists() for name in ("walk.gif", "way.safetensors", "one.safetensors"))


def test_metrics_while_training_draw_the_trainings_labels(classes, tmp_path):
    more = {"metrics": f"{OWN}:spread", "metrics_every": 0.064, "metrics_num": 32, "metrics_share": 1.0}
    run = begin(classes, tmp_path, "dcgan", DCGAN, "128img", cond="class", **more).path
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    found = mien.evaluate(str(run), metrics=f"{OWN}:spread", num=32, output=tmp_path / "rows.jsonl")
    assert rows[-1]["value"] == found.rows[0]["value"]


# --- attribute grids --------------------------------------------------------------------------------------------------


def test_an_attribute_grid_has_a_cell_for_each_pair_of_values(by_attributes):
    generator = load(by_attributes)
    picture, facts, count = attribute_sheet(generator, "Hair,glasses", {}, [3], 1.0)
    assert (count, facts["attribute_grid"], facts["seeds"]) == (6, "Hair,glasses", [3])
    cells = in_cells(picture, 3, 2)
    for row, hair in enumerate(("black", "pink", "silver")):
        for column, glasses in enumerate((False, True)):
            expected = generator([3], attributes={"hair": hair, "glasses": glasses})[0]
            assert np.array_equal(cells[row][column], np.asarray(expected)), (hair, glasses)


def in_cells(picture, rows, columns, scale=8):
    """uint8 [16,16,3] each, from the lower right corner of a sheet."""
    pixels, tile = np.asarray(picture), 16 * scale
    top, left = (side + GAP - MARGIN - count * (tile + GAP) for side, count in zip(pixels.shape[:2], (rows, columns)))
    return [
        [
            pixels[y : y + tile : scale, x : x + tile : scale]
            for x in range(left, left + columns * (tile + GAP), tile + GAP)
        ]
        for y in range(top, top + rows * (tile + GAP), tile + GAP)
    ]


def test_an_attribute_grid_names_its_axes(by_attributes, monkeypatch):
    names = []
    monkeypatch.setattr("mien.media.contact_sheet.write_names", lambda pen, given, *rest: names.append(given))
    attribute_sheet(load(by_attributes), "hair,glasses", {}, [3], 1.0)
    attribute_sheet(load(by_attributes), "glasses", {}, [3, 5], 1.0)
    assert [(one.row_axis, one.column_axis) for one in names] == [("hair", "glasses"), ("seed", "glasses")]
    assert [list(one.rows) for one in names] == [["black", "pink", "silver"], ["3", "5"]]


def test_the_old_flag_of_an_attribute_grid_works_and_says_so(by_class, tmp_path, capsys):
    path = tmp_path / "old.png"
    assert cli.run(["generate", str(by_class), "--sweep", "class", "--seeds", "1", "--output", str(path)]) == 0
    assert "--sweep is now called --attribute-grid" in capsys.readouterr().err and path.is_file()


def test_an_attribute_grid_of_one_attribute_has_a_row_for_each_seed(by_attributes, by_class, tmp_path, capsys):
    path = tmp_path / "classes.png"
    made = generate(str(by_class), attribute_grid="class", seeds="1,4", output=path)
    assert (made.kind, made.pictures, made.files) == ("grid", 6, 1)
    cells = in_cells(Image.open(path), 2, 3)
    assert np.array_equal(cells[1][2], load(by_class).conditioned_on(class_="c").pixels([4])[0])
    assert generate(str(by_attributes), attribute_grid="hair", attributes="glasses").path.name == "attribute-grid.png"


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--attribute-grid", "hairs"], "--attribute-grid hairs: unknown attribute: did you mean hair?"),
        (["--attribute-grid", "hair,hair"], "name one attribute, or two different ones"),
        (["--attribute-grid", "hair,glasses", "--seeds", "1,2"], "takes one seed"),
        (["--attribute-grid", "hair", "--zip"], "--attribute-grid writes a sheet of its own"),
    ],
)
def test_an_attribute_grid_that_cannot_be_is_refused(flags, words, by_attributes, capsys):
    assert cli.run(["generate", str(by_attributes), *flags]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1


# --- the report -------------------------------------------------------------------------------------------------------


def test_the_command_that_reproduces_a_run_names_its_condition(by_class):
    found = read_run(RunDirectory(by_class))
    changed = compare_with_recipe(found)[1]
    command = reproduce(found, [setting for setting in changed if setting.differs])
    assert "--cond class " in command and "condition.names" not in command and "condition.kind" not in command
    assert "--set condition.embedding_dim=4" in command
    assert {setting.path: setting.text for setting in changed}["condition.names"] == "3: a, b, c"
