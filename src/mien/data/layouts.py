"""Detect the layout of a data set, its images in a fixed order, and their labels or captions.

No option is needed (docs/data.md lists the rules in the order in which they are tried). Only a few headers are decoded
here.
"""

from __future__ import annotations

import difflib
import re
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from mien.data import folders, own_layouts, own_output, parts
from mien.data.annotations import metadata, stylegan
from mien.data.celeba import celeba
from mien.data.contents import Annotation, Contents
from mien.data.decode import BadImage, open_image
from mien.data.files import Files, is_image, open_files
from mien.data.folders import HALVES
from mien.data.layout_notes import found_instead, left_out, other_reading, unused_images
from mien.data.prepared import UNPAIRED, PreparedSet, open_prepared, open_remote
from mien.data.shards import is_remote, shard_name
from mien.data.sidecars import sidecars
from mien.data.synthetic.draw import Sources, attribute_names
from mien.errors import DataError, FileError, UsageError

SAMPLED_HEADERS = 32
NATIVE_LIMIT = 1.5  # images of one non-square size have it in training, up to this multiple of the base resolution
DRAWN_COUNT = 20_000
DRAWN: dict[str, tuple[Sources | None, str]] = {  # sets that mien draws: the kind of their sources, and a description
    "drawn": (None, ""),
    "drawn-lines": ("lines", "line drawings as sources"),
    "drawn-unpaired": ("pencil", "A in coloured pencil, B in full colour"),
    "drawn-reworded": (None, "captions in other words"),
    "drawn-varied": (None, "faces that fill the frame, in many poses and finishes"),
}
REWORDED = "drawn-reworded"
VARIED = "drawn-varied"  # the only one without labels and captions
READERS = (stylegan, metadata, celeba, sidecars)
WANTS = ("none", "paired", "unpaired")  # the sources that recipes may require
_DRAWN = re.compile(rf"({'|'.join(DRAWN)})(?::(\d+))?(?:@(\d+)(?:x(\d+))?)?")


@dataclass(frozen=True)
class Layout:
    """`entries`: the images to train on, in order, with `labels` float32 [N,K] and `captions`."""

    kind: str
    path: Path
    entries: list[str] = field(repr=False)
    files: Files | None = field(default=None, repr=False)
    labels: np.ndarray | None = field(default=None, repr=False)
    label_names: tuple[str, ...] = ()
    captions: list[str] | None = field(default=None, repr=False)
    sources: list[str] | None = field(default=None, repr=False)  # the A domain of unpaired sets
    notes: tuple[str, ...] = ()  # a description of what was left out
    count: int = 0  # images of a prepared or a drawn set, which has no entries
    size: tuple[int, int] | None = None  # (height, width) that a prepared or a drawn set fixes
    wanted: str | None = None  # the sources that the recipe requires; None: not known
    other_readings: tuple[str, ...] = ()  # requirements of recipes for which these files are another layout

    @property
    def paired(self) -> bool:
        """Return whether each file contains its source (left) and its image (right)."""
        return self.kind == HALVES

    @property
    def pairs_of_files(self) -> bool:
        """Return whether each image has its source in another file."""
        return self.sources is not None and self.kind not in UNPAIRED

    def __len__(self) -> int:
        return self.count or len(self.entries)

    def describe(self) -> str:
        """Return two lines: the layout, and the labels, captions or sources of the images."""
        images = f"{len(self):,} images"
        if self.paired or self.pairs_of_files or self.kind == "drawn-lines":
            images = f"{len(self):,} pairs"
        elif self.kind == "drawn-unpaired":
            images = f"{len(self):,} images A, {len(self):,} images B"
        elif self.sources is not None:
            images = f"{len(self.sources):,} images A, {len(self):,} images B"
        parts = []
        if self.label_names:
            names = ", ".join(self.label_names[:4]) + (", …" if len(self.label_names) > 4 else "")
            parts.append(f"{len(self.label_names)} labels ({names})")
        if self.captions is not None:
            parts.append("captions")
        return f"{self.path}: {self.kind}, {images}\n" + "; ".join([", ".join(parts) or "no labels", *self.notes])


