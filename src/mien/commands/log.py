"""mien log: mirror a run's numbers and sample grids into a tracker, such as TensorBoard."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.runtime.printable import count_text


@dataclass(frozen=True)
class Logged(VerbResult):
    """sent: tracker -> number of rows and grids that were new to it."""

    run: str
    sent: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {count_text(count, 'new row')} of {self.run}" for name, count in self.sent.items())


def log(run: tyro.conf.Positional[str], *, to: str, follow: bool = False, outdir: Path = Path("runs")) -> Logged:
    """Send the rows of stats.jsonl and metrics.jsonl and the sample grids to trackers. Nothing is sent twice.

    Args:
        run: A run's folder, its number or name, or "last".
        to: Trackers: csv, tensorboard, trackio, wandb; several with commas.
        follow: Go on until the training of this run ends. mien train --log starts this by itself.
        outdir: Folder that holds the runs.
    """
    from mien.reports.trackers.mirror import Mirror
    from mien.reports.trackers.tracker import parse_trackers
    from mien.runs.directory import find

    names = parse_trackers(to, "--to")
    directory = find(run, outdir)
    mirror = Mirror(directory, names)
    try:
        mirror.follow() if follow else mirror.send()
    finally:
        mirror.close()
    return Logged(directory.name, mirror.counts)
