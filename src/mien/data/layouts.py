"""What is on disk: which of the known layouts a path is, its pictures in a fixed order, and their labels or captions.

Detected without any option (docs/data.md lists the rules in the order in which they are tried). Nothing is decoded
here but a few headers.
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mien.data.annotations import READERS
from mien.data.decode import BadPicture, open_picture
from mien.data.drawn import Sources, attribute_names
from mien.data.files import Files, is_picture, open_files
from mien.errors import BadData, FileTrouble, UsageError

SAMPLED_HEADERS = 32
MOST_CLASSES = 1000
NATIVE_LIMIT = 1.5  # pictures of one size that is no square keep it, up to this many times the base resolution
DRAWN_COUNT = 20_000
DRAWN: dict[str, tuple[Sources | None, str]] = {  # sets that mien draws: what their sources are, also in words
    "drawn": (None, ""),
    "drawn-lines": ("lines", "line drawings as sources"),
    "drawn-unpaired": ("pencil", "A in coloured pencil, B in full colour"),
    "drawn-reworded": (None, "captions in other words"),
}
REWORDED = "drawn-reworded"
TWO_FOLDERS = "pairs in folders A and B"
MATCHED = 0.9  # of the pictures of A and B at least, by name, for them to be pairs
_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}
_DRAWN = re.compile(rf"({'|'.join(DRAWN)})(?::(\d+))?(?:@(\d+)(?:x(\d+))?)?")


@dataclass(frozen=True)
class Layout:
    """`entries`: the pictures to train on, in order, with `labels` float32 [N,K] and `captions`."""

    kind: str
    path: Path
    entries: list[str] = field(repr=False)
    files: Files | None = field(default=None, repr=False)
    labels: np.ndarray | None = field(default=None, repr=False)
    label_names: tuple[str, ...] = ()
    captions: list[str] | None = field(default=None, repr=False)
    sources: list[str] | None = field(default=None, repr=False)  # the A domain of unpaired sets
    notes: tuple[str, ...] = ()  # what was left out, in words
    count: int = 0  # pictures of a prepared or a drawn set, which has no entries
    size: tuple[int, int] | None = None  # (height, width) that a prepared or a drawn set fixes

    @property
    def paired(self) -> bool:
        """Whether each file holds its source (left) and its image (right)."""
        return self.kind == "paired A|B"

    def __len__(self) -> int:
        return self.count or len(self.entries)

    def describe(self) -> str:
        """Two lines: what was found, and what comes with the pictures."""
        pictures = f"{len(self):,} pictures"
        if self.paired or self.kind in ("drawn-lines", TWO_FOLDERS):
            pictures = f"{len(self):,} pairs"
        elif self.kind == "drawn-unpaired":
            pictures = f"{len(self):,} pictures A, {len(self):,} pictures B"
        elif self.sources is not None:
            pictures = f"{len(self.sources):,} pictures A, {len(self):,} pictures B"
        parts = []
        if self.label_names:
            names = ", ".join(self.label_names[:4]) + (", …" if len(self.label_names) > 4 else "")
            parts.append(f"{len(self.label_names)} labels ({names})")
        if self.captions is not None:
            parts.append("captions")
        return f"{self.path}: {self.kind}, {pictures}\n" + "; ".join([", ".join(parts) or "no labels", *self.notes])


def detect(data: str | Path) -> Layout:
    """What `data` is. Raises FileTrouble (missing, unreadable), BadData (no pictures), UsageError (drawn:x)."""
    if is_drawn(data):
        return _drawn(str(data))
    path = existing(data)
    if path.is_dir() and (path / "images.npy").is_file() and (path / "dataset.json").is_file():
        return _prepared(path)
    files = open_files(path)
    if not files.pictures:
        raise BadData(f"{path} holds no picture that mien can read{_found_instead(files)}")
    return _described(files) or _unpaired(files) or _in_two_folders(files) or _by_folders(files)


def is_drawn(data: str | Path) -> bool:
    """Whether the words mean faces that mien draws: a name of DRAWN, alone or with a count or a size."""
    return isinstance(data, str) and re.split("[:@]", data, maxsplit=1)[0] in DRAWN


def existing(data: str | Path) -> Path:
    """The path, resolved. Raises FileTrouble with the nearest name that does exist."""
    path = Path(data).expanduser()
    if path.exists():
        return path.resolve()
    near: list[str] = []
    if path.parent.is_dir():
        near = difflib.get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    hint = f"; did you mean {path.parent / near[0]}?" if near else ": give a folder, a zip, a tar, or drawn"
    raise FileTrouble(f"{path} does not exist{hint}")


def default_resolution(layout: Layout, base: int) -> tuple[int, int]:
    """(height, width) to train at: base x base, or what the data fix.

    A prepared set and `drawn@128` have a size of their own. Pictures that all (as sampled) share one size that is not
    square keep it while its shorter side is at most 1.5 x base: 112x92 faces are not squeezed into 64x64.
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
    """(height, width) from the headers of up to 32 pictures, evenly spread; files that cannot be read are left out."""
    return _sizes(layout.files, layout.entries) if layout.files else []


