"""From the options to a trainer: complete once built, and the data are looked at once."""

import ast
import inspect
from pathlib import Path

import pytest
from conftest import picture_folder
from exact import begin

import mien
from mien.data import layouts
from mien.data.prepare import prepare
from mien.trainer import clock, run_writer, trainer, validation

OWN = Path(__file__).parents[1] / "own_metric.py"
TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
ASKED = {"metrics": f"{OWN}:brightness", "metrics_every": 0.064, "metrics_num": 40, "metrics_share": 1.0}


def assigned(tree):
    """(owner, attribute) of each assignment to an attribute of a name: self.run = … gives ("self", "run")."""
    return {
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
    }


@pytest.mark.parametrize(
    "module, name",
    [(trainer, "Trainer"), (run_writer, "RunWriter"), (validation, "Validator"), (clock, "Clock")],
)
def test_no_attribute_appears_after_the_constructor(module, name):
    (found,) = (node for node in ast.parse(inspect.getsource(module)).body if getattr(node, "name", "") == name)
    first, *rest = [node for node in found.body if isinstance(node, ast.FunctionDef)]
    assert first.name == "__init__" and len(assigned(first)) > 2
    own = {attribute for owner, attribute in set().union(*map(assigned, rest)) if owner == "self"}
    assert {("self", attribute) for attribute in own} <= assigned(first)


def test_nobody_else_writes_the_fields_of_a_trainer():
    for path in Path(trainer.__file__).parent.glob("*.py"):
        owners = {owner for owner, _ in assigned(ast.parse(path.read_text()))}
        assert not owners & {"trainer", "session", "setup", "writer", "validator"}, path.name


@pytest.fixture
def looks(monkeypatch):
    """What the layouts were detected of, in turn."""
    seen = []

    def watch(name):
        real = getattr(layouts, name)
        monkeypatch.setattr(layouts, name, lambda *arguments: (seen.append(name), real(*arguments))[1])

    for name in ("_read", "_drawn", "_prepared"):
        watch(name)
    return seen


def test_a_folder_is_looked_at_once(looks, tmp_path):
    folder = picture_folder(tmp_path / "faces", seed=5)
    run = begin(folder, tmp_path / "runs", "dcgan", TINY, "72img", **ASKED)
    assert looks == ["_read"] and run.images == 72
    looks.clear()
    mien.train(data=str(folder), outdir=tmp_path / "runs", resolution="32", set=TINY, dry_run=True)
    assert looks == ["_read"]
    looks.clear()
    mien.resume(run, budget="80img", metrics="none")  # the prepared images are there, and nothing else is needed
    assert looks == []
    mien.resume(run, budget="88img", metrics=ASKED["metrics"])
    assert looks == ["_read"]


def test_drawn_faces_and_a_prepared_set_are_looked_at_once(looks, tmp_path):
    begin("drawn:40@16", tmp_path, "dcgan", TINY, "16img", **ASKED)
    assert looks == ["_drawn"]
    ready = prepare("drawn:40@16", 16, 16, output=tmp_path / "set")
    looks.clear()
    run = begin(ready.path, tmp_path, "dcgan", TINY, "16img", **ASKED)
    assert looks == ["_prepared"]
    looks.clear()
    mien.resume(run, budget="24img")
    assert looks == ["_prepared"]


def test_pairs_are_looked_at_once(looks, tmp_path):
    changes = ("generator.width=2", "discriminator.width=2")
    begin("drawn-lines:8@32", tmp_path, "pix2pix", changes, "4img", resolution="32", **{**ASKED, "metrics_num": 4})
    assert looks == ["_drawn"]


def test_a_finished_run_has_nothing_left_to_do(faces, tmp_path, capsys):
    run = begin(faces, tmp_path, "dcgan", TINY, "72img")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    capsys.readouterr()
    again = mien.resume(run)
    assert again == run and {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    done = f"{run.path} is finished at 0.1 kimg: there is nothing left to train"
    line = f"{done}; continue with: mien resume {run.path} --budget +20m"
    assert capsys.readouterr().err.splitlines() == [line]
    assert mien.resume(run, budget="+8img").images == 80


def test_a_finished_run_whose_last_checkpoint_is_damaged_goes_on_to_its_end(faces, tmp_path):
    run = begin(faces, tmp_path, "dcgan", TINY, "72img")
    mien.resume(run, budget="80img")
    (run.path / "checkpoints" / "kimg-000000.080" / "G.safetensors").write_bytes(b"")
    assert mien.resume(run).images == 80
    assert [row["event"] for row in run.directory.events.read()].count("resumed") == 2
