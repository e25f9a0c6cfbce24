"""A prepared set: a folder of arrays that training maps into memory. docs/data.md describes each file."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
import numpy as np

from mien.data import arrays
from mien.data.mapped import read_array
from mien.data.shard_cache import ShardCache
from mien.data.shards import BESIDE, ShardedImages, Source, as_array, is_shard
from mien.errors import FileError
from mien.runtime import typed_json
from mien.runtime.atomic_files import write_bytes
from mien.runtime.cache import cache_root
from mien.runtime.typed_json import Count, Positive

FORMAT = "mien prepared set"
FORMAT_VERSION = 1  # increased when the same files would give other pixels or labels
MOST_CAPTIONS = 1 << 31  # bytes
UNPAIRED = ("unpaired trainA/trainB", "drawn-unpaired")  # layouts whose sources are a separate set

checked: set[tuple[Path, str]] = set()
"""Sets that this process has compared with their sums: (folder, sha256 of the pixels)."""


@dataclass(frozen=True)
class PreparedSet:
    """Images ready for training, mapped from disk and not copied.

    `images` uint8 [N,H,W,C], C 3, or 1 if every image is gray; `labels` float32 [N,K]; `captions` N strings; `sources`
    uint8: the A side of pairs [N,H,W,C], or the A domain of unpaired sets [M,H,W,C]; `source_labels` float32 [M,K]: of
    unpaired built-in sets; `info`: dataset.json.
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
        """Return the set with images and sources swapped, each with its labels. The two sides of a pair share their
        labels.
        """
        assert self.sources is not None
        changed = replace(self, labels=self.source_labels, source_labels=self.labels, captions=None)
        info = {**self.info, "swapped": not self.info.get("swapped", False)}
        return replace(self if self.paired else changed, images=self.sources, sources=self.images, info=info)

    @property
    def paired(self) -> bool:
        """Return whether source i belongs to image i. If not, the sources are a separate set."""
        return self.sources is not None and self.info["layout"] not in UNPAIRED

    def check(self) -> None:
        """Check that no file has changed, once in each process. Raises FileError with the file's name.

        Sets of older versions have no sums, and always pass.
        """
        sums = self.info.get("sums")
        if not isinstance(sums, dict) or (self.path, self.info["sha256"]) in checked:
            return
        if self.info.get("own_sum") not in (None, own_sum(self.info)):
            raise FileError(f"{self.path / 'dataset.json'} is damaged: it is not what was written")
        for name, expected in sums.items():
            if not is_shard(name):  # a shard is checked when it is read
                arrays.check(self.path / Path(name).name, expected)
        checked.add((self.path, self.info["sha256"]))

    def describe(self) -> list[str]:
        """Return two lines: one about the images, one about their labels, captions and sources."""
        count, height, width, channels = self.images.shape
        first = f"{self.info['source']}: {self.info['layout']}, {count:,} images, {height}x{width}"
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
            second += f"; {skipped:,} {'file' if skipped == 1 else 'files'} skipped (see {self.path / 'dataset.json'})"
        return [first, second]


def own_sum(info: dict[str, Any]) -> int:
    """Return the CRC-32 of dataset.json without this sum."""
    said = {key: value for key, value in info.items() if key != "own_sum"}
    return zlib.crc32(json.dumps(said, sort_keys=True).encode())


class Head(TypedDict):
    format: NotRequired[Any]
    version: NotRequired[Any]


Pixels = tuple[Positive, Positive, Positive, Annotated[int, msgspec.Meta(ge=1, le=3)]]
Text = Annotated[str, msgspec.Meta(max_length=1 << 16)]


class Skipped(TypedDict):
    file: Text
    reason: Text


class Shards(TypedDict):
    """rows: images in each file `images-00017.npy`, which stand in place of images.npy."""

    rows: Positive


class Info(TypedDict):
    """The required fields of dataset.json and their types. Other fields are not changed."""

    source: Text
    layout: Text
    shape: Pixels
    sources_shape: Pixels | None
    label_names: Annotated[list[Text], msgspec.Meta(max_length=1 << 16)]
    captions: bool
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    unlabelled: Count
    skipped_count: Count
    skipped: list[Skipped]
    notes: NotRequired[list[Text]]
    label_counts: NotRequired[list[Count]]
    count: NotRequired[Count]
    sums: NotRequired[dict[Text, list[Count]]]
    shards: NotRequired[Shards]