def detect(data: str | Path, sources: str | None = None) -> Layout:
    """Return the layout of `data` for a recipe that requires `sources`: one of WANTS. None: no recipe is known.

    Raises FileError (missing, unreadable), DataError (no images), UsageError (drawn:x).
    """
    if is_drawn(data):
        return _drawn(str(data))
    if is_remote(data):
        return _prepared(open_remote(str(data)), Path(str(data)))
    path = existing(data)
    if is_prepared(path):
        return _prepared(open_prepared(path), path)
    contents = _contents(open_files(path))
    own = own_layouts.read(contents)
    return _own(contents, own, sources) if own else _read(contents, sources)


def is_prepared(path: Path) -> bool:
    """Return whether a folder is a prepared set."""
    images = path / "images.npy", path / shard_name(0)
    return any(file.is_file() for file in images) and (path / "dataset.json").is_file()


def check_layout_known(data: str, kind: object, whose: str) -> None:
    """Raise UsageError if these files need the user's own layout and its code was not named.

    kind: the layout that read them. whose: the owner of the images, for the message.
    """
    if not is_drawn(data) and not is_remote(data) and not is_prepared(Path(data)):
        own_layouts.check_known(str(kind), whose)


def is_drawn(data: str | Path) -> bool:
    """Return whether `data` means the built-in faces: a name of DRAWN, alone or with a count or a size."""
    return isinstance(data, str) and drawn_name(data) in DRAWN


def drawn_name(data: str | Path) -> str:
    """Return the name: "drawn:5000@64" -> "drawn"."""
    return re.split("[:@]", str(data), maxsplit=1)[0]


def existing(data: str | Path) -> Path:
    """Return the path, resolved. Raises FileError with the nearest name that exists."""
    path = Path(data).expanduser()
    if path.exists():
        return path.resolve()
    near: list[str] = []
    if path.parent.is_dir():
        near = difflib.get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    hint = f"; did you mean {path.parent / near[0]}?" if near else ": give a folder, a zip, a tar, or drawn"
    raise FileError(f"{path} does not exist{hint}")


def default_resolution(layout: Layout, base: int) -> tuple[int, int]:
    """Return the (height, width) to train at: base x base, or a size that the data determine.

    A prepared set and `drawn@128` have a fixed size. If all sampled images have one non-square size, training uses it
    while its shorter side is at most 1.5 x base. So 112x92 faces are not squeezed into 64x64.
    """
    if layout.size:
        return layout.size
    sizes = set(sampled_sizes(layout))
    if len(sizes) == 1:
        height, width = sizes.pop()
        width = width // 2 if layout.paired else width
        if height != width and base // 2 <= min(height, width) <= NATIVE_LIMIT * base:
            return height, width
    return base, base


def sampled_sizes(layout: Layout) -> list[tuple[int, int]]:
    """Return the (height, width) of up to 32 evenly spread images, from their headers. Unreadable files are left
    out.
    """
    return _sizes(layout.files, layout.entries) if layout.files else []


def _sizes(files: Files, names: list[str]) -> list[tuple[int, int]]:
    sizes = []
    for index in np.linspace(0, len(names) - 1, min(len(names), SAMPLED_HEADERS)).astype(int):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of sizes that are judged when the images are prepared
                image = open_image(files.read(names[index]), names[index])
        except (BadImage, OSError, ValueError):
            continue
        turned = "exif" in image.info and image.getexif().get(0x0112, 1) >= 5
        sizes.append((image.width, image.height) if turned else (image.height, image.width))
    return sizes


