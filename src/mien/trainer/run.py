"""A run in Python: `run = mien.train(...)`, or `mien.Run("last")` for a run on disk."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from mien.config.budget import duration
from mien.inference import generator, translator
from mien.inference.generator import Generator
from mien.inference.translator import Translator
from mien.runs.directory import ALIVE, RunDirectory, find
from mien.runs.records import Best
from mien.runtime.random_state import same_random_state_after
from mien.trainer.run_html import run_html


class Run:
    """One training and its directory. Each property reads the files again, so a run that still trains is up to date.

    path: its folder. Two runs are equal if they have the same folder.
    """

    def __init__(self, run: str | int | Path = "last", *, outdir: str | Path = "runs"):
        """Find a run by a path, a number, a name in `outdir`, or "last". Raises UsageError if there is none."""
        self.directory = find(str(run), Path(outdir))
        self.path = self.directory.path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def state(self) -> str:
        """ "starting", "running", "paused", "stopped", "finished", "diverged", or "interrupted" after a kill."""
        state = self.directory.read_status()["state"]
        return "interrupted" if state in ALIVE and not self.directory.is_held() else state

    @property
    def images(self) -> int:
        """Real images shown to the discriminator."""
        return self.directory.read_status()["images"]

    @property
    def seconds(self) -> float:
        """Seconds of training, including every resumption."""
        return self.directory.read_status()["seconds"]

    @property
    def history(self) -> dict[str, np.ndarray]:
        """The rows of stats.jsonl as columns: name -> float64 [rows]; NaN where a row lacks the number.

        Among them are "kimg", "seconds", "discriminator/loss" and "generator/loss".
        """
        rows = self.directory.stats.read()
        names = dict.fromkeys(name for row in rows for name, value in row.items() if isinstance(value, int | float))
        return {name: np.array([number(row.get(name)) for row in rows]) for name in names if name != "final"}

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl, oldest first. Each has "metric", "value", and all that the value depends on."""
        return self.directory.metrics.read()

    @property
    def samples(self) -> list[Path]:
        """The sample grids, oldest first. The first shows the generator before training."""
        return [path for _, path in self.directory.sample_grids()]

    @property
    def best(self) -> Best | None:
        """The best row of `metrics`; `load("best")` gives its generator. None for a training without metrics."""
        return self.directory.read_best()

    def load(self, snapshot: str | int | None = None, *, device: str | None = None) -> Generator | Translator:
        """The run's generator, or translator; snapshot: the newest, a kimg, or "best"."""
        return load(self.path, snapshot, device=device)

    def as_dict(self) -> dict[str, Any]:
        return {"run": str(self.path), "state": self.state, "images": self.images, "seconds": self.seconds}

    def __str__(self) -> str:
        samples = self.samples
        command = "translate {} IMAGE" if translator.translates(self.directory) else "generate {} --seeds 0-99"
        lines = [
            f"{self.state} at {self.images / 1000:.1f} kimg after {duration(self.seconds)}: {self.path}",
            *([f"  look at    {samples[-1]}"] if samples else []),
            f"  generate   mien {command.format(self.path)}",
            f"  report     mien report {self.path}",
            f"  continue   mien resume {self.path} --budget +20m",
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return run_html(self.directory, self.state)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.path.resolve() == other.path.resolve()

    def __hash__(self) -> int:
        return hash(self.path.resolve())


class DryRun(Run):
    """The result of a dry run: its folder was not made, and nothing was trained."""

    state, images, seconds = "dry run", 0, 0.0

    def __init__(self, path: Path):
        self.directory, self.path = RunDirectory(path), path

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def __str__(self) -> str:
        return f"dry run: nothing was trained; without --dry-run the run would be {self.path}"


def load(
    run: str | int | Path | Run | RunDirectory,
    snapshot: str | int | None = None,
    *,
    outdir: str | Path = "runs",
    code: str | Path | None = None,
    device: str | None = None,
) -> Generator | Translator:
    """Return a run's generator, or its translator if the recipe translates.

    run: a `Run`, a path, a number, a name in `outdir`, "last", or a `.safetensors` snapshot file. snapshot: a kimg
    (200), "best" or a file; None: the newest. code: your own file with the recipe. device: "cpu", "cuda", …; None: the
    accelerator if there is one. Raises UsageError or FileError.
    """
    place = run.directory if isinstance(run, Run) else run if isinstance(run, RunDirectory) else str(run)
    outdir = Path(outdir)
    with same_random_state_after():  # new networks consume random numbers for their weights
        if translator.translates(place, outdir):
            return translator.load(place, snapshot, outdir=outdir, code=code, device=device)
        return generator.load(place, snapshot, outdir=outdir, code=code, device=device)


def number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else np.nan
