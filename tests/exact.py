"""What two runs must share to be called equal; used by every test of exactness."""

from __future__ import annotations

import json
from pathlib import Path

import mien
from mien.trainer.run import Run

CLOCK = {"seconds", "images_per_second"}  # all that may differ between two equal runs
SMALLEST = {"gan": "48"}  # recipes that cannot draw 16 pixels


def begin(data: Path, outdir: Path, recipe: str, changes: tuple[str, ...], budget: str, **more) -> Run:
    """A tiny training: 16 px where that can be, batch 8, a tick each 64 images."""
    size = SMALLEST.get(recipe, "16")
    settings = {"resolution": size, "batch": 8, "tick": 0.064, "name": "run", "checkpoint_every": "1h"}
    return mien.train(recipe, data=str(data), outdir=outdir, budget=budget, set=changes, **{**settings, **more})


def weights(run: Path) -> dict[str, str]:
    """sha256 of each tensor file of the newest checkpoint: networks, average, both optimizers, statistics."""
    manifest = sorted((run / "checkpoints").glob("kimg-*/manifest.json"))[-1]
    return {name: sum_ for name, sum_ in json.loads(manifest.read_text()).items() if name != "state.json"}


def numbers(run: Path) -> dict:
    """state.json of the newest checkpoint, but for the clock."""
    state = json.loads(sorted((run / "checkpoints").glob("kimg-*/state.json"))[-1].read_text())
    return {key: value for key, value in state.items() if key not in CLOCK}


def rows(run: Path) -> list[dict]:
    lines = (run / "stats.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in CLOCK} for line in lines]


def files(run: Path, pattern: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(run.glob(pattern))}


def assert_equal(whole: Path, stopped: Path) -> None:
    """`stopped` may hold more grids and snapshots, from the moments where it stopped."""
    assert weights(stopped) == weights(whole)
    assert numbers(stopped) == numbers(whole)
    assert rows(stopped) == rows(whole)
    for pattern in ("samples/*.png", "snapshots/*.safetensors", "reals.png"):
        expected, found = files(whole, pattern), files(stopped, pattern)
        assert expected.keys() <= found.keys(), pattern
        assert [name for name in expected if found[name] != expected[name]] == [], pattern
