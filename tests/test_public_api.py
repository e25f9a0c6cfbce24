"""What editors, type checkers and tab completion see of mien, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import stub
import torch

import mien

ROOT = Path(__file__).parent.parent


def test_importing_mien_imports_no_library():
    probe = "import json, sys; import mien; dir(mien); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"torch", "numpy", "PIL", "tyro", "rich", "msgspec", "IPython"}
    of_verbs = {"mien.commands", "mien.commands.installed_verbs"}  # dir(mien) lists what packages add
    below = {"mien.config", "mien.config.keywords", "mien.errors", "mien.runtime", "mien.runtime.printable"}
    assert {name for name in loaded if name.startswith("mien")} == {"mien", *of_verbs, *below}


def test_all_that_is_listed_is_there():
    assert set(mien.__all__) == set(dir(mien)) - {"__version__"}
    assert {"train", "check_data", "submit_hw6", "Run", "load", "losses"} <= set(mien.__all__)
    for name in mien.__all__:
        assert getattr(mien, name) is not None
    with pytest.raises(AttributeError, match="module 'mien' has no attribute 'trian'"):
        _ = mien.trian


def test_the_stub_is_what_the_verbs_say():
    assert stub.STUB.read_text() == stub.formatted(stub.stub()), "run: python tests/stub.py"


def test_the_stub_declares_all_that_is_listed():
    found = set()
    for node in ast.parse(stub.STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names if alias.asname}
    assert found == set(mien.__all__)


def test_a_type_checker_sees_the_real_signature(tmp_path):
    snippet = tmp_path / "snippet.py"
    lines = [
        "import mien, pathlib",
        "reveal_type(mien.train)",
        "run = mien.train('dcgan', data=pathlib.Path('faces'), set={'batch_size': 8}, metrics=['fid'], resolution=64)",
        "reveal_type(run)",
        "reveal_type(mien.generate(run, seeds=range(4)))",
        "reveal_type(mien.losses.r1_penalty)",
        "mien.train('dcgan', data='faces', bugdet='1m')",
        "mien.evaluate(run, trunc='0.7')",
    ]
    snippet.write_text("\n".join(lines))
    words = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", str(snippet)]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600).stdout.splitlines()
    revealed = [line.partition("Revealed type is ")[2].strip('"') for line in found if "Revealed" in line]
    assert "def (recipe: str =, *, data: str | pathlib.Path |" in revealed[0] and "seed: int =" in revealed[0]
    assert revealed[1:3] == ["mien.trainer.run.Run", "mien.commands.generate.Generated"]
    assert revealed[3] == "def (logits: torch._tensor.Tensor, images: torch._tensor.Tensor) -> torch._tensor.Tensor"
    errors = [line.partition(".py:")[2] for line in found if "error:" in line]
    assert {error.partition(":")[0] for error in errors} == {"7", "8"}
    assert "bugdet" in errors[0] and 'Argument "trunc"' in errors[-1]


def test_help_shows_the_types_that_python_may_give():
    parts = inspect.signature(mien.train).parameters
    assert parts["outdir"].annotation == str | Path
    assert parts["seed"].annotation is int and parts["budget"].annotation is str
    assert "Mapping" in str(parts["set"].annotation)
    assert "budget: Length of the training" in inspect.getdoc(mien.train)


def test_a_training_leaves_the_callers_random_state_as_it_was(faces, tmp_path, tiny):
    def draws():
        return random.random(), float(np.random.rand()), torch.rand(3).tolist()

    def seed():
        random.seed(1), np.random.seed(2), torch.manual_seed(3)

    seed()
    expected, again = draws(), draws()
    seed()
    assert draws() == expected
    flags = torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
    run = mien.train("dcgan", data=faces, budget="8img", batch=4, resolution=16, outdir=tmp_path, set=tiny)
    mien.load(run)(seeds=[0])
    run.load()
    assert draws() == again
    assert (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic) == flags


def test_the_data_verbs_have_one_name_each(faces, tmp_path):
    made = mien.prepare_data(faces, resolution=8, output=tmp_path / "set")
    assert made.info["height"] == 8
    checked = mien.check_data(faces, resolution=8, output=tmp_path / "sheet.png")
    assert checked.pictures == 48
    with pytest.raises(mien.MienError, match=r"^mien.check_data has no argument size"):
        mien.check_data(faces, size=8)
    assert "dcgan" in mien.list_recipes().rows
