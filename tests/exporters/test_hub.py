"""A folder for the hub: it loads as the run did, its card says what is known, and it holds nothing private."""

import importlib.util
import json
import sys
import types

import numpy as np
import pytest
from conditional_run import ATTRIBUTES, conditional_run
from fake_run import make_run
from PIL import Image

import mien
from mien import cli
from mien.errors import FileError, UsageError
from mien.runs import hub


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a metric, whose data lie in a folder that nobody else should learn about."""
    made = make_run(tmp_path_factory.mktemp("runs"))
    row = {"metric": "fid", "value": 31.25, "kimg": 2.0, "n_real": 100, "n_fake": 100, "extractor": "inception"}
    for value in (31.25, 28.5):
        made.metrics.append({**row, "value": value, "data": "/home/secret/faces", "warnings": ["only 100 | images"]})
    return made.path


@pytest.fixture(scope="module")
def folder(run):
    assert cli.run(["export", str(run), "--to", "hub", "--data-license", "CC BY 4.0"]) == 0
    return run / "exported" / "hub"


def test_the_folder_loads_as_the_run_does(run, folder, tmp_path, monkeypatch):
    names = {"model.safetensors", "recipe.json", "config.json", "grid.png", "README.md"}
    assert {path.name for path in folder.iterdir()} == names
    again, original = mien.load(folder), mien.load(run)
    assert np.array_equal(again.pixels(range(3)), original.pixels(range(3)))
    assert (again.run, again.images) == (original.run, 4500)
    monkeypatch.chdir(tmp_path)
    assert cli.run(["generate", str(folder), "--seeds", "0-1"]) == 0
    assert len(list((tmp_path / "generated").iterdir())) == 2
    assert {path.name for path in folder.iterdir()} == names  # what is uploaded stays as it was


def test_the_card_says_what_is_known(folder):
    card = (folder / "README.md").read_text()
    head, _, text = card.removeprefix("---\n").partition("\n---\n")
    assert "library_name: mien" in head and 'tags: ["gan", "mien", "dcgan"]' in head
    assert '- {type: "fid", value: 28.5}' in head and "31.25" not in card  # the newest value of a metric
    assert "| fid | 28.5 |  | 100 generated, 100 real | inception | 2 kimg |" in text
    assert "- only 100 \\| images" in text
    assert "| licence, as the publisher states it | CC BY 4.0 |" in text and "| images | 100 |" in text
    assert "generator.width = 4" in text and "![Seeds 0 to 35, not selected](grid.png)" in text
    assert Image.open(folder / "grid.png").size == (6 * 18 + 2, 6 * 18 + 2)
    config = json.loads((folder / "config.json").read_text())
    assert (config["recipe"], config["resolution"], config["latent_dim"]) == ("dcgan", [16, 16], 100)


def test_no_path_of_this_machine_is_in_it(folder):
    for path in folder.iterdir():
        assert b"secret" not in path.read_bytes() and str(folder.parent).encode() not in path.read_bytes()


def test_a_condition_is_in_the_usage(tmp_path):
    run = conditional_run(tmp_path, ATTRIBUTES).path
    made = mien.export(run, to="hub", output=tmp_path / "hub")
    card = (made.path / "README.md").read_text()
    assert "G(seeds=range(16), truncation=0.8, attributes={'hair': 'black'})" in card
    assert "attributes: hair=black, hair=pink, glasses" in card and "not stated" in card
    assert mien.load(made.path).labels.shape == (3, 3)


def test_a_class_of_a_stranger_is_not_loaded(folder, tmp_path):
    recipe = (folder / "recipe.json").read_text().replace("mien.networks.dcgan:DCGANGenerator", "os:system")
    (tmp_path / "recipe.json").write_text(recipe)
    weights = (folder / "model.safetensors").read_bytes()
    name, other = b"mien.networks.dcgan:DCGANGenerator", b"antigravity:AntiGravityGenerators_"
    assert weights.count(name) == 1 and len(name) == len(other)
    (tmp_path / "model.safetensors").write_bytes(weights.replace(name, other))
    with pytest.raises(UsageError, match="only classes of mien or of a file given with --code are loaded"):
        mien.load(tmp_path)
    assert "antigravity" not in sys.modules


class FakeHub:
    """The three calls of huggingface_hub that mien makes. No test has a network."""

    def __init__(self, folder):
        self.folder, self.calls = folder, []

    def snapshot_download(self, repo, *, allow_patterns, library_name):
        self.calls.append((repo, sorted(allow_patterns)))
        if repo == "user/gone":
            raise OSError("404: no such repository\nwith more lines")
        return str(self.folder)

    def HfApi(self, library_name):
        return self

    def create_repo(self, repo, *, private, exist_ok):
        self.calls.append((repo, private, exist_ok))
        return f"https://hub/{repo}"

    def upload_folder(self, *, repo_id, folder_path, allow_patterns, commit_message):
        self.calls.append((repo_id, folder_path, sorted(allow_patterns)))


@pytest.fixture
def library(folder, monkeypatch):
    fake = FakeHub(folder)
    module = types.ModuleType("huggingface_hub")
    module.snapshot_download, module.HfApi = fake.snapshot_download, fake.HfApi
    module.__spec__ = importlib.util.spec_from_loader("huggingface_hub", None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return fake


def test_user_repo_is_downloaded(library, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert np.array_equal(mien.load("user/repo").pixels([0]), mien.load(run).pixels([0]))
    assert set(map(str, library.calls)) == {str(("user/repo", ["model.safetensors", "recipe.json"]))}
    gone = "user/gone is not a run directory, and Hugging Face did not give it: 404: no such repository"
    with pytest.raises(FileError, match=f"^{gone}$"):
        mien.load("user/gone")


def test_push_uploads_the_files_alone(library, run, tmp_path, capsys):
    output = tmp_path / "hub"
    output.mkdir()
    (output / "private.txt").write_text("not for others")
    flags = ["--output", str(output), "--push", "user/faces", "--private"]
    assert cli.run(["export", str(run), "--to", "hub", *flags]) == 0
    files = sorted(["model.safetensors", "recipe.json", "config.json", "grid.png", "README.md"])
    assert library.calls == [("user/faces", True, True), ("user/faces", output, files)]
    assert "uploaded to https://hub/user/faces" in capsys.readouterr().out
    assert 'mien.load("user/faces")' in (output / "README.md").read_text()


def test_a_folder_here_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces").mkdir()
    assert hub.is_repo("user/repo", tmp_path / "runs") and hub.is_repo("a/b.c-d", tmp_path)
    for text in ("faces/00001", "runs/00001", "repo", "a/b/c", "../b", "a/..", "/a/b", "a/", "-a/b"):
        assert not hub.is_repo(text, tmp_path / "runs") or text == "runs/00001"
    assert not hub.is_repo("runs/00001", type(tmp_path)("runs"))


@pytest.mark.parametrize(
    "flags, message",
    [
        (("--to", "hub", "--split"), "--split, --precision and --noise belong to --to onnx and torch: leave them out"),
        (("--to", "torch", "--push", "a/b"), "--push belongs to --to hub: leave it out"),
        (("--to", "hub", "--private"), "--private belongs to --push user/repo: add it, or leave --private out"),
        (("--to", "hub", "--push", "repo"), "--push repo: name a repository as user/repo"),
    ],
)
def test_flags_that_do_not_suit(flags, message, run, capsys):
    assert cli.run(["export", str(run), *flags]) == 2
    assert capsys.readouterr().err == f"mien: {message}\n"
