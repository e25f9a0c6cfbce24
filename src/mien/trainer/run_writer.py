"""What a training writes into its run directory."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.batch import Batch
from mien.conditioning import labels
from mien.config import serialization
from mien.data.batches import derive_seed
from mien.games.game import Translation
from mien.media import image_files
from mien.media.pixels import grid, to_pixels
from mien.protocols import noise_generator
from mien.runs.checkpoint import prune, save_checkpoint
from mien.runs.directory import RunDirectory, best_snapshot, kimg_name, mark_best, mark_latest
from mien.runs.records import Object
from mien.runs.snapshot import save_snapshot
from mien.runtime import distributed, typed_json
from mien.runtime.atomic_files import io_errors, write_bytes, write_json
from mien.trainer.setup import Setup
from mien.trainer.translation_data import examples
from mien.trainer.validation import is_better

SAMPLES = 64  # images in a grid
DRAWN_AT_ONCE = 32


class RunWriter:
    """The writing side of a run; only rank 0 has one. Nothing here changes the training.

    saved_at: images of the newest checkpoint, -1 for none.
    """

    def __init__(self, run: RunDirectory, setup: Setup, saved_at: int = -1):
        self.run, self.recipe, self.training, self.budget = run, setup.recipe, setup.training, setup.budget
        self.seed, self.labels, self.saved_at = setup.config.seed, setup.labels, saved_at
        self.keep = setup.config.checkpoint_keep
        self.latents: list[Tensor] = []
        self.examples: list[Batch] = []  # what a translation shows in each grid
        if self.recipe.sources == "none":
            self.latents = [part.to(setup.device) for part in self.fixed_latents()]
        else:
            self.examples = examples(self.recipe, setup.data, setup.device)

    def fixed_latents(self) -> list[Tensor]:
        """z [SAMPLES, latent_dim], the same in every grid of the run; in a conditional one a row has one label [K], the
        second part, and each column one z: all that differs within it is the label."""
        generator = torch.Generator().manual_seed(derive_seed(self.seed, "fixed latents"))
        dimension = noise_generator(self.training.ema.modules["G"]).latent_dim
        z = torch.randn(SAMPLES, dimension, generator=generator)
        if self.labels is None:
            return [z]
        side = math.isqrt(SAMPLES)
        shown = labels.distinct(self.labels, side)
        row, column = torch.arange(SAMPLES) // side, torch.arange(SAMPLES) % side
        return [z[row // len(shown) * side + column], shown[row % len(shown)]]

    @torch.inference_mode()
    def sample(self, images: int) -> None:
        """samples/fakes{kimg}.png: the fixed latents or examples, drawn by the moving average."""
        pixels = self.translations() if self.examples else self.faces()
        self.save_grid(self.grid_file(images), pixels, images)

    def grid_file(self, images: int) -> Path:
        return self.run.samples / f"fakes{kimg_name(images)}.png"

    def snapshot_file(self, images: int) -> Path:
        return self.run.snapshots / f"kimg-{kimg_name(images)}.safetensors"

    def is_shown(self) -> bool:
        """Whether grid and snapshot of this moment are there: a kill may have come between a checkpoint and them."""
        images = self.training.images
        return self.grid_file(images).is_file() and self.snapshot_file(images).is_file()

    def faces(self) -> np.ndarray:
        draw = self.training.ema.modules["G"]
        batches = zip(*(part.split(DRAWN_AT_ONCE) for part in self.latents))
        return np.concatenate([to_pixels(draw(*batch)) for batch in batches])

    def translations(self) -> np.ndarray:
        """uint8 [N,H,k*W,C], a source and what comes of it side by side: first all from one domain, then the other."""
        game = self.training.game
        assert isinstance(game, Translation)  # only a translation has examples
        shown = np.stack([to_pixels(game.show(self.training.ema.modules, one)) for one in self.examples])
        return np.concatenate(list(shown.swapaxes(0, 1)))

    def reals(self, pixels: np.ndarray) -> None:
        """reals.png: uint8 [N,H,W,C] as training sees them."""
        self.save_grid(self.run.reals, pixels, 0)

    def save_grid(self, path: Path, pixels: np.ndarray, images: int) -> None:
        height, width = pixels.shape[1:3]
        columns = math.ceil(math.sqrt(len(pixels)))
        facts = {"run": self.run.name, "recipe": self.recipe.name, "images": images, "gap": 2}
        facts |= {"columns": columns, "rows": math.ceil(len(pixels) / columns), "height": height, "width": width}
        write_bytes(path, image_files.encode(image_files.to_image(grid(pixels, columns)), "png", facts))

    def statistics(self, values: dict[str, float], seconds: float, speed: float, final: bool = False) -> None:
        """One row of stats.jsonl. The row at the end of a session is no tick: `final` marks it for a later rewind."""
        images = self.training.images
        row = {"images": images, "kimg": images / 1000, "seconds": round(seconds, 3)}
        row |= {"images_per_second": round(speed, 2), **values}
        self.run.stats.append({**row, "final": True} if final else row)

    def validation(self, rows: list[dict[str, Any]]) -> None:
        """Rows of metrics.jsonl. Where the first beats all before it, its generator is kept, and best.json says so."""
        if is_better(rows[0], self.run.read_best()):
            self.save_generator(best_snapshot(self.run, rows[0]["images"]))
            mark_best(self.run, rows[0])
        for row in rows:
            self.run.metrics.append(row)

    def snapshot(self, images: int) -> None:
        """snapshots/kimg-{kimg}.safetensors: the averaged generators."""
        self.save_generator(self.snapshot_file(images))

    def save_generator(self, path: Path) -> None:
        states = self.training.averages()
        if self.labels is not None:
            states["labels"] = {"kept": self.labels}
        header = {"recipe": serialization.encode(self.recipe), "run": self.run.name, "images": self.training.images}
        save_snapshot(path, states, header)

    def checkpoint(self, seconds: float) -> None:
        """checkpoints/kimg-{kimg}/: the full state; older ones are deleted, but for the newest two. Only now is the
        generator deleted that was the best before: a resume from the checkpoint before this one would go back to it."""
        state = {**self.training.numbers(), "seconds": seconds, "seed": self.seed}
        state["world_size"] = distributed.world_size()
        folder = self.run.checkpoints / f"kimg-{kimg_name(self.training.images)}"
        for journal in (self.run.stats, self.run.metrics, self.run.events):
            journal.sync()  # a checkpoint must not outlive the rows before it
        save_checkpoint(folder, self.training.tensors(), state)
        self.saved_at = self.training.images
        prune(self.run.checkpoints, self.keep)
        best = self.run.read_best()
        for path in self.run.best_snapshots():
            if best is None or path.name != Path(best["snapshot"]).name:
                with io_errors(path):
                    path.unlink(missing_ok=True)
        self.mark_latest()

    def mark_latest(self) -> None:
        mark_latest(self.run, self.training.images)

    def status(self, state: str, seconds: float) -> None:
        """status.json: how far the run is, when it began, and where it ends (None: no such end)."""
        now = {"state": state, "images": self.training.images, "seconds": round(seconds, 3), "updated": time.time()}
        now |= {"budget_images": finite(self.budget.images), "budget_seconds": finite(self.budget.seconds)}
        old = typed_json.read(self.run.status, Object) if self.run.status.exists() else {}
        write_json(self.run.status, {**now, "started": old.get("started", now["updated"])})

    def event(self, what: str, **more: Any) -> None:
        self.run.events.append({"time": time.time(), "images": self.training.images, "event": what, **more})


def finite(number: float) -> float | None:
    """JSON has no infinity."""
    return number if number < float("inf") else None
