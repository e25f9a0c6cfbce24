"""TensorBoard: event files in `logs/tensorboard/` of a run. `tensorboard --logdir runs` shows all runs.

The library's own writer is used without PyTorch, whose import takes seconds.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from mien.reports.trackers.tracker import folder
from mien.runs.directory import RunDirectory


class TensorboardTracker:
    """The step of each value is the number of real images."""

    def __init__(self, path: Path):
        self.writer = EventFileWriter(str(path))

    def numbers(self, images: int, values: dict[str, float]) -> None:
        self.write(images, [Summary.Value(tag=name, simple_value=value) for name, value in values.items()])

    def grid(self, images: int, path: Path) -> None:
        data = path.read_bytes()
        width, height = struct.unpack(">II", data[16:24])  # a PNG begins with its size
        image = Summary.Image(encoded_image_string=data, width=width, height=height, colorspace=3)
        self.write(images, [Summary.Value(tag="samples", image=image)])

    def write(self, images: int, values: list[Summary.Value]) -> None:
        self.writer.add_event(Event(wall_time=time.time(), step=images, summary=Summary(value=values)))

    def flush(self) -> None:
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


def opened(run: RunDirectory) -> TensorboardTracker:
    return TensorboardTracker(folder(run) / "tensorboard")