def _drawn(text: str) -> Layout:
    found = _DRAWN.fullmatch(text)
    if not found:
        name = drawn_name(text)
        raise UsageError(f"--data {text} is not known: write {name}, {name}:50000 or {name}:50000@128")
    name, count = found[1], int(found[2] or DRAWN_COUNT)
    if not 1 <= count <= 10_000_000:
        raise UsageError(f"--data {text}: the number of faces must be from 1 to 10,000,000")
    size = (int(found[3]), int(found[4] or found[3])) if found[3] else None
    if size and not all(8 <= side <= 2048 for side in size):
        raise UsageError(f"--data {text}: each side must be 8 to 2048")
    notes = (DRAWN[name][1],) if DRAWN[name][1] else ()
    if name == VARIED:
        return Layout(name, Path(text), [], count=count, size=size, notes=notes)
    return Layout(
        name, Path(text), [], label_names=attribute_names(), captions=[], count=count, size=size, notes=notes
    )  # fmt: skip


def _prepared(ready: PreparedSet, path: Path) -> Layout:
    height, width = ready.images.shape[1:3]
    return Layout(
        "prepared set", path, [], labels=ready.labels, label_names=tuple(ready.info["label_names"]),
        captions=ready.captions, count=len(ready.images), size=(height, width),
    )  # fmt: skip


def _contents(files: Files) -> Contents:
    """Return the files that count. Raises DataError if no image is among them."""
    own = own_output.find(files, is_image)
    if own.itself:
        raise DataError(f"{files.path} is a run of mien, not a set of images: name the folder of the images")
    names = [name for name in files.members if not own.holds(name)] if own.folders or own.images else files.members
    images: list[str] = []
    others: list[str] = []
    for name in names:
        (images if is_image(name) else others).append(name)
    if not images:
        raise DataError(f"{files.path} holds no image that mien can read{found_instead(files)}")
    split = parts.divide(images)
    if split.left_out or split.strays:
        gone = {folder: split.leaves_out(folder) for folder in {name.rpartition("/")[0] for name in names}}
        images, others = ([name for name in some if not gone[name.rpartition("/")[0]]] for some in (images, others))
        images = [name for name in images if name.rpartition("/")[0] not in split.strays]
    return Contents(files, images, others, split.logical, (*own.notes, *split.notes))


def _read(contents: Contents, sources: str | None) -> Layout:
    """Return the layout for a recipe's sources. A note says if other sources would give other images."""
    described = next((found for reader in READERS if (found := reader(contents))), None)
    sets = folders.two_sets(contents)
    pairs, apart, bare = folders.two_folders(contents) if sets is None else (None, None, False)
    sizes = _sizes(contents.files, contents.images)
    wide = bool(sizes) and all(width == 2 * height for height, width in sizes)

    @cache
    def plain() -> Annotation:
        return folders.by_folders(contents)

    @cache
    def choose(wish: str | None) -> Annotation:
        paired = pairs or (folders.halves(contents) if wide else None)
        order: tuple[Annotation | None, ...]
        if wish == "none":
            order = (described, sets)
        elif wish is None:
            order = (described, sets, None if bare else pairs, folders.halves(contents) if wide else None)
        elif wish == "paired":
            order = (paired, described, sets)
        else:
            order = (sets, paired, apart, described)
        return next((found for found in order if found), None) or plain()

    chosen, usual = choose(sources), choose(None)
    others = tuple(wish for wish in WANTS if choose(wish).kind != usual.kind)
    files, notes = contents.files, [*chosen.notes, *other_reading(chosen, sources, others, wide), *contents.notes]
    return Layout(
        chosen.kind, files.path, chosen.entries, files, chosen.labels, chosen.label_names, chosen.captions,
        chosen.sources, (*notes, *left_out(contents, chosen)), wanted=sources, other_readings=others,
    )  # fmt: skip


def _own(contents: Contents, found: Annotation, sources: str | None) -> Layout:
    """Return the layout from an annotation of the user's own layout."""
    notes = (*found.notes, *contents.notes, *unused_images(contents, found))
    return Layout(
        found.kind, contents.path, found.entries, contents.files, found.labels, found.label_names, found.captions,
        found.sources, notes, wanted=sources,
    )  # fmt: skip
