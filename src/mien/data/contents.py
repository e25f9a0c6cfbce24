"""The input and the output of a layout: the files of a data set, and the annotation that a reader returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.config.renamed import OldName
from mien.data.files import Files


@dataclass(frozen=True)
class Contents:
    """The files of a data set. `images` and `others` are names in order, without test images and mien's own files.

    `logical`: folder -> the folder without its split, "train/smile" -> "smile".
    """

    files: Files = field(repr=False)
    images: list[str] = field(repr=False)
    others: list[str] = field(repr=False)
    logical: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    pictures = OldName("images")

    @property
    def path(self) -> Path:
        """Return the path that the user gave."""
        return self.files.path

    def place(self, name: str) -> str:
        """Return the name of an image without the folder of its split: "train/smile/1.png" -> "smile/1.png"."""
        folder, _, last = name.rpartition("/")
        folder = self.logical.get(folder, folder)
        return f"{folder}/{last}" if folder else last


@dataclass(frozen=True)
class Annotation:
    """`entries` in order with float32 `labels` [N,K] in 0..1 and their names, or `captions`, or both.

    `sources`: the images of the A side, for pairs and for two sets.
    """

    kind: str
    entries: list[str]
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    captions: list[str] | None = None
    notes: tuple[str, ...] = ()
    sources: list[str] | None = None


def listed(names: list[str], most: int = 3) -> str:
    """Return a short list: "a, b, c and 4 more"."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