def _sizes(files: Files, names: list[str]) -> list[tuple[int, int]]:
    sizes = []
    for index in np.linspace(0, len(names) - 1, min(len(names), SAMPLED_HEADERS)).astype(int):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of sizes that are judged when the pictures are prepared
                image = open_picture(files.read(names[index]), names[index])
        except (BadPicture, OSError, ValueError):
            continue
        turned = "exif" in image.info and image.getexif().get(0x0112, 1) >= 5
        sizes.append((image.width, image.height) if turned else (image.height, image.width))
    return sizes


def _drawn(text: str) -> Layout:
    found = _DRAWN.fullmatch(text)
    if not found:
        name = re.split("[:@]", text, maxsplit=1)[0]
        raise UsageError(f"--data {text} is not known: write {name}, {name}:50000 or {name}:50000@128")
    name, count = found[1], int(found[2] or DRAWN_COUNT)
    if not 1 <= count <= 10_000_000:
        raise UsageError(f"--data {text}: between 1 and 10,000,000 faces can be drawn")
    size = (int(found[3]), int(found[4] or found[3])) if found[3] else None
    if size and not all(8 <= side <= 2048 for side in size):
        raise UsageError(f"--data {text}: each side must be 8 to 2048")
    return Layout(
        name, Path(text), [], label_names=attribute_names(), captions=[], count=count, size=size,
        notes=(DRAWN[name][1],) if DRAWN[name][1] else (),
    )  # fmt: skip


def _prepared(path: Path) -> Layout:
    from mien.data.prepared import open_prepared

    ready = open_prepared(path)
    height, width = ready.images.shape[1:3]
    return Layout(
        "prepared set", path, [], labels=ready.labels, label_names=tuple(ready.info["label_names"]),
        captions=ready.captions, count=len(ready.images), size=(height, width),
    )  # fmt: skip


def _found_instead(files: Files) -> str:
    if not files.members:
        return ": it is empty; give a folder, a zip or a tar of pictures"
    kinds = Counter(Path(name).suffix.lower() or "without extension" for name in files.members)
    found = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(3))
    archives = [name for name in files.members if name.lower().endswith((".zip", ".tar", ".tgz", ".tar.gz"))]
    cure = f"name the archive itself, as in {files.path / archives[0]}" if archives else "give a folder of pictures"
    return f" (found {found}): {cure}"


def _described(files: Files) -> Layout | None:
    """Layouts that bring a file of labels along; the first reader that knows it wins."""
    for reader in READERS:
        found = reader(files)
        if found is not None:
            return Layout(
                found.kind, files.path, found.entries, files, found.labels, found.label_names, found.captions,
                notes=(*found.notes, *_ignored(files, found.entries)),
            )  # fmt: skip
    return None


