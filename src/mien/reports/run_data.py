"""A run's files, read for a page: a missing or damaged file is listed and stops nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.errors import FileError
from mien.recipes.earlier import converted
from mien.runs.directory import ALIVE, RunDirectory
from mien.runs.jsonl_log import JsonlLog
from mien.runtime import typed_json
from mien.runtime.typed_json import is_number, number

Row = dict[str, Any]
Grid = tuple[float, Path]

FILMS = ("evolution.webp", "evolution.gif")


@dataclass(frozen=True)
class RunData:
    """The content of a run's files at one moment.

    config: the options of its training. init: the networks that it started from, {} for random weights.
    symptoms: of the sample grids, as the training wrote them. grids: (kimg, file), oldest first. best: the best row of
    the metrics, or {}. neighbours, sheet: the results of `mien neighbours`, {} and None without them. missing: one line
    for each file that is missing or damaged.
    """

    path: Path
    name: str
    recipe: dict[str, Any]
    config: dict[str, Any]
    status: dict[str, Any]
    data: dict[str, Any]
    environment: dict[str, Any]
    init: dict[str, Any]
    commands: list[str]
    stats: list[Row]
    metrics: list[Row]
    events: list[Row]
    symptoms: list[dict[str, float]]
    grids: list[Grid]
    reals: Path | None
    film: Path | None
    best: Row
    neighbours: Row
    sheet: Path | None
    missing: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.status.get("state", "unknown"))

    @property
    def images(self) -> int:
        """Real images shown to D. The rows of a training that runs now may be ahead of its status."""
        return int(max([number(self.status, "images"), *(number(row, "images") for row in self.stats)]))

    @property
    def seconds(self) -> float:
        """Training time, without the pauses before a resume."""
        return max([number(self.status, "seconds"), *(number(row, "seconds") for row in self.stats)])

    @property
    def info(self) -> dict[str, Any]:
        """The description of the prepared dataset."""
        found = self.data.get("info")
        return found if isinstance(found, dict) else {}

    @property
    def recipe_name(self) -> str:
        return str(self.recipe.get("name") or "unnamed")

    @property
    def start(self) -> str:
        """The networks that the run started from: "r3gan-laptop-64 at 180 kimg, which learned drawn:30000", or ""."""
        if not self.init:
            return ""
        learned = f", which learned {self.init['data']}" if self.init.get("data") else ""
        return f"{self.init.get('name')} at {number(self.init, 'images') / 1000:g} kimg{learned}"

    def first_middle_last(self) -> list[Grid]:
        """At most three grids; the middle one is nearest to half of the last one's kimg."""
        if len(self.grids) < 3:
            return self.grids
        first, *between, last = self.grids
        return [first, min(between, key=lambda grid: abs(grid[0] - last[0] / 2)), last]


def read_run(run: RunDirectory, with_statistics: bool = True) -> RunData:
    """with_statistics: also read stats.jsonl, which may be long."""
    missing: list[str] = []
    status = read_dict(run.status, missing)
    if status.get("state") in ALIVE and not run.is_held():
        status["state"] = "interrupted"  # a killed process could not write it
    sheet = run.neighbours.with_suffix(".png")
    film = next((run.path / name for name in FILMS if (run.path / name).is_file()), None)
    return RunData(
        path=run.path,
        name=run.path.resolve().name,
        recipe=converted(read_dict(run.recipe, missing)),
        config=read_dict(run.config, missing) if run.config.exists() else status,  # an older mien wrote no config.json
        status=status,
        data=read_dict(run.data, missing),
        environment=read_dict(run.environment, missing),
        init=read_dict(run.init, missing) if run.init.exists() else {},
        commands=read_lines(run.command, missing),
        stats=rows(run.stats) if with_statistics else [],
        metrics=rows(run.metrics),
        events=run.events.read(),
        symptoms=numbers(run.symptoms),
        grids=run.sample_grids(),
        reals=run.reals if run.reals.is_file() else None,
        film=film,
        neighbours=read_dict(run.neighbours, missing) if run.neighbours.exists() else {},
        sheet=sheet if sheet.is_file() else None,
        best=read_dict(run.best, missing) if run.best.exists() else {},
        missing=missing,
    )


def read_dict(path: Path, missing: list[str]) -> dict[str, Any]:
    """The JSON object in a file; {}, and a line in `missing`, if there is none."""
    try:
        return typed_json.read(path, dict[str, Any])
    except FileError:
        pass
    missing.append(f"{path.name} " + ("cannot be read" if path.exists() else "is missing"))
    return {}


def read_lines(path: Path, missing: list[str]) -> list[str]:
    try:
        text = typed_json.read_bytes(path).decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()]
    except FileError:
        missing.append(f"{path.name} " + ("cannot be read" if path.exists() else "is missing"))
        return []


def rows(log: JsonlLog | list[Row]) -> list[Row]:
    """The rows with "kimg" or "images". A row that has only "images" gets "kimg" as well."""
    found = []
    for row in log.read() if isinstance(log, JsonlLog) else log:
        if is_number(row.get("kimg")) or is_number(row.get("images")):
            kimg = row["kimg"] if is_number(row.get("kimg")) else number(row, "images") / 1000
            found.append({**row, "kimg": kimg})
    return found


def numbers(log: JsonlLog | list[Row]) -> list[dict[str, float]]:
    """The rows with "kimg", with their numbers alone."""
    return [{name: float(value) for name, value in row.items() if is_number(value)} for row in rows(log)]


def points(rows: list[Row], key: str) -> list[tuple[float, float]]:
    """(kimg, value) of the rows that have a finite number under `key`."""
    return [(float(row["kimg"]), float(row[key])) for row in rows if is_number(row.get(key))]


def speeds(stats: list[Row]) -> Iterator[tuple[float, float]]:
    """(kimg, images per second since the row before, or since the start of the run)."""
    images = seconds = 0.0
    for row in stats:
        if not is_number(row.get("seconds")) or not is_number(row.get("images")):
            continue
        passed, seen = row["seconds"] - seconds, row["images"] - images
        if passed > 0 and seen > 0:
            yield float(row["kimg"]), seen / passed
            images, seconds = row["images"], row["seconds"]


def mean_of_last(rows: list[Row], key: str, count: int = 5) -> float | None:
    """The mean over the last `count` rows that have the number; None if no row has it."""
    values = [value for _, value in points(rows, key)][-count:]
    return sum(values) / len(values) if values else None
