"""The run directory: `runs/00007-dcgan-faces64/` holds everything about one training, and can be moved."""

from __future__ import annotations

import difflib
import os
import random
import re
import time
from pathlib import Path
from typing import IO, Any

import filelock

from mien.errors import FileError, RunLockedError, UsageError
from mien.runs import hub
from mien.runs.jsonl_log import APPEND, JsonlLog
from mien.runs.records import Best, Status, Trained
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, write_json

PROBE_SECONDS = 0.05  # seconds of trying to lock: another process may test the lock for a moment
ALIVE = ("starting", "running", "paused")  # states that a process writes which trains
KIMG = r"{}(\d{{1,15}}(?:\.\d{{1,3}})?)"  # of a file's name


class RunDirectory:
    """The files of a run. `create` and `find` make one."""

    def __init__(self, path: Path):
        self.path = path
        self.name = path.name
        self.lock_file = path / ".lock"
        self.recipe = path / "recipe.json"
        self.config = path / "config.json"
        self.environment = path / "environment.json"
        self.data = path / "data.json"
        self.init = path / "init.json"
        self.command = path / "command.txt"
        self.command_options = path / "command.json"
        self.status = path / "status.json"
        self.log = path / "log.txt"
        self.reals = path / "reals.png"
        self.samples = path / "samples"
        self.snapshots = path / "snapshots"
        self.requests = path / "requests"
        self.checkpoints = path / "checkpoints"
        self.code = path / "code"
        self.best = path / "best.json"
        self.neighbours = path / "neighbours.json"
        self.latest = path / "latest.json"
        self.report = path / "report.html"
        self.stats = JsonlLog(path / "stats.jsonl")
        self.metrics = JsonlLog(path / "metrics.jsonl")
        self.events = JsonlLog(path / "events.jsonl")
        self.symptoms = JsonlLog(path / "symptoms.jsonl")
        self.held: IO[str] | None = None  # the lock file, while this process holds the lock

    def sample_grids(self) -> list[tuple[float, Path]]:
        """Return (kimg, file) of the sample grids, oldest first. The first shows the generator before training."""
        found = ((re.fullmatch(KIMG.format("fakes"), path.stem), path) for path in self.samples.glob("fakes*.png"))
        return sorted((float(match[1]), path) for match, path in found if match and path.is_file())

    def snapshot_files(self) -> list[Path]:
        """Return the snapshots, oldest first. A published folder has one (`mien.runs.hub`)."""
        return self.numbered("kimg-") or [path for path in [self.path / hub.MODEL] if path.is_file()]

    @property
    def is_published(self) -> bool:
        """Return whether this is a folder for a hub, into which mien writes nothing by itself."""
        return (self.path / hub.MODEL).is_file()

    def read_status(self) -> Status:
        """Return status.json; "state" is one of ALIVE, or "stopped", "finished" or "diverged".

        Raises FileError for a file that is missing, damaged or incomplete.
        """
        return typed_json.read(self.status, Status)

    def trained_on(self) -> str | None:
        """Return the value of --data, or None if the run does not have it. Raises FileError for a damaged file."""
        path = self.config if self.config.exists() else self.status  # an older mien wrote no config.json
        return typed_json.read(path, Trained).get("data") if path.exists() else None

    def read_best(self) -> Best | None:
        """Return best.json: the best row of metrics.jsonl while training, and its file "snapshot". None without one."""
        return typed_json.read(self.best, Best) if self.best.exists() else None

    def best_snapshots(self) -> list[Path]:
        """Return the best generators, oldest first. The next checkpoint removes all but the newest."""
        return self.numbered("best-")

    def numbered(self, begin: str) -> list[Path]:
        """Return the regular files that have mien's names, oldest first."""
        found = self.snapshots.glob(f"{begin}*.safetensors")
        fitting = [path for path in found if re.fullmatch(KIMG.format(begin), path.stem) and path.is_file()]
        return sorted(fitting, key=lambda path: path.stem)

    def lock(self) -> None:
        """Lock this run until the process ends. Raises RunLockedError if another process trains it."""
        logs = (self.stats, self.metrics, self.events, self.symptoms)
        for path in (self.lock_file, self.log, *(log.path for log in logs)):
            if path.is_symlink():  # a run from a stranger must not write into a file outside of it
                raise FileError(
                    f"{path} is a link: mien writes only into the run's own files, so put the file itself there"
                )
        with io_errors(self.path):
            self.held = os.fdopen(typed_json.open_regular(self.lock_file, APPEND), "a")
            free = acquired(self.held.fileno())
        if not free:
            self.unlock()
            raise RunLockedError(f"{self.path} is being trained by another process: wait for it, or stop it first")

    def is_held(self) -> bool:
        """Return whether a process trains this run now. True if the system cannot tell."""
        # A network file system locks only files that are open for writing.
        access = os.O_RDWR if os.access(self.lock_file, os.W_OK) else os.O_RDONLY
        try:
            with os.fdopen(typed_json.open_regular(self.lock_file, access)) as probe:
                return not acquired(probe.fileno())
        except FileNotFoundError:
            return False
        except (OSError, FileError):
            return True

    def unlock(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held = None


def acquired(handle: int) -> bool:
    """Lock an open file until it is closed or its process ends. Return False if another process holds the lock.

    The file comes from `open_regular`, because `filelock.FileLock` would open a pipe in its place.
    Raises OSError if the file system has no locks.
    """
    end = time.monotonic() + PROBE_SECONDS
    while not filelock.lock_descriptor(handle, blocking=False):
        if time.monotonic() > end:
            return False
        time.sleep(PROBE_SECONDS / 10)
    return True


def kimg_name(images: int) -> str:
    """200_000 -> "000200"; 200_064 -> "000200.064". Names sort as the numbers do."""
    thousands, rest = divmod(images, 1000)
    return f"{thousands:06d}" + (f".{rest:03d}" if rest else "")


def create(outdir: Path, name: str) -> RunDirectory:
    """Make a new run with the next number in `outdir`, for example 00007-name.

    Two runs never have the same number, even if they start at the same moment.
    """
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
            # mkdir excludes a second run of the same name; this check excludes one of the same number. A process that
            # finds another folder of its number removes its own and tries again, even if both processes do.
            if len(list(outdir.glob(f"{number}-*"))) == 1:
                break
            path.rmdir()
            time.sleep(random.uniform(0.0, 0.01))
        for folder in ("samples", "snapshots", "checkpoints"):
            (path / folder).mkdir()
    return RunDirectory(path)


def find(run: str | Path, outdir: Path = Path("runs")) -> RunDirectory:
    """Return a run by path, by number ("7"), by name in `outdir`, or "last"; "user/repo" is downloaded from a hub.

    Raises UsageError with the known runs.
    """
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
    if not path.is_dir() and hub.is_repo(str(run), outdir):
        path = hub.downloaded(str(run))
    if not path.is_dir():
        raise UsageError(f"{run} is not a run directory{_runs_instead(str(run), outdir)}")
    if not (path / "recipe.json").exists():
        raise FileError(
            f"{path} is not a run directory: it holds no recipe.json (a training that was killed before it "
            "began leaves a folder like this: delete it and train again)"
        )
    return RunDirectory(path)


def folder_for_files(run: str | Path, outdir: Path) -> Path | None:
    """Return the run's folder, where verbs write what has no other place. None for a snapshot file or a published run.

    Raises UsageError for an unknown run.
    """
    if Path(run).suffix == ".safetensors":
        return None
    found = find(run, outdir)
    return None if found.is_published else found.path


def _runs_instead(run: str, outdir: Path) -> str:
    """Return the end of the message for an unknown run: the nearest name, or the newest runs, or nothing."""
    names = sorted(other.parent.name for other in outdir.glob("*/recipe.json"))
    if not names:
        return ""
    if near := difflib.get_close_matches(run, ["last", *names], 1):
        return f": did you mean {near[0]}?"
    return f": {'there is' if len(names) == 1 else 'the newest are'} {', '.join(names[-3:])} in {outdir}/"


def best_snapshot(run: RunDirectory, images: int) -> Path:
    return run.snapshots / f"best-{kimg_name(images)}.safetensors"


def mark_best(run: RunDirectory, row: dict[str, Any]) -> None:
    """Write best.json: a row of metrics.jsonl, and the file of its generator."""
    said = {key: value for key, value in row.items() if key not in ("details", "warnings")}
    write_json(run.best, {**said, "snapshot": str(best_snapshot(run, row["images"]).relative_to(run.path))})


def mark_latest(run: RunDirectory, images: int) -> None:
    """Write latest.json: the newest checkpoint and snapshot, for scripts."""
    from mien.runs.checkpoint import checkpoints  # it imports torch, which a list of runs does not need

    newest, snapshots = checkpoints(run.checkpoints), run.snapshot_files()
    write_json(
        run.latest,
        {
            "images": images,
            "checkpoint": str(newest[-1].relative_to(run.path)) if newest else None,
            "snapshot": str(snapshots[-1].relative_to(run.path)) if snapshots else None,
        },
    )
