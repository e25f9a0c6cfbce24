"""What a tracker must be able to do, and the trackers that mien knows."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Protocol

from mien.errors import UsageError
from mien.runs.directory import RunDirectory


class Tracker(Protocol):
    """One tracker, opened for one run. Rows come in the order of their images, each once."""

    def numbers(self, images: int, values: dict[str, float]) -> None:
        """Take a row: name -> number, after this many real images."""
        ...

    def grid(self, images: int, path: Path) -> None:
        """Take a sample grid, a PNG file."""
        ...

    def flush(self) -> None:
        """Make what was taken visible to readers."""
        ...

    def close(self) -> None: ...


KNOWN = {"csv": "", "tensorboard": "tensorboard", "trackio": "trackio", "wandb": "wandb"}
"""Name -> the library that it needs. `mien.reports.trackers.NAME` has `opened(run)`."""


def parse_trackers(text: str, flag: str) -> tuple[str, ...]:
    """ "csv,tensorboard" -> the names, each once. Raises UsageError that names the flag, also for a missing library."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in KNOWN:
            raise UsageError(f"{flag} {text}: {name!r} is no tracker: there are {', '.join(KNOWN)}")
        if KNOWN[name] and importlib.util.find_spec(KNOWN[name]) is None:
            raise UsageError(f"{flag} {name} needs {KNOWN[name]}, which is not installed: pip install {KNOWN[name]}")
    return names


def open_tracker(name: str, run: RunDirectory) -> Tracker:
    """Return the tracker of this name for a run. Its library is imported now."""
    made: Tracker = importlib.import_module(f"mien.reports.trackers.{name}_tracker").opened(run)
    return made


def folder(run: RunDirectory) -> Path:
    """Return the folder of a run for what trackers write."""
    return run.path / "logs"
