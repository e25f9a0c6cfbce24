"""Which networks a training starts from: mien train --init faces, none, a start file; and what the run records."""

import hashlib
import json

import pytest
import torch
from exact import begin, weights
from safetensors.torch import load_file

import mien
from mien import recipes
from mien.errors import FileError, UsageError
from mien.reports.run_data import read_run
from mien.runs import tensor_files
from mien.runs.directory import RunDirectory
from mien.runs.records import Header
from mien.runs.snapshot import load_snapshot
from mien.runs.start_file import networks, write_start
from mien.trainer import auto_recipe, starts

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


@pytest.fixture(scope="module")
def written(faces, cache, tmp_path_factory):
    """A start file of a tiny dcgan that was trained for 64 images."""
    folder = tmp_path_factory.mktemp("starts")
    run = begin(faces, folder / "old", "dcgan", TINY, "64img").path
    write_start(RunDirectory(run), folder / "dcgan-16.safetensors")
    return folder / "dcgan-16.safetensors"


@pytest.fixture
def shipped(written, monkeypatch):
    """mien ships that file, and chooses that recipe where none is named."""
    monkeypatch.setattr(starts, "FOLDER", written.parent)
    tiny = recipes.find("dcgan").override(TINY)
    monkeypatch.setattr(auto_recipe, "choose", lambda known: (tiny.replace(resolution=known.size), ["chosen"]))
    return written


def first(run):
    """{network: its tensors} at 0 kimg, {} without a checkpoint of that moment."""
    return {path.stem: load_file(path) for path in (run / "checkpoints/kimg-000000").glob("*.safetensors")}


def assert_taken_over(run, path):
    """Every bit of the three networks is that of the file."""
    found = first(run)
    for name, group in networks(load_snapshot(path)[0]).items():
        assert group.keys() == found[name].keys()
        for key, part in group.items():
            assert torch.equal(found[name][key], part.to(found[name][key].dtype)), f"{name}/{key}"


def test_without_a_recipe_the_shipped_networks_are_the_start(shipped, faces, tmp_path, capfd):
    run = begin(faces, tmp_path, "auto", (), "0.001kimg").path
    said = capfd.readouterr().err
    known = "from networks that know mien's built-in faces (dcgan, 0.064 kimg); --init none starts from chance"
    assert f"init     {known}" in said and "D takes over" in said and said.count("(100%)") == 2
    assert_taken_over(run, shipped)
    sum_ = hashlib.sha256(shipped.read_bytes()).hexdigest()
    record = {"name": "dcgan-16", "images": 64, "recipe": "dcgan", "data": "faces", "sha256": sum_}
    assert json.loads((run / "init.json").read_text()) == record
    assert json.loads((run / "config.json").read_text())["init"] == "faces"
    (snapshot,) = (run / "snapshots").glob("*.safetensors")
    assert tensor_files.read_header(snapshot, Header)["init"] == record
    assert read_run(RunDirectory(run)).start == "dcgan-16 at 0.064 kimg, which learned faces"
    mien.report(run)
    page = RunDirectory(run).report.read_text()
    assert "The training started from the networks of dcgan-16 at 0.064 kimg" in page


@pytest.mark.parametrize(("recipe", "init"), [("auto", "none"), ("dcgan", None), ("dcgan", "none")])
def test_from_chance(recipe, init, shipped, faces, tmp_path, capfd):
    changes = () if recipe == "auto" else TINY
    run = begin(faces, tmp_path, recipe, changes, "0.001kimg", init=init).path
    assert "init  " not in capfd.readouterr().err and not first(run) and not (run / "init.json").exists()
    assert json.loads((run / "config.json").read_text())["init"] == init
    plain = begin(faces, tmp_path, "dcgan", TINY, "0.001kimg", init="none").path
    assert weights(plain) == weights(run)


def test_a_named_recipe_takes_them_with_init_faces(shipped, faces, tmp_path):
    assert_taken_over(begin(faces, tmp_path, "dcgan", TINY, "0.001kimg", init="faces").path, shipped)


