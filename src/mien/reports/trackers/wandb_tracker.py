"""Weights & Biases: a run of the project "mien", or of WANDB_PROJECT. WANDB_MODE=offline writes into `logs/` only."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import wandb

from mien.reports.trackers.tracker import folder
from mien.runs.directory import RunDirectory
from mien.runs.records import Object
from mien.runtime import typed_json


class WandbTracker:
    """The step of each value is the number of real images."""

    def __init__(self, run: RunDirectory):
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "mien"),
            name=run.name,
            id=identity(run),
            resume="allow",
            dir=str(folder(run)),
            config=typed_json.read(run.recipe, Object),
            settings=wandb.Settings(console="off", x_disable_stats=True),
        )

    def numbers(self, images: int, values: dict[str, float]) -> None:
        self.run.log(values, step=images)

    def grid(self, images: int, path: Path) -> None:
        self.run.log({"samples": wandb.Image(str(path))}, step=images)

    def flush(self) -> None:
        pass  # it sends by itself

    def close(self) -> None:
        self.run.finish()


def identity(run: RunDirectory) -> str:
    """Return the same name for the same run, also after a resume: by its folder's name and its options."""
    options = run.config.read_bytes() if run.config.exists() else b""
    return hashlib.sha256(run.path.resolve().name.encode() + options).hexdigest()[:16]


def opened(run: RunDirectory) -> WandbTracker:
    return WandbTracker(run)
