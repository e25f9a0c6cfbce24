"""Verbs called from Python: what people write is converted; a mistake is one line that names the argument."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
import torch
import tyro

import mien
from mien.commands.python_api import checked, plain
from mien.errors import MienError, UsageError


def verb(
    run: tyro.conf.Positional[str],
    *,
    seeds: str | None = None,
    resolution: str | None = None,
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    outdir: Path = Path("runs"),
    photos: tuple[Path, ...] = (),
    batch: int = 8,
    trunc: float = 1.0,
    grid: bool = False,
    cond: Literal["none", "class"] = "none",
    class_: str | None = None,
    device: str = "auto",
):
    if batch < 1:
        raise UsageError(f"--batch {batch} is too small for --class x: see mien verb --help, or lower --trunc")
    return locals()


call = checked("mien.verb")(verb)


@dataclass
class FakeRun:
    path: Path


@dataclass
class FakeResult:
    path: str


GOOD = [
    ({"run": 7}, "run", "7"),
    ({"run": Path("runs/0")}, "run", "runs/0"),
    ({"run": FakeRun(Path("runs/0"))}, "run", "runs/0"),
    ({"run": FakeResult("runs/0")}, "run", "runs/0"),
    ({"seeds": [0, 1]}, "seeds", "0,1"),
    ({"seeds": range(100)}, "seeds", "0-99"),
    ({"seeds": np.array([3, 1])}, "seeds", "3,1"),
    ({"seeds": 5}, "seeds", "5"),
    ({"seeds": None}, "seeds", None),
    ({"resolution": 16}, "resolution", "16"),
    ({"resolution": (96, 80)}, "resolution", "96x80"),
    ({"set": {"a.b": 3, "c": None, "d": True, "e": 1}}, "set", ("a.b=3", "c=none", "d=true", "e=1")),
    ({"set": "a=1"}, "set", ("a=1",)),
    ({"outdir": "out"}, "outdir", Path("out")),
    ({"photos": ["a.png", Path("b.png")]}, "photos", (Path("a.png"), Path("b.png"))),
    ({"photos": "a.png"}, "photos", (Path("a.png"),)),
    ({"batch": np.int64(4)}, "batch", 4),
    ({"trunc": 1}, "trunc", 1.0),
    ({"device": torch.device("cpu")}, "device", "cpu"),
]


@pytest.mark.parametrize("given, name, wanted", GOOD)
def test_what_people_write_becomes_what_the_verb_reads(given, name, wanted):
    found = call(**{"run": "x", **given})[name]
    assert found == wanted and type(found) is type(wanted)


BAD = [
    ({"batch": 1.5}, "batch must be a whole number, not 1.5 (float)"),
    ({"batch": True}, "batch must be a whole number, not True (bool)"),
    ({"batch": "4"}, "batch must be a whole number, not '4' (str)"),
    ({"trunc": "x"}, "trunc must be a number, not 'x' (str)"),
    ({"grid": 1}, "grid must be True or False, not 1 (int)"),
    ({"cond": "clas"}, "cond must be 'none' or 'class', not 'clas' (str)"),
    ({"outdir": 3}, "outdir must be a path, not 3 (int)"),
    ({"outdir": None}, "outdir must be a path, not None"),
    ({"run": ["a", "b"]}, "run must be text, not ['a', 'b'] (list)"),
    ({"seeds": []}, "seeds must be text or None, not [] (list)"),
    ({"seeds": {1.5}}, "seeds must be text or None, not {1.5} (set)"),
    ({"photos": [3]}, "photos[0] must be a path, not 3 (int)"),
    ({"seed": [0]}, "mien.verb has no argument seed: did you mean seeds?"),
    ({"batch": 0}, "batch 0 is too small for class_ x: see mien verb --help, or lower trunc"),
]


@pytest.mark.parametrize("given, message", BAD)
def test_a_mistake_is_one_line_that_names_the_argument(given, message):
    with pytest.raises(UsageError) as caught:
        call(**{"run": "x", **given})
    assert str(caught.value) == message


def test_what_is_missing_or_too_much_is_told():
    with pytest.raises(UsageError, match="missing a required argument: 'run'"):
        call()
    with pytest.raises(UsageError, match="too many positional arguments"):
        call("x", "y")


def test_the_command_line_calls_the_verb_itself():
    assert plain(call) is verb
    with pytest.raises(UsageError, match="--batch 0"):
        plain(call)("x", batch=0)


def test_a_training_and_its_pictures_from_python(faces, tmp_path, tiny):
    settings = dict(change.split("=") for change in tiny)
    run = mien.train(
        "dcgan", data=faces, budget="8img", batch=4, resolution=16, outdir=str(tmp_path / "out"), set=settings
    )
    made = mien.generate(run, seeds=[0, 1], output=str(tmp_path / "pictures"))
    assert made.pictures == 2 and sorted(path.name for path in made.path.iterdir()) == ["seed0000.png", "seed0001.png"]
    rows = mien.evaluate(run, metrics=["sharpness"], num=8, output=str(tmp_path / "rows.jsonl")).rows
    assert [row["metric"] for row in rows] == ["sharpness"]
    with pytest.raises(MienError, match=r"^resolution 4 is out of range"):
        mien.train("dcgan", data=faces, resolution=4)


def test_the_groups_of_verbs_are_checked_too(faces, tmp_path):
    from mien.commands.data import prepare

    assert prepare(faces, resolution=8, output=str(tmp_path / "set")).info["height"] == 8
    with pytest.raises(UsageError, match="seed must be a whole number"):
        prepare(faces, seed="1")
