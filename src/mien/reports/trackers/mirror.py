"""Mirrors the new rows of a run's files into trackers: once, or until the training ends.

A training does not wait for it: `start` runs it as a process of its own, with the lowest priority. `logs/NAME.json`
notes what was sent, so nothing is sent twice. A resumed training writes some rows again. They have the same numbers and
are left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mien.reports.trackers.tracker import Tracker, folder, open_tracker
from mien.runs.directory import RunDirectory
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, write_json
from mien.runtime.typed_json import is_number

SOON, EVERY = 0.2, 5.0  # seconds between two looks at the files, at first and later
OUTPUT = "trackers.txt"  # what the process of `start` prints
LOWEST = "import os, sys; from mien import cli; getattr(os, 'nice', int)(19); sys.exit(cli.run(sys.argv[1:]))"
"""Python's `-c`: the command line of mien, with the lowest priority of the system."""


@dataclass
class Sent:
    """What a tracker has: the images of the last row of statistics, of each metric's last value, of the last grid."""

    stats: int = -1
    metrics: dict[str, int] = field(default_factory=dict)
    grids: int = -1


class Mirror:
    """The trackers of one run. Each is opened when there is something to send, and stays open."""

    def __init__(self, run: RunDirectory, names: Sequence[str]):
        self.run, self.names = run, names
        self.open: dict[str, Tracker] = {}
        self.counts = dict.fromkeys(names, 0)  # rows and grids sent

    def send(self) -> None:
        """Send what is new to each tracker, and note it."""
        for name in self.names:
            path = folder(self.run) / f"{name}.json"
            sent = typed_json.read(path, Sent) if path.exists() else Sent()
            rows = sorted([*stat_rows(self.run, sent), *metric_rows(self.run, sent)], key=lambda row: row[0])
            grids = [(images, file) for images, file in grids_of(self.run) if images > sent.grids]
            if not rows and not grids:
                continue
            with io_errors(path):
                path.parent.mkdir(exist_ok=True)
            if name not in self.open:
                self.open[name] = open_tracker(name, self.run)
            deliver(self.open[name], rows, grids)
            self.open[name].flush()
            note(sent, rows, grids)
            write_json(path, asdict(sent))
            self.counts[name] += len(rows) + len(grids)

    def follow(self) -> None:
        """Send until no process trains the run, and then once more."""
        before, pause = "", SOON
        while self.run.is_held():
            now = state_of(self.run)
            if now != before:
                self.send()
            before = now
            time.sleep(pause)
            pause = min(2 * pause, EVERY)
        self.send()

    def close(self) -> None:
        for tracker in self.open.values():
            tracker.close()


def start(run: RunDirectory, names: Sequence[str]) -> None:
    """Start `mien log --follow` as a process that ends by itself after the training, however that ends."""
    with io_errors(folder(run)):
        folder(run).mkdir(exist_ok=True)
        with (folder(run) / OUTPUT).open("ab") as output:
            command = ["log", str(run.path), "--to", ",".join(names), "--follow"]
            subprocess.Popen(
                [sys.executable, "-c", LOWEST, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is for the training alone
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )


def state_of(run: RunDirectory) -> str:
    """Return a text that changes when one of the mirrored files does."""
    found = []
    for path in (run.stats.path, run.metrics.path, run.samples):
        try:
            facts = path.stat()
            found.append(f"{facts.st_size} {facts.st_mtime_ns}")
        except OSError:
            found.append("")
    return "\n".join(found)


Sendable = tuple[int, str, dict[str, float]]
"""images, "stats" or the name of a metric, name -> number"""


def deliver(tracker: Tracker, rows: Sequence[Sendable], grids: Sequence[tuple[int, Path]]) -> None:
    """Send everything in the order of images: some trackers refuse a step that goes back."""
    waiting = list(grids)
    for images, _, values in rows:
        while waiting and waiting[0][0] < images:
            tracker.grid(*waiting.pop(0))
        tracker.numbers(images, values)
    for images, path in waiting:
        tracker.grid(images, path)


def note(sent: Sent, rows: Sequence[Sendable], grids: Sequence[tuple[int, Path]]) -> None:
    for images, source, _ in rows:
        if source == "stats":
            sent.stats = images
        else:
            sent.metrics[source] = images
    for images, _ in grids:
        sent.grids = images


def stat_rows(run: RunDirectory, sent: Sent) -> Iterator[Sendable]:
    """Yield the numbers of each new row of stats.jsonl."""
    for row in run.stats.read():
        images = row.get("images")
        if isinstance(images, int) and images > sent.stats:
            yield images, "stats", {name: float(value) for name, value in row.items() if is_number(value)}


def metric_rows(run: RunDirectory, sent: Sent) -> Iterator[Sendable]:
    """Yield the value of each new row of metrics.jsonl. Its name holds N and extractor: others make another curve."""
    for row in run.metrics.read():
        images, value = row.get("images"), row.get("value")
        how = ", ".join(str(row[key]) for key in ("n_fake", "extractor") if row.get(key))
        name = f"metrics/{row.get('metric')}" + (f" ({how})" if how else "")
        if isinstance(images, int) and is_number(value) and images > sent.metrics.get(name, -1):
            yield images, name, {name: float(value)}


def grids_of(run: RunDirectory) -> list[tuple[int, Path]]:
    return [(round(kimg * 1000), path) for kimg, path in run.sample_grids()]
