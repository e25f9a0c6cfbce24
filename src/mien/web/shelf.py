"""The runs below a folder, as cards. Only files that changed are read again, so a thousand runs cost little."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.errors import FileError
from mien.runs.directory import ALIVE, RunDirectory
from mien.runtime import typed_json
from mien.runtime.typed_json import Row, is_number, number

REST = 1.0  # seconds between two looks at the files, for all pages together
SHARE = 0.02  # largest share of the time for these looks
TRANSLATIONS = ("mien.games.paired:", "mien.games.unpaired:")
TAIL = 1 << 16  # bytes of a log's end that hold its last row
MANY = 5000  # most runs that are listed
GRID = re.compile(r"fakes(\d{1,15}(?:\.\d{1,3})?)\.png")
SNAPSHOT = re.compile(r"kimg-(\d{1,15}(?:\.\d{1,3})?)\.safetensors")

Card = dict[str, Any]
Stamp = tuple[Any, ...]


class NotFound(FileError):
    """The folder has no run, grid or snapshot of this id."""


@dataclass
class Entry:
    """One run. stamp: the state of its files when the card was made. turn: the look that found the change."""

    run: RunDirectory
    stamp: Stamp = ()
    card: Card = field(default_factory=dict)
    turn: int = 0


class Shelf:
    """All runs of a folder. A run's id is its folder's name. An id from outside is only ever looked up here.

    turn: counts the looks that found a change. A page names the last turn that it knows, and gets only what changed.
    """

    def __init__(self, folder: Path):
        self.folder, self.turn = folder, 1
        self.entries: dict[str, Entry] = {}
        self.lock = threading.Lock()
        self.due = 0.0

    def run(self, name: str) -> RunDirectory:
        """Return the run of an id. Raises NotFound."""
        if name not in self.entries:
            self.look()
        if name not in self.entries:
            raise NotFound(f"there is no run {name[:80]!r} here")
        return self.entries[name].run

    def cards(self, since: int = 0) -> dict[str, Any]:
        """Return {"turn", "ids": all runs, "cards": those that changed after the turn `since`}."""
        self.look()
        with self.lock:
            entries = list(self.entries.items())
        changed = [entry.card for _, entry in entries if entry.turn > since]
        return {"turn": self.turn, "ids": [name for name, _ in entries], "cards": changed}

    def card(self, name: str) -> Card:
        self.run(name)
        self.look()
        entry = self.entries.get(name)
        if entry is None:
            raise NotFound(f"there is no run {name[:80]!r} here any more")
        return entry.card

    def look(self) -> None:
        """Read what changed, at most once a second and for at most a fiftieth of the time."""
        with self.lock:
            if time.monotonic() < self.due and self.entries:
                return
            began = time.thread_time()  # to ask whether a lock is held takes time, but no work
            found = {path.name: path for path in self.folders()}
            self.entries = {name: self.entries.get(name) or Entry(RunDirectory(path)) for name, path in found.items()}
            turn = self.turn + 1
            for name, entry in self.entries.items():
                stamp = stamp_of(entry.run)
                if stamp != entry.stamp:
                    entry.stamp, entry.turn = stamp, turn
                    entry.card = read_card(name, entry.run, entry.card, held=stamp[-1])
                    self.turn = turn
            self.due = time.monotonic() + max(REST, (time.thread_time() - began) / SHARE)

    def folders(self) -> list[Path]:
        """Return the runs: folders with a recipe.json. A folder that is a run itself is the only one."""
        if (self.folder / "recipe.json").is_file():
            return [self.folder.resolve()]
        try:
            with os.scandir(self.folder) as inside:
                names = sorted(one.name for one in inside if not one.name.startswith(".") and one.is_dir())
        except OSError:
            return []
        return [self.folder / name for name in names if (self.folder / name / "recipe.json").is_file()][:MANY]


def stamp_of(run: RunDirectory) -> Stamp:
    """Return what changes when a run's files change. Whether a run still trains is read from its lock."""
    changed = tuple(
        changed_at(path) for path in (run.recipe, run.status, run.samples, run.best, run.stats.path, run.events.path)
    )
    return (*changed, is_alive(run))


def changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def is_alive(run: RunDirectory) -> bool:
    return read_object(run.status).get("state") in ALIVE and run.is_held()


def read_card(name: str, run: RunDirectory, old: Card, held: bool) -> Card:
    """Return what a card shows, as JSON.

    old: the card before, whose grid is still right if the folder is the same. held: whether a process trains the run.
    """
    status, last = read_object(run.status), (tail(run.stats.path) or [{}])[-1]
    state = str(status.get("state", "unknown"))
    if state in ALIVE and not held:
        state = "interrupted"  # a killed process could not write it
    images = max(number(status, "images"), number(last, "images"))
    seconds = max(number(status, "seconds"), number(last, "seconds"))
    best = read_object(run.best)
    grids = changed_at(run.samples)
    grid = old["grid"] if old.get("grids") == grids else newest_grid(run)
    recipe = read_object(run.recipe)
    return {
        "id": name,
        "state": state,
        "recipe": str(recipe.get("name") or "unnamed")[:200],
        "kimg": images / 1000,
        "seconds": seconds,
        "speed": images / seconds if seconds > 0 else 0.0,
        **progress(status, images, seconds),
        "started": number(status, "started"),
        "updated": changed_at(run.status) / 1e9,
        "metric": best_of(best),
        "grid": grid,
        "grids": grids,
        "alive": state in ALIVE,
        "doctor": diagnoses(tail(run.events.path)),
        "translates": translates(recipe),
    }


def translates(recipe: dict[str, Any]) -> bool:
    game = recipe.get("game")
    return str(game.get("class") if isinstance(game, dict) else game).startswith(TRANSLATIONS)


def progress(status: dict[str, Any], images: float, seconds: float) -> dict[str, float | None]:
    """Return the used share of the budget, 0 to 1, and the seconds that are left; None where it is not known."""
    shares, left = [], []
    by_images, by_seconds = number(status, "budget_images"), number(status, "budget_seconds")
    if by_images:
        shares.append(images / by_images)
        left += [(by_images - images) * seconds / images] if images and seconds else []
    if by_seconds:
        shares.append(seconds / by_seconds)
        left.append(by_seconds - seconds)
    return {"share": min(1.0, max(shares)) if shares else None, "left": max(0.0, min(left)) if left else None}


def best_of(best: dict[str, Any]) -> dict[str, Any] | None:
    if not is_number(best.get("value")):
        return None
    return {"name": str(best.get("metric"))[:60], "value": best["value"], "kimg": number(best, "images") / 1000}


def newest_grid(run: RunDirectory) -> dict[str, Any] | None:
    found = numbered(run.samples, GRID)
    return {"id": found[-1], "version": changed_at(run.samples / f"fakes{found[-1]}.png")} if found else None


def numbered(folder: Path, name: re.Pattern[str]) -> list[str]:
    """Return the kimg, as in their names, of a folder's files, oldest first: ["000000", "000001.024"]."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (two thousand Paths take much longer)
    except OSError:
        return []
    return sorted((found[1] for one in names if (found := name.fullmatch(one))), key=float)


def read_object(path: Path) -> dict[str, Any]:
    """Return a JSON object; {} if there is none, or none that can be read."""
    try:
        return typed_json.read(path, dict[str, Any])
    except FileError:
        return {}


def diagnoses(events: list[Row]) -> list[str]:
    """Return the titles of the diagnoses that the training announced, and that hold still."""
    found: dict[str, str] = {}
    for row in events:
        name = row.get("diagnosis")
        if row.get("event") == "diagnosis" and isinstance(name, str):
            found.pop(name, None)
            if row.get("active"):
                found[name] = str(row.get("title", name))[:80]
    return list(found.values())


def tail(path: Path) -> list[Row]:
    """Return the complete rows at the end of a log, of its last 64 kB; [] if there are none."""
    try:
        with os.fdopen(typed_json.open_regular(path), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            return typed_json.rows(file.read(), Row)
    except (OSError, FileError):
        return []
