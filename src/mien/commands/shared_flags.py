"""Flags that several verbs share, and what they mean. `config.keywords.takes_groups` gives a verb a group of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

if TYPE_CHECKING:
    from mien.data.layouts import Layout
    from mien.inference.generator import Generator
    from mien.inference.translator import Translator

BASE = 64  # the resolution when none is given and the images do not decide it


@dataclass(frozen=True, kw_only=True)
class SnapshotFlags:
    """The snapshot of a run that a verb uses.

    Args:
        snapshot: Snapshot to use: its kimg, "best", or a file. If left out: the newest.
        code: Your Python file, if the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """

    snapshot: str | None = None
    code: Path | None = None
    outdir: Path = Path("runs")


@dataclass(frozen=True)
class RunFlags(SnapshotFlags):
    """The run, and the snapshot of it, that a verb uses.

    Args:
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
    """

    run: tyro.conf.Positional[str]

    def load(self, device: Any = None) -> Generator:
        """The run's generator. Raises UsageError or FileError."""
        from mien.inference.generator import load

        return load(self.run, self.snapshot, outdir=self.outdir, code=self.code, device=device)

    def load_any(self, device: Any = None) -> Generator | Translator:
        """The run's generator or translator. Raises UsageError or FileError."""
        from mien.inference import translator

        if not translator.translates(self.run, self.outdir):
            return self.load(device)
        return translator.load(self.run, self.snapshot, outdir=self.outdir, code=self.code, device=device)


@dataclass(frozen=True, kw_only=True)
class RequestFlags:
    """The requested condition of a conditional generator.

    Args:
        class_: Requested class: its name or number. For runs with --cond class.
        attributes: Requested attributes: "hair=silver,eyes=green,smile". The seed chooses the others. For runs with
            --cond attributes.
        text: Requested text: "a smiling girl with green hair". For runs with --cond text.
        condition: Request for your own condition: "yaw=20,pitch=0". For runs with --cond my_pose.py:Pose.
    """

    class_: str | None = None
    attributes: str | None = None
    text: str | None = None
    condition: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """Flag -> value of the given flags: {"class": "smile"}."""
        flags = {"class": self.class_, "attributes": self.attributes, "text": self.text, "condition": self.condition}
        return {name: value for name, value in flags.items() if value is not None}

    def apply(self, generator: Generator) -> Generator:
        """The generator, conditioned on what the flags request. Raises UsageError."""
        from mien.conditioning.requests import parse

        attributes = None if self.attributes is None else parse(self.attributes)
        return generator.conditioned_on(
            class_=self.class_, attributes=attributes, text=self.text, condition=self.condition
        )


def chosen_size(layout: Layout, resolution: str | None) -> tuple[int, int]:
    """Return (height, width): --resolution, or what the images decide."""
    from mien.data.layouts import default_resolution
    from mien.media.pixels import parse_resolution

    return parse_resolution(resolution) if resolution else default_resolution(layout, BASE)
