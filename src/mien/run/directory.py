"""The run directory: `runs/00007-dcgan-faces64/`, self-contained, movable, one training each."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path
from typing import IO, Any

from mien.errors import FileTrouble, Locked, UsageError
from mien.run.checkpoint import checkpoints
from mien.run.files import io_errors, read_json, write_json
from mien.run.journal import Journal

try:
    import fcntl
except ImportError:  # Windows: a second process on one run is then not noticed
    fcntl = None  # type: ignore[assignment]


class RunDirectory:
    """Names the files of a run; `create` and `find` make one."""

    def __init__(self, path: Path):
        self.path = path
        self.stats = Journal(path / "stats.jsonl")
        self.metrics = Journal(path / "metrics.jsonl")
        self.events = Journal(path / "events.jsonl")
        self.held: IO[str] | None = None

    name = property(lambda self: self.path.name)
    recipe = property(lambda self: self.path / "recipe.json")
    environment = property(lambda self: self.path / "environment.json")
    data = property(lambda self: self.path / "data.json")
    command = property(lambda self: self.path / "command.txt")
    status = property(lambda self: self.path / "status.json")
    log = property(lambda self: self.path / "log.txt")
    reals = property(lambda self: self.path / "reals.png")
    samples = property(lambda self: self.path / "samples")
    snapshots = property(lambda self: self.path / "snapshots")
    checkpoints = property(lambda self: self.path / "checkpoints")
    code = property(lambda self: self.path / "code")
    best = property(lambda self: self.path / "best.json")
    neighbours = property(lambda self: self.path / "neighbours.json")
    latest = property(lambda self: self.path / "latest.json")
    report = property(lambda self: self.path / "report.html")

    def sample_grids(self) -> list[tuple[float, Path]]:
        """(kimg, file) of the sample grids, oldest first. The first shows the generator before training."""
        found = ((re.fullmatch(r"fakes(\d+(?:\.\d+)?)", path.stem), path) for path in self.samples.glob("fakes*.png"))
        return sorted((float(match[1]), path) for match, path in found if match)

    def snapshot_files(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.snapshots.glob("kimg-*.safetensors"), key=lambda path: path.stem)

    def read_status(self) -> dict[str, Any]:
        """{"state": "running" | "stopped" | "finished" | "diverged", "images", "seconds", "budget", …}

        Raises FileTrouble where the file is missing, damaged or incomplete.
        """
        status = read_json(self.status)
        missing = {"state", "images", "seconds", "seed", "data", "tick", "checkpoint_every"} - set(status)
        if missing:
            raise FileTrouble(f"{self.status} is damaged: it says nothing of {', '.join(sorted(missing))}")
        return status

    def read_best(self) -> dict[str, Any] | None:
        """best.json: the best row of metrics.jsonl while training, and "snapshot", its file; None before the first."""
        return read_json(self.best) if self.best.exists() else None

    def best_snapshots(self) -> list[Path]:
        """The best generator, and until the next checkpoint those that were it before. Oldest first."""
        return sorted(self.snapshots.glob("best-*.safetensors"), key=lambda path: path.stem)

    def lock(self) -> None:
        """Hold this run until the process ends. Raises Locked when another process trains it."""
        with io_errors(self.path):
            self.held = (self.path / ".lock").open("a")
        try:
            if fcntl is not None:
                fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.held.close()
            raise Locked(f"{self.path} is being trained by another process: wait for it, or stop it first") from None

    def is_held(self) -> bool:
        """Whether a process trains this run now; where that cannot be found out, it may."""
        if fcntl is None:
            return True
        try:
            with (self.path / ".lock").open() as probe:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def unlock(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held = None


def kimg_name(images: int) -> str:
    """200_000 -> "000200"; 200_064 -> "000200.064". Names sort as the numbers do."""
    thousands, rest = divmod(images, 1000)
    return f"{thousands:06d}" + (f".{rest:03d}" if rest else "")


def create(outdir: Path, name: str) -> RunDirectory:
    """The next number in `outdir`, e.g. 00007-name. No two runs ever share one, however many start at once."""
    with io_errors(outdir):
        outdir.mkdir(parents=True, exist_ok=True)
        while True:
            numbers = [int(match[1]) for path in outdir.iterdir() if (match := re.match(r"(\d{5,})-", path.name))]
            number = f"{max(numbers, default=-1) + 1:05d}"
            path = outdir / f"{number}-{name}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            # mkdir excludes a second run of the same name; this one of the same number. Whoever sees another steps
            # back, even if both do: only one who was alone after its own mkdir may stay.
            if len(list(outdir.glob(f"{number}-*"))) == 1:
                break
            path.rmdir()
            time.sleep(random.uniform(0.0, 0.01))
        for folder in ("samples", "snapshots", "checkpoints"):
            (path / folder).mkdir()
    return RunDirectory(path)


def find(run: str | Path, outdir: Path = Path("runs")) -> RunDirectory:
    """A run by path, by number ("7"), by name in `outdir`, or "last". Raises UsageError naming what there is."""
    path = Path(run)
    if str(run) == "last":
        found = sorted(outdir.glob("[0-9]*-*/recipe.json"))
        if not found:
            raise UsageError(f"there is no run in {outdir}/ yet: start one with mien train --data PATH")
        return RunDirectory(found[-1].parent)
    if not path.is_dir() and str(run).isdecimal():
        found = sorted(outdir.glob(f"{int(str(run)):05d}-*"))
        path = found[0] if found else path
    if not path.is_dir() and len(path.parts) == 1:
        path = outdir / path if (outdir / path).is_dir() else path
    if not path.is_dir():
        near = ", ".join(sorted(other.parent.name for other in outdir.glob("*/recipe.json"))[-3:])
        raise UsageError(f"{run} is not a run directory" + (f": there are {near} in {outdir}/" if near else ""))
    if not (path / "recipe.json").exists():
        raise FileTrouble(f"{path} is not a run directory: it holds no recipe.json")
    return RunDirectory(path)


def best_snapshot(run: RunDirectory, images: int) -> Path:
    return run.snapshots / f"best-{kimg_name(images)}.safetensors"


def mark_best(run: RunDirectory, row: dict[str, Any]) -> None:
    """best.json: a row of metrics.jsonl, and where the generator is that it belongs to."""
    said = {key: value for key, value in row.items() if key not in ("details", "warnings")}
    write_json(run.best, {**said, "snapshot": str(best_snapshot(run, row["images"]).relative_to(run.path))})


def mark_latest(run: RunDirectory, images: int) -> None:
    """latest.json: the newest checkpoint and snapshot, for scripts."""
    newest, snapshots = checkpoints(run.checkpoints), run.snapshot_files()
    write_json(
        run.latest,
        {
            "images": images,
            "checkpoint": str(newest[-1].relative_to(run.path)) if newest else None,
            "snapshot": str(snapshots[-1].relative_to(run.path)) if snapshots else None,
        },
    )
