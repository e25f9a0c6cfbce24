"""Imports go down only: the floors of ARCHITECTURE.md, read from the source with `ast`."""

import ast
from pathlib import Path

import pytest

import mien

ROOT = Path(mien.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
GROUND = {
    *(
        "turn",
        "spec",
        "kinds",
        "encoding",
        "settings",
        "condition",
        "schedule",
        "images",
        "distributed",
        "errors",
        "budget",
        "ticks",
    ),
    *("stopping", "leftovers", "heartbeat"),
    *("console", "printable", "device", "groups", "typed_json", "tensor_files", "given", "building", "calling"),
    "networks",
}
FLOORS = {
    **dict.fromkeys(GROUND, 1),
    **dict.fromkeys(["losses", "games", "metrics", "data", "run"], 2),
    "training": 3,
    "recipe": 4,
    "cli": 6,
    "__main__": 6,
    # everything else is floor 5
}
SIBLINGS = {"losses", "games", "metrics", "data", "run"}


def name_of(path):
    """src/mien/losses/term.py -> "mien.losses.term"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(["mien", *(part for part in parts if part != "__init__")])


NAMES = {name_of(path) for path in MODULES}


def part_of(module):
    """ "mien.losses.term" -> "losses"; mien itself is what everyone may read (its version)."""
    return module.split(".")[1] if "." in module else ""


def floor(part):
    return FLOORS.get(part, 5)


def imports(path, source=None):
    """The modules that a file imports, anywhere in it, but for the type checker alone."""
    found = set()

    def visit(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            package = name_of(path).split(".")[: None if path.name == "__init__.py" else -1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            base = base if node.level else node.module
            below = {f"{base}.{alias.name}" for alias in node.names}
            found.update(below & NAMES or {base})
            if below - NAMES and below & NAMES:
                found.add(base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source or path.read_text()))
    return found


def ours(path, source=None):
    return {module for module in imports(path, source) if module == "mien" or module.startswith("mien.")}


def wrong(path, source=None):
    """The imports of a file that go up, or sideways between siblings."""
    here = part_of(name_of(path))
    found = []
    for module in ours(path, source):
        there = part_of(module)
        if there in ("", here):
            continue
        sideways = here in SIBLINGS and there in SIBLINGS
        if floor(there) > floor(here) or sideways:
            found.append(module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path):
    if path == ROOT / "__init__.py":
        return  # the door: it opens every verb, by name, when first asked for
    assert wrong(path) == []


@pytest.mark.parametrize(
    "file, line, bad",
    [
        ("losses/term.py", "from mien.games.noise import NoiseGame", True),
        ("losses/term.py", "def f():\n    import mien.games.noise", True),
        ("losses/term.py", "from ..games import noise", True),
        ("losses/term.py", "from mien import session", True),
        ("losses/term.py", "from mien.training.player import Player", True),
        ("losses/term.py", "from mien import distributed", False),
        ("losses/term.py", "if TYPE_CHECKING:\n    from mien.games.noise import NoiseGame", False),
        ("training/player.py", "from mien.losses.term import Term", False),
        ("training/player.py", "from mien.recipe import Recipe", True),
        ("networks/dcgan.py", "from mien.losses.penalties import R1", True),
        ("recipe.py", "from mien.launch import start", True),
        ("spec.py", "from mien.recipe import Recipe", True),
        ("commands/train.py", "from mien.cli import run", True),
        ("commands/train.py", "from mien.launch import start", False),
    ],
)
def test_the_test_sees_what_it_should(file, line, bad):
    assert bool(wrong(ROOT / file, line)) == bad


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
