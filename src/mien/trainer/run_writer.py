"""The writer of a training's files in its run directory."""

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
from mien.runs.start_file import read_started
from mien.runtime import distributed, typed_json
from mien.runtime.atomic_files import io_errors, write_bytes, write_json
from mien.trainer.live_doctor import LiveDoctor
from mien.trainer.probes import Probes
from mien.trainer.setup import Setup
from mien.trainer.translation_data import examples
from mien.trainer.validation import is_better

SAMPLES = 64  # images in a grid
DRAWN_AT_ONCE = 32
LADDER = 4  # older checkpoints of a training that may go back, each of half the images of the next one


class RunWriter:
    """Writes the files of a run. Only rank 0 has one, and it does not change the training.

    saved_at: images of the newest checkpoint, -1 for none.
    """

    def __init__(self, run: RunDirectory, setup: Setup, saved_at: int = -1):
        self.run, self.recipe, self.training, self.budget = run, setup.recipe, setup.training, setup.budget
        self.seed, self.labels, self.saved_at = setup.config.seed, setup.labels, saved_at
        self.keep = setup.config.checkpoint_keep
        self.ladder = LADDER if setup.config.on_trouble == "rollback" else 0
        self.started = read_started(run)
        self.latents: list[Tensor] = []
        self.examples: list[Batch] = []  # sources of a translation, the same in each grid
        if self.recipe.sources == "none":
            self.latents = [part.to(setup.device) for part in self.fixed_latents()]
        else:
            self.examples = examples(self.recipe, setup.data, setup.device)
        shown = self.latents[1] if len(self.latents) > 1 else None
        self.doctor = LiveDoctor(run, setup, Probes(setup, shown, self.examples))

    def fixed_latents(self) -> list[Tensor]:
        """Return z [SAMPLES, latent_dim], the same in every grid of the run, and for a conditional run the labels.

        Each row of a conditional grid has one label [K], and each column one z.
        """
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
    def sample(self, images: int, final: bool = False) -> None:
        """Write samples/fakes{kimg}.png: images of the fixed latents or sources by the averaged generator.

        The doctor looks at them. final: at the end of a session.
        """
        pixels = self.translations() if self.examples else self.faces()
        self.save_grid(self.grid_file(images), pixels, images)
        for change in self.doctor.look(pixels, images, final):
            self.event("diagnosis", **change)

    def grid_file(self, images: int) -> Path:
        return self.run.samples / f"fakes{kimg_name(images)}.png"

    def snapshot_file(self, images: int) -> Path:
        return self.run.snapshots / f"kimg-{kimg_name(images)}.safetensors"

    def is_shown(self) -> bool:
        """Return whether grid and snapshot of this moment exist. After a kill only the checkpoint may exist."""
        images = self.training.images
        return self.grid_file(images).is_file() and self.snapshot_file(images).is_file()

    def faces(self) -> np.ndarray:
        draw = self.training.ema.modules["G"]
        batches = zip(*(part.split(DRAWN_AT_ONCE) for part in self.latents))
        return np.concatenate([to_pixels(draw(*batch)) for batch in batches])

    def translations(self) -> np.ndarray:
        """Return uint8 [N,H,k*W,C]: sources and their translations side by side, one domain after the other."""
        game = self.training.game
        assert isinstance(game, Translation)  # only a translation has examples
        shown = np.stack([to_pixels(game.show(self.training.ema.modules, one)) for one in self.examples])
        return np.concatenate(list(shown.swapaxes(0, 1)))

    def reals(self, pixels: np.ndarray) -> None:
        """Write reals.png. pixels: uint8 [N,H,W,C], real images as the discriminator gets them."""
        self.save_grid(self.run.reals, pixels, 0)

    def save_grid(self, path: Path, pixels: np.ndarray, images: int) -> None:
        height, width = pixels.shape[1:3]
        columns = math.ceil(math.sqrt(len(pixels)))
        facts = {"run": self.run.name, "recipe": self.recipe.name, "images": images, "gap": 2}
        facts |= {"columns": columns, "rows": math.ceil(len(pixels) / columns), "height": height, "width": width}
        write_bytes(path, image_files.encode(image_files.to_image(grid(pixels, columns)), "png", facts))

    def statistics(self, values: dict[str, float], seconds: float, speed: float, final: bool = False) -> None:
        """Append a row to stats.jsonl. `final` marks the row at the end of a session, which a resume removes."""
        images = self.training.images
        row = {"images": images, "kimg": images / 1000, "seconds": round(seconds, 3)}
        row |= {"images_per_second": round(speed, 2), **values}
        self.run.stats.append({**row, "final": True} if final else row)

    def validation(self, rows: list[dict[str, Any]]) -> None:
        """Append rows to metrics.jsonl. If the first row is the best so far, save its generator and write best.json."""
        if is_better(rows[0], self.run.read_best()):
            self.save_generator(best_snapshot(self.run, rows[0]["images"]))
            mark_best(self.run, rows[0])
        for row in rows:
            self.run.metrics.append(row)

    def snapshot(self, images: int) -> None:
        """Write snapshots/kimg-{kimg}.safetensors: the averaged generators."""
        self.save_generator(self.snapshot_file(images))

    def save_generator(self, path: Path) -> None:
        states = self.training.averages()
        if self.labels is not None:
            states["labels"] = {"kept": self.labels}
        header = {"recipe": serialization.encode(self.recipe), "run": self.run.name, "images": self.training.images}
        save_snapshot(path, states, {**header, "init": self.started} if self.started else header)

    def checkpoint(self, seconds: float) -> None:
        """Write checkpoints/kimg-{kimg}/: the full state. Delete all but the newest checkpoints.

        The generator that was the best before is deleted only now: a resume from an older checkpoint would need it.
        """
        state = {**self.training.numbers(), "seconds": seconds, "seed": self.seed}
        state |= {"world_size": distributed.world_size(), "global_draws": True}
        folder = self.run.checkpoints / f"kimg-{kimg_name(self.training.images)}"
        for journal in (self.run.stats, self.run.metrics, self.run.events, self.run.symptoms):
            journal.sync()  # the rows must be on disk before the checkpoint
        save_checkpoint(folder, self.training.tensors(), state)
        self.saved_at = self.training.images
        prune(self.run.checkpoints, self.keep, self.ladder)
        best = self.run.read_best()
        for path in self.run.best_snapshots():
            if best is None or path.name != Path(best["snapshot"]).name:
                with io_errors(path):
                    path.unlink(missing_ok=True)
        self.mark_latest()

    def mark_latest(self) -> None:
        mark_latest(self.run, self.training.images)

    def status(self, state: str, seconds: float) -> None:
        """Write status.json: state, progress, start and budget (None: no limit of that kind)."""
        now = {"state": state, "images": self.training.images, "seconds": round(seconds, 3), "updated": time.time()}
        now |= {"budget_images": finite(self.budget.images), "budget_seconds": finite(self.budget.seconds)}
        old = typed_json.read(self.run.status, Object) if self.run.status.exists() else {}
        write_json(self.run.status, {**now, "started": old.get("started", now["updated"])})

    def event(self, what: str, **more: Any) -> None:
        self.run.events.append({"time": time.time(), "images": self.training.images, "event": what, **more})


def finite(number: float) -> float | None:
    """Return the number, or None for infinity, which JSON lacks."""
    return number if number < float("inf") else None
