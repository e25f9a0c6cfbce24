"""Imports go down only: the rooms of ARCHITECTURE.md, read from the source with `ast`."""

import ast

import pytest
from rooms import FLOOR, MODULES, ROOT, imports, name_of, room_of, wrong_imports


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path):
    assert wrong_imports(path) == []


def test_each_room_has_its_floor():
    assert {room_of(name_of(path)) for path in MODULES} == set(FLOOR)


@pytest.mark.parametrize(
    "file, line, bad",
    [
        ("losses/term.py", "from mien.games.noise import NoiseGame", True),
        ("losses/term.py", "def f():\n    import mien.games.noise", True),
        ("losses/term.py", "from ..games import noise", True),
        ("losses/term.py", "from mien import trainer", True),
        ("losses/term.py", "from mien.training.player import Player", True),
        ("losses/term.py", "from mien.runtime import distributed", False),
        ("losses/term.py", "if TYPE_CHECKING:\n    from mien.games.noise import NoiseGame", False),
        ("training/player.py", "from mien.losses.term import Term", False),
        ("training/player.py", "from mien.recipes.recipe import Recipe", True),
        ("networks/dcgan.py", "from mien.losses.penalties import R1", True),
        ("recipes/recipe.py", "from mien.trainer.launch import train", True),
        ("config/spec.py", "from mien.recipes.recipe import Recipe", True),
        ("commands/train.py", "from mien.cli import run", False),
        ("commands/train.py", "from mien.trainer.launch import train", False),
        # what stood in the code once: rooms that imported a verb, or the floor above
        ("media/animation.py", "from mien.commands.video import gif, webp", True),
        ("toy/run_experiment.py", "from mien.commands.video import gif, webp", True),
        ("inference/translator.py", "from mien.evaluation.image_sets import spread", True),
        ("media/image_files.py", "from mien.data.own_output import KEY", True),
    ],
)
def test_the_test_sees_what_it_should(file, line, bad):
    assert bool(wrong_imports(ROOT / file, line)) == bad


def test_no_drawer_for_odds_and_ends():
    odd = {"utils", "util", "misc", "helpers", "helper", "common", "tools", "stuff"}
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & odd == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_unpickled(path):
    assert {module.split(".")[0] for module in imports(path)} & {"torchvision", "pickle", "dill", "joblib"} == set()
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    # The one exception: published extractor weights, of which torch reads the tensors alone.
    allowed = {"torch.load"} if path == ROOT / "metrics" / "extractors.py" else set()
    assert calls & {"torch.load", "torch.save", "eval", "exec", "os.system"} == allowed
    assert not allowed or path.read_text().count("torch.load(") == path.read_text().count("weights_only=True") == 1


@pytest.mark.parametrize("path", sorted((ROOT / "training").glob("*.py")), ids=name_of)
def test_training_touches_no_file(path):
    assert {module.split(".")[0] for module in imports(path)} & {
        "pathlib",
        "os",
        "shutil",
        "io",
        "json",
        "PIL",
    } == set()
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    assert names & {"open", "write_text", "write_bytes", "mkdir", "unlink", "save", "print"} == set()


@pytest.mark.parametrize("name", ["loop", "player"])
def test_nothing_in_a_step_waits_for_the_device(name):
    source = ast.parse((ROOT / "training" / f"{name}.py").read_text())
    names = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)}
    assert names & {"item", "tolist", "cpu", "numpy", "synchronize"} == set()


def test_the_loop_asks_no_question():
    """43 lines with no `if`: it never learns which GAN it trains."""
    source = ast.parse((ROOT / "training" / "loop.py").read_text())
    assert not any(isinstance(node, ast.If | ast.IfExp | ast.Match) for node in ast.walk(source))
