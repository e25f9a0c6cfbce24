"""A run of a tiny translator, as training would leave it."""

from __future__ import annotations

from pathlib import Path

import torch

from mien import recipes
from mien.config import serialization
from mien.runs.directory import RunDirectory
from mien.runs.snapshot import save_snapshot
from mien.runtime.atomic_files import write_json


def translator_run(outdir: Path, recipe: str) -> RunDirectory:
    """outdir/00007-RECIPE: "pix2pix" translates one way, "cyclegan" both ways."""
    run = RunDirectory(outdir / f"00007-{recipe}")
    run.snapshots.mkdir(parents=True)
    tiny = recipes.find(recipe).override(("generator.width=2", "discriminator.width=2", "resolution=16x16"))
    write_json(run.recipe, serialization.encode(tiny))
    torch.manual_seed(0)
    states = {name: dict(module.state_dict()) for name, module in tiny.build_game().generators.items()}
    header = {"recipe": serialization.encode(tiny), "run": run.name, "images": 3000}
    save_snapshot(run.snapshots / "kimg-000003.safetensors", states, header)
    return run