def _unpaired(files: Files) -> Layout | None:
    sides: dict[str, list[str]] = {"trainA": [], "trainB": []}
    for name in files.pictures:
        for part in name.split("/")[:-1]:
            if part in sides:
                sides[part].append(name)
    if not all(sides.values()):
        return None
    kept = sides["trainA"] + sides["trainB"]
    layout = Layout("unpaired trainA/trainB", files.path, sides["trainB"], files, sources=sides["trainA"])
    return replace(layout, notes=_ignored(files, kept))


def _in_two_folders(files: Files) -> Layout | None:
    """Pairs: below A and below B the same names, whatever their endings. What is kept for a test is left out."""
    sides: dict[str, dict[str, str]] = {"A": {}, "B": {}}
    for name in files.pictures:
        folders = name.split("/")[:-1]
        found = [part for part in folders if part in sides]
        if len(found) == 1 and not set(folders) & (_SPLITS - {"train", "training"}):
            stem = name.rpartition(".")[0] if "." in name.rpartition("/")[2] else name
            sides[found[0]][f"/{stem}".replace(f"/{found[0]}/", "/", 1)] = name
    shared = [stem for stem in sides["B"] if stem in sides["A"]]
    if not shared or len(shared) < MATCHED * max(len(sides["A"]), len(sides["B"])):
        return None
    images, sources = ([sides[side][stem] for stem in shared] for side in "BA")
    return Layout(TWO_FOLDERS, files.path, images, files, sources=sources, notes=_ignored(files, images + sources))


def _by_folders(files: Files) -> Layout:
    """Nothing but folders tells what the pictures are: pairs, classes, nested or flat."""
    names, depth = files.pictures, 0
    while all("/" in name[depth:] for name in names):  # one top folder around everything means nothing
        tops = {name[depth:].split("/", 1)[0] for name in names}
        if len(tops) > 1:
            break
        depth += len(tops.pop()) + 1
    tops = {name[depth:].split("/", 1)[0] if "/" in name[depth:] else "" for name in names}
    if tops <= _SPLITS and tops & {"train", "training"}:  # what is kept for a test must not be learned
        top = "train" if "train" in tops else "training"
        names = [name for name in names if name[depth:].startswith(top + "/")]
        depth += len(top) + 1
    notes = _ignored(files, names)
    sizes = _sizes(files, names)
    if sizes and all(width == 2 * height for height, width in sizes):
        return Layout("paired A|B", files.path, names, files, notes=notes)
    if classes := _classes([name[depth:] for name in names]):
        members = [classes.index(name[depth:].split("/", 1)[0]) for name in names]
        labels = np.eye(len(classes), dtype=np.float32)[members]
        return Layout("class folders", files.path, names, files, labels, tuple(classes), notes=notes)
    kind = "nested folder" if any("/" in name[depth:] for name in names) else "flat folder"
    return Layout(kind, files.path, names, files, notes=notes)


def _classes(names: list[str]) -> list[str] | None:
    """The sorted class names when every picture lies exactly one folder deep and the folders look like classes."""
    if not all(name.count("/") == 1 for name in names):
        return None
    folders = Counter(name.split("/", 1)[0] for name in names)
    if not 2 <= len(folders) <= MOST_CLASSES or len(names) < 2 * len(folders):
        return None
    if all(re.fullmatch(r"\d{4,}", folder) for folder in folders):  # 00000, 01000, …: shards of one big set
        return None
    return sorted(folders)


def _ignored(files: Files, kept: list[str]) -> tuple[str, ...]:
    others = sum(not is_picture(name) for name in files.members)
    unused = len(files.pictures) - len(kept)
    notes = [f"{unused:,} pictures left out (test or validation, or not listed)"] if unused else []
    return (*notes, f"{others:,} other files ignored") if others else tuple(notes)
