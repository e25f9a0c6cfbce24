"""Find mien's own output: runs, prepared sets, its cache, sheets and generated images. Training never uses them.

The files in a folder identify it. The facts inside an image identify it. In a large set, only images with mien's names
or with rare names are opened.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.data.contents import listed
from mien.data.files import Files
from mien.media.image_files import ASCII, KEY
from mien.runtime.cache import cache_root
from mien.runtime.printable import count_text

SHEET = "mien-check"  # contact sheets' names begin with it
_RUN_FILES = ("status.json", "environment.json", "data.json", "command.txt", "stats.jsonl")
_OUTDIR = "runs"
_BY_NAME = re.compile(rf"{SHEET}.*\.png", re.IGNORECASE)
_SUSPICIOUS = re.compile(
    r"(seed|latent|fakes|reals|grid|mix|sweep|interpolation|evolution|neighbours|directions|projected|gradients|"
    r"compare|check)",
    re.IGNORECASE,
)
_DIGITS = str.maketrans("123456789", "000000000")
_HEAD, _LONG_HEAD = 1 << 12, 1 << 18  # bytes of an image in which its facts begin; and in which the longest facts end
_MOST_OPENED = 4000
_MOST_OPENED_PACKED = 64  # in an archive, each check reads a complete member


@dataclass(frozen=True)
class Own:
    """The `folders` and `images` that mien made, and a line about them. `itself`: the data set is a run."""

    folders: tuple[str, ...] = ()
    images: frozenset[str] = field(default=frozenset(), repr=False)
    notes: tuple[str, ...] = ()
    itself: bool = False

    def holds(self, name: str) -> bool:
        return name.startswith(self.folders) or name in self.images


def find(files: Files, is_image: Callable[[str], bool]) -> Own:
    """Return the files that are mien's own. If all images are generated, they count as images, and a note says so."""
    folders = own_folders(list(files.members), lambda name: _read(files, name), files.path)
    if "" in folders:
        return Own(itself=True)
    inside = tuple(f"{folder}/" for folder in folders)
    images = [name for name in files.members if is_image(name) and not name.startswith(inside)]
    made = _made_by_mien(files, images)
    notes = []
    if folders:
        notes.append(f"left out what mien wrote: {listed(list(folders))}")
    if made and len(made) == len(images):
        notes.append(f"warning: all {len(made):,} images are mien's own, as the facts inside say")
        made = set()
    elif made:
        notes.append(f"left out {count_text(len(made), 'image')} that mien made, as {min(made)}")
    return Own(inside, frozenset(made), tuple(notes))


def own_folders(names: Sequence[str], read: Callable[[str], bytes], path: Path) -> tuple[str, ...]:
    """Return the folders among `names` that are runs, prepared sets, a folder of runs, or mien's cache; sorted.

    "" if the data set itself is a run. `path`: the folder of the names.
    """
    marks = [name for name in names if name.endswith(("recipe.json", "images.npy", "images-00000.npy"))]
    found: set[str] = set()
    if marks:
        known = set(names)
        for mark in marks:
            folder, _, last = mark.rpartition("/")
            prefix = f"{folder}/" if folder else ""
            if last == "recipe.json" and any(prefix + other in known for other in _RUN_FILES):
                if b'"mien.' in read(mark)[: 1 << 16]:
                    found.add(folder)
                    parent = folder.rpartition("/")[0]
                    if parent and parent.rpartition("/")[2] == _OUTDIR:
                        found.add(parent)
            elif last in ("images.npy", "images-00000.npy") and folder and f"{prefix}dataset.json" in known:
                found.add(folder)
    if (cache := _inside(cache_root(), path)) is not None:
        found.add(cache)
    found -= {folder for folder in found if any(folder.startswith(f"{other}/") for other in found)}
    return tuple(sorted(found))


def without_own(path: Path, names: list[str]) -> list[str]:
    """Return the files below a folder that are not mien's, judged by name only. A fingerprint uses them."""
    folders = own_folders(names, lambda name: (path / name).read_bytes(), path)
    inside = tuple(f"{folder}/" for folder in folders)
    return [name for name in names if not name.startswith(inside) and not _is_sheet(name)]


def _is_sheet(name: str) -> bool:
    return _BY_NAME.fullmatch(name.rpartition("/")[2]) is not None


def _inside(place: Path, path: Path) -> str | None:
    """Return the part of `place` below `path`; None if it lies elsewhere."""
    try:
        below = place.resolve().relative_to(path.resolve()).as_posix()
    except (OSError, ValueError):
        return None
    return None if below == "." else below


def _read(files: Files, name: str) -> bytes:
    try:
        return files.read(name)
    except (OSError, ValueError):
        return b""


# --- single images --------------------------------------------------------------------------------------------------


def _made_by_mien(files: Files, images: list[str]) -> set[str]:
    """Return the images that mien made.

    Images whose folder and name differ only in digits are one group. The first, middle and last image decide for the
    group. If they disagree, each image is opened.
    """
    made = {name for name in images if _is_sheet(name)}
    groups: dict[str, list[str]] = defaultdict(list)
    for name in images:
        groups[name.translate(_DIGITS)].append(name)
    most = _MOST_OPENED_PACKED if files.packed else _MOST_OPENED
    chosen = list(groups.values())
    if 3 * len(chosen) > most:
        chosen = [group for group in chosen if _SUSPICIOUS.match(group[0].rpartition("/")[2])][: most // 3]
    for group in chosen:
        sample = {group[0], group[len(group) // 2], group[-1]}
        answers = [has_facts(files, name) for name in sample]
        if all(answers):
            made.update(group)
        elif any(answers) and len(group) <= most:
            made.update(name for name in group if has_facts(files, name))
    return made


def has_facts(files: Files, name: str) -> bool:
    """Return whether the facts in an image say that mien made it."""
    try:
        for most in (_HEAD, _LONG_HEAD):
            head = _head(files, name, most)
            place = _facts_at(head) if head[:4] != b"RIFF" else -1
            if head[:4] == b"RIFF" and head[12:16] == b"VP8X" and head[20] & 8:  # it has EXIF, at its end
                head = files.read(name)
                place = _facts_at(head)
            if place < 0:
                return False
            try:
                facts, _ = json.JSONDecoder().raw_decode(head[place:].decode("latin-1"))
            except ValueError:  # longer than the head
                continue
            return isinstance(facts, dict) and ("run" in facts or "sheet" in facts)
    except (OSError, ValueError, LookupError, RecursionError):
        pass
    return False


def _facts_at(data: bytes) -> int:
    """Return the position of the facts' JSON; -1: there is none."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        mark = b"tEXt" + KEY.encode() + b"\0"
        return data.find(mark) + len(mark) if mark in data else -1
    mark = ASCII + b"{"
    return data.rfind(mark) + len(ASCII) if mark in data else -1


def _head(files: Files, name: str, most: int) -> bytes:
    if files.packed:
        return files.read(name)[:most]
    member = files.members[name]
    with (files.root / (member.stored or member.name)).open("rb") as file:
        return file.read(most)