def test_the_resumed_run_needs_the_file_no_more_and_has_the_same_bits(shipped, faces, tmp_path, monkeypatch):
    whole = begin(faces, tmp_path, "auto", (), "192img").path
    stopped = begin(faces, tmp_path, "auto", (), "64img").path
    monkeypatch.setattr(starts, "FOLDER", tmp_path / "nowhere")
    mien.resume(stopped, budget="192img")
    assert weights(whole) == weights(stopped)
    assert (whole / "init.json").read_bytes() == (stopped / "init.json").read_bytes()
    assert json.loads((stopped / "config.json").read_text())["init"] == "faces"


def test_init_takes_such_a_file_like_a_run(written, faces, tmp_path, capfd):
    run = begin(faces, tmp_path, "auto", (), "0.001kimg", init=str(written)).path
    assert "init     from dcgan-16 at 0.064 kimg" in capfd.readouterr().err
    assert_taken_over(run, written)
    assert mien.generate(written, seeds="0-3", output=tmp_path / "images").files


def test_another_size_gets_the_layers_that_fit(shipped, faces, tmp_path, capfd):
    run = begin(faces, tmp_path, "auto", (), "0.001kimg", resolution=32).path
    said = capfd.readouterr().err
    assert "G takes over" in said and "(100%)" not in said
    old = networks(load_snapshot(shipped)[0])["G"]["layers.0.weight"]
    shared = first(run)["G"]["layers.0.weight"]
    assert shared.shape == old.shape or shared.shape[0] == old.shape[0]


def test_a_condition_takes_over_what_has_none(shipped, tmp_path):
    run = begin("drawn:16", tmp_path, "auto", (), "0.001kimg", cond="attributes").path
    old = networks(load_snapshot(shipped)[0])["G"]["layers.0.weight"].float()
    assert torch.equal(first(run)["G"]["generator.layers.0.weight"][:8], old)


def test_frozen_layers_need_no_run_if_there_is_a_start(shipped, faces, tmp_path):
    run = begin(faces, tmp_path, "auto", (), "64img", freeze_d=1).path
    kept, last = (load_file(sorted((run / "checkpoints").glob("*"))[at] / "D.safetensors") for at in (0, -1))
    assert {key for key in kept if torch.equal(kept[key], last[key])} == {"layers.0.weight"}
    assert json.loads((run / "recipe.json").read_text())["discriminator"]["frozen_layers"] == 1
    with pytest.raises(UsageError, match="freeze_d needs init"):
        begin(faces, tmp_path, "auto", (), "64img", freeze_d=1, init="none")


def test_a_dry_run_says_it(shipped, faces, tmp_path, capfd):
    begin(faces, tmp_path / "runs", "auto", (), "64img", dry_run=True)
    assert "init     from networks that know mien's built-in faces" in capfd.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_faces_for_a_recipe_that_has_none(shipped, faces, tmp_path):
    with pytest.raises(UsageError, match="init faces: mien has no networks with the settings of this wgan-gp: leave"):
        begin(faces, tmp_path / "runs", "wgan-gp", (), "64img", init="faces")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("damage", ["cut", "noise", "foreign"])
def test_a_damaged_file_is_one_line(damage, written, faces, tmp_path, monkeypatch):
    path = tmp_path / "starts" / "dcgan-16.safetensors"
    path.parent.mkdir()
    whole = written.read_bytes()
    damaged = {"cut": whole[:-40], "noise": b"noise" * 99, "foreign": whole.replace(b'"mien"', b'"nome"')}
    path.write_bytes(damaged[damage])
    monkeypatch.setattr(starts, "FOLDER", path.parent)
    for options in ({"init": str(path)}, {"init": "faces"}):
        with pytest.raises(FileError, match=r"dcgan-16.safetensors") as caught:
            begin(faces, tmp_path / "runs", "dcgan", TINY, "64img", **options)
        assert "\n" not in str(caught.value) and caught.value.exit_code == 74
    assert not (tmp_path / "runs").exists()


def test_a_damaged_record_is_one_line_before_the_resume_trains(written, faces, tmp_path):
    run = begin(faces, tmp_path, "auto", (), "64img", init=str(written)).path
    (run / "init.json").write_text('{"name": "x", "images": "many", "recipe": "dcgan"}')
    with pytest.raises(FileError, match=r"init\.json"):
        mien.resume(run, budget="128img")
    assert json.loads((run / "status.json").read_text())["images"] == 64
