"""A run of a tiny generator that has a latent for each layer, as training would leave it."""

from __future__ import annotations

from pathlib import Path

import torch

from mien import recipes
from mien.config import serialization
from mien.runs.directory import RunDirectory
from mien.runs.snapshot import save_snapshot
from mien.runtime.atomic_files import write_json

NAME = "00004-stylegan2-tiny"
LAYERS, WIDTH = 6, 5  # 4, 8 and 16 pixels, two styles each; numbers of a style


def stacked_run(outdir: Path) -> RunDirectory:
    run = RunDirectory(outdir / NAME)
    run.snapshots.mkdir(parents=True)
    small = (
        "resolution=16x16",
        "channels=3",
        "generator.latent_dim=6",
        f"generator.w_dim={WIDTH}",
        "generator.width=4",
    )
    recipe = recipes.find("stylegan2").override(small)
    write_json(run.recipe, serialization.encode(recipe))
    torch.manual_seed(3)
    network = recipe.generator.network.build(resolution=recipe.resolution, channels=recipe.channels)
    network.w_mean.copy_(torch.randn(WIDTH))  # type: ignore[operator, union-attr]
    header = {"recipe": serialization.encode(recipe), "run": NAME, "images": 3000}
    save_snapshot(run.snapshots / "kimg-000003.safetensors", {"G": dict(network.state_dict())}, header)
    return run
