"""Trackio: a run of the project "mien", or of TRACKIO_PROJECT, in the local database of the library."""

from __future__ import annotations

import os
from pathlib import Path

import trackio

from mien.runs.directory import RunDirectory
from mien.runs.records import Object
from mien.runtime import typed_json


class TrackioTracker:
    """The step of each value is the number of real images."""

    def __init__(self, run: RunDirectory):
        trackio.init(
            project=os.environ.get("TRACKIO_PROJECT", "mien"),
            name=run.path.resolve().name,
            config=typed_json.read(run.recipe, Object),
            resume="allow",
            embed=False,
        )

    def numbers(self, images: int, values: dict[str, float]) -> None:
        trackio.log(values, step=images)

    def grid(self, images: int, path: Path) -> None:
        trackio.log({"samples": trackio.Image(str(path))}, step=images)

    def flush(self) -> None:
        pass  # it sends by itself

    def close(self) -> None:
        trackio.finish()


def opened(run: RunDirectory) -> TrackioTracker:
    return TrackioTracker(run)
