"""A prepared set: a folder of arrays that training maps into memory. docs/data.md describes each file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.data import arrays
from mien.errors import FileTrouble

FORMAT = "mien prepared set"
FORMAT_VERSION = 1  # raised whenever the same files would give other pixels or labels
UNPAIRED = ("unpaired trainA/trainB", "drawn-unpaired")  # layouts whose sources are a domain of their own

checked: set[tuple[Path, str]] = set()
"""Sets that this process has compared with their sums: (folder, sha256 of the pixels)."""


@dataclass(frozen=True)
class PreparedSet:
    """Pictures ready to train on, mapped from disk and not copied.

    `images` uint8 [N,H,W,C], C 3, or 1 when every picture is gray; `labels` float32 [N,K]; `captions` N strings;
    `sources` uint8: the A side of pairs [N,H,W,C], or the A domain of unpaired sets [M,H,W,C]; `source_labels`
    float32 [M,K]: of unpaired sets that mien draws; `info`: dataset.json.
    """

    path: Path
    images: np.ndarray = field(repr=False)
    labels: np.ndarray | None = field(repr=False)
    captions: list[str] | None = field(repr=False)
    sources: np.ndarray | None = field(repr=False)
    info: dict[str, Any] = field(repr=False)
    source_labels: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    def swapped(self) -> PreparedSet:
        """The same set with pictures for sources and sources for pictures, each with its labels; pairs share theirs."""
        assert self.sources is not None
        changed = replace(self, labels=self.source_labels, source_labels=self.labels, captions=None)
        info = {**self.info, "swapped": not self.info.get("swapped", False)}
        return replace(self if self.paired else changed, images=self.sources, sources=self.images, info=info)

    @property
    def paired(self) -> bool:
        """Whether source i belongs to image i; else the sources are a set of their own."""
        return self.sources is not None and self.info["layout"] not in UNPAIRED

    def check(self) -> None:
        """Raises FileTrouble, naming the file, where one is no longer what was written; once a process for each set.
        Sets of older versions have no sums and pass."""
        sums = self.info.get("sums")
        if not isinstance(sums, dict) or (self.path, self.info["sha256"]) in checked:
            return
        for name, expected in sums.items():
            arrays.check(self.path / Path(name).name, expected)
        checked.add((self.path, self.info["sha256"]))

    def describe(self) -> list[str]:
        """Two lines for people: what the pictures are, and what comes with them."""
        count, height, width, channels = self.images.shape
        first = f"{self.info['source']}: {self.info['layout']}, {count:,} pictures, {height}x{width}"
        first += ", gray" if channels == 1 else ""
        names = self.info["label_names"]
        parts = []
        if names:
            parts.append(f"{len(names)} labels ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})")
        if self.captions is not None:
            parts.append("captions")
        if self.sources is not None:
            parts.append(f"{len(self.sources):,} sources")
        second = ", ".join(parts) or "no labels"
        if skipped := self.info["skipped_count"]:
            second += f"; {skipped:,} files skipped (see {self.path / 'dataset.json'})"
        return [first, second]


def open_prepared(path: str | Path) -> PreparedSet:
    """Maps a prepared set. Raises FileTrouble naming the file that is missing, damaged or of another version."""
    path = Path(path)
    try:
        info = json.loads((path / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileTrouble(f"{path / 'dataset.json'} cannot be read ({error}): prepare the pictures again") from error
    if not isinstance(info, dict) or info.get("format") != FORMAT:
        raise FileTrouble(f"{path} is not a prepared set (dataset.json says otherwise): make one by mien data prepare")
    if info.get("version") != FORMAT_VERSION:
        raise FileTrouble(f"{path} is of format version {info.get('version')}, not {FORMAT_VERSION}: prepare it again")
    images = _array(path / "images.npy", np.uint8, tuple(info["shape"]))
    labels = (
        _array(path / "labels.npy", np.float32, (len(images), len(info["label_names"])))
        if info["label_names"]
        else None
    )
    sources = _array(path / "sources.npy", np.uint8, tuple(info["sources_shape"])) if info["sources_shape"] else None
    told = path / "source_labels.npy"
    names = len(info["label_names"])
    source_labels = _array(told, np.float32, (len(sources), names)) if sources is not None and told.exists() else None
    captions = _captions(path / "captions.jsonl", len(images)) if info["captions"] else None
    return PreparedSet(path, images, labels, captions, sources, info, source_labels)


def _array(path: Path, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileTrouble(f"{path} cannot be read ({error}): prepare the pictures again") from error
    if array.dtype != dtype or array.shape != shape:
        raise FileTrouble(f"{path} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}: prepare it again")
    return array


def _captions(path: Path, count: int) -> list[str]:
    try:
        captions = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, ValueError) as error:
        raise FileTrouble(f"{path} cannot be read ({error}): prepare the pictures again") from error
    if len(captions) != count:
        raise FileTrouble(f"{path} holds {len(captions):,} captions for {count:,} pictures: prepare the pictures again")
    return captions