def open_prepared(path: str | Path, source: Source | None = None, cache: ShardCache | None = None) -> PreparedSet:
    """Map a prepared set. Raises FileError with the file that is missing, damaged or of another version.

    source, cache: of the shards, if they lie elsewhere.
    """
    path = Path(path)
    try:
        info = described(path)
    except FileError as error:
        raise FileError(f"{error}: prepare the images again") from None
    count, names = info["shape"][0], len(info["label_names"])
    if "shards" in info:
        images = as_array(ShardedImages(source or Source(str(path)), info, cache))
    else:
        images = read_array(path / "images.npy", np.uint8, tuple(info["shape"]))
    labels = numbers(path / "labels.npy", (count, names)) if names else None
    sources = (
        read_array(path / "sources.npy", np.uint8, tuple(info["sources_shape"])) if info["sources_shape"] else None
    )
    told = path / "source_labels.npy"
    source_labels = numbers(told, (len(sources), names)) if sources is not None and told.exists() else None
    found = PreparedSet(path, images, labels, None, sources, info, source_labels)
    if found.paired and sources is not None and len(images) != len(sources):
        raise FileError(f"{path} holds {len(images):,} images and another number of sources: prepare it again")
    return replace(found, captions=captions_of(path / "captions.jsonl", count)) if info["captions"] else found


def open_remote(url: str) -> PreparedSet:
    """Open the shards of a bucket: dataset.json, labels and captions are fetched now, images as they are needed.

    Raises UsageError for a URL that cannot be opened, FileError for one without a set.
    """
    source = Source(url)
    data = source.read("dataset.json")
    info = typed_json.decode(data, Info, f"{url}/dataset.json")
    folder = cache_root() / "shards" / f"{Path(source.root).name[:40]}-{info['sha256'][:16]}"
    cache = ShardCache(folder)
    write_bytes(folder / "dataset.json", data)
    for name in BESIDE:
        if name in info.get("sums", {}) and not (folder / name).is_file():
            write_bytes(folder / name, source.read(name))
    found = open_prepared(folder, source, cache)
    if not isinstance(found.images, ShardedImages):
        raise FileError(f"{url} is not in shards: make them with mien data prepare … --shards --output {url}")
    return found


def described(path: Path) -> dict[str, Any]:
    """Return dataset.json, checked. Raises FileError."""
    file = path / "dataset.json"
    data = typed_json.read_bytes(file)
    head = typed_json.decode(data, Head, str(file))
    if head.get("format") != FORMAT:
        raise FileError(f"{path} is not a prepared set (dataset.json says otherwise)")
    if head.get("version") != FORMAT_VERSION:
        raise FileError(f"{path} is of format version {head.get('version')!r:.20}, not {FORMAT_VERSION}")
    typed_json.decode(data, Info, str(file))
    return typed_json.decode(data, dict[str, Any], str(file))


def numbers(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return the labels, float32. Raises FileError."""
    found = read_array(path, np.float32, shape)
    if not np.isfinite(found).all():
        raise FileError(f"{path} is damaged: it holds numbers that are not finite: prepare it again")
    return found


def captions_of(path: Path, count: int) -> list[str]:
    lines = typed_json.read_bytes(path, MOST_CAPTIONS).split(b"\n")
    written = [line for line in lines if line]
    try:  # all at once: millions of lines one by one take many seconds
        captions = msgspec.json.decode(b"[" + b",".join(written) + b"]", type=list[str])
    except (msgspec.MsgspecError, UnicodeError):
        captions = []
    if len(captions) != len(written):  # one of the lines is not a text, or several: say which
        captions = [typed_json.decode(line, str, f"{path}, line {row},") for row, line in enumerate(lines, 1) if line]
    if len(captions) != count:
        raise FileError(f"{path} holds {len(captions):,} captions for {count:,} images: prepare the images again")
    return captions
