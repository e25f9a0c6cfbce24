"""Layouts from folders and image shapes: two sets, pairs, classes, nested and flat folders."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from mien.data.contents import Annotation, Contents
from mien.data.parts import few
from mien.runtime.printable import count_text

MOST_CLASSES = 1000
HALVES = "paired A|B"
TWO_FOLDERS = "pairs in folders A and B"
TWO_SETS = "unpaired trainA/trainB"
MATCHED = 0.9  # of the images of A and B at least, by name, for them to be pairs
_DOMAIN = re.compile(r"train[ _-]?([ab])", re.IGNORECASE)
_SIDES = (  # folders of sources, and of the images that belong to them; without case, and without "1_" before
    ("a", "b"), ("input", "target"), ("inputs", "targets"), ("input", "output"), ("inputs", "outputs"),
    ("source", "target"), ("sources", "targets"), ("src", "tgt"), ("src", "dst"),
)  # fmt: skip
_NUMBER = re.compile(r"\d+[ _-]|(domain|side)[ _-]?", re.IGNORECASE)


def two_sets(contents: Contents) -> Annotation | None:
    """Read trainA and trainB, in any case, and also train_a. testA and similar folders are left out."""
    domains = {
        folder: match[1].lower()
        for folder in _folders(contents.images)
        for part in folder.split("/")
        if (match := _DOMAIN.fullmatch(part))
    }
    if set(domains.values()) != {"a", "b"}:
        return None
    sides: dict[str, list[str]] = {"a": [], "b": []}
    for name in contents.images:
        if domain := domains.get(name.rpartition("/")[0]):
            sides[domain].append(name)
    return Annotation(TWO_SETS, sides["b"], sources=sides["a"])


def two_folders(contents: Contents) -> tuple[Annotation | None, Annotation | None, bool]:
    """Read A/ and B/, or input/ and target/. Return (pairs by name, two sets, whether the folders are named a and b).

    The first is None if too few names are in both folders. The second is None if these folders do not exist.
    """
    places = {folder: contents.logical.get(folder, folder) for folder in _folders(contents.images)}
    for names in _SIDES:
        known = {folder: side for folder, place in places.items() if (side := _side(place, names))}
        if {side for side, _ in known.values()} != set(names):
            continue
        sides = _sides(contents.images, known, names)
        (_, sources), (_, images) = sorted(sides.items(), key=lambda side: names.index(side[0]))
        shared = [stem for stem in images if stem in sources]
        bare = all(f"/{name}/" in f"/{side}" for name, found in sides.items() for side in found.values())
        apart = Annotation(TWO_SETS, list(images.values()), sources=list(sources.values()))
        if len(shared) < max(1, MATCHED * max(len(sources), len(images))):
            return None, apart, bare and names == ("a", "b")
        unmatched = len(sources) + len(images) - 2 * len(shared)
        notes = (f"{count_text(unmatched, 'image')} without a partner left out",) if unmatched else ()
        pairs = Annotation(
            TWO_FOLDERS, [images[stem] for stem in shared], sources=[sources[stem] for stem in shared], notes=notes
        )
        return pairs, apart, bare and names == ("a", "b")
    return None, None, False


def _sides(images: list[str], known: dict[str, tuple[str, str]], names: tuple[str, str]) -> dict[str, dict[str, str]]:
    """Return side -> (path without the side and the extension -> image). known: folder -> (its side, the rest of
    it).
    """
    sides: dict[str, dict[str, str]] = {name: {} for name in names}
    for image in images:
        folder, _, last = image.rpartition("/")
        if folder in known:
            side, rest = known[folder]
            sides[side][f"{rest}/{posixpath.splitext(last)[0]}"] = image
    return sides


def _side(folder: str, names: tuple[str, str]) -> tuple[str, str] | None:
    """Return (side, the folder without it) if exactly one part of a folder is a side."""
    parts = folder.split("/")
    plain = [_NUMBER.sub("", part, count=1).lower() if _NUMBER.match(part) else part.lower() for part in parts]
    at = [place for place, part in enumerate(plain) if part in names]
    if len(at) != 1:
        return None
    return plain[at[0]], "/".join(parts[: at[0]] + parts[at[0] + 1 :])


def halves(contents: Contents) -> Annotation:
    """Read images twice as wide as high as pairs: the left half is the source, the right half the image."""
    return Annotation(HALVES, contents.images)


def by_folders(contents: Contents) -> Annotation:
    """Read labels from the folders alone: classes, nested or flat."""
    places = [contents.place(name) for name in contents.images]
    if found := _classes(places):
        classes, kept = found
        names = [contents.images[index] for index in kept]
        members = [
            classes.index(place.rpartition("/")[0].rpartition("/")[2]) for place in map(places.__getitem__, kept)
        ]
        labels = np.eye(len(classes), dtype=np.float32)[members]
        strays = sorted(set(range(len(places))) - set(kept))
        notes = (
            (f"{count_text(len(strays), 'image')} in no class folder left out, as {contents.images[strays[0]]}",)
            if strays
            else ()
        )
        return Annotation("class folders", names, labels, tuple(classes), notes=notes)
    nested = len({posixpath.dirname(place) for place in places}) > 1
    return Annotation("nested folder" if nested else "flat folder", contents.images)


def _classes(places: list[str]) -> tuple[list[str], list[int]] | None:
    """Return the sorted class names and the class index of each image, or None.

    Nearly every image must lie in one of several sibling folders, and their names must be usable as classes. One folder
    around everything has no meaning.
    """
    folders = Counter(posixpath.dirname(place) for place in places)
    around = _around(folders, len(places))
    depth = around.count("/") + 2 if around else 1
    inside = f"{around}/" if around else ""
    of_class = {
        folder: folder[len(inside) :]
        for folder in folders
        if folder and folder.startswith(inside) and folder != around and folder.count("/") + 1 == depth
    }
    kept = [index for index, place in enumerate(places) if posixpath.dirname(place) in of_class]
    strays = len(places) - len(kept)
    if strays and not few(strays, len(places)):
        return None
    if not 2 <= len(of_class) <= MOST_CLASSES or len(kept) < 2 * len(of_class):
        return None
    if all(re.fullmatch(r"\d{4,}", name) for name in of_class.values()):  # 00000, 01000, …: shards of one big set
        return None
    return sorted(of_class.values()), kept


def _around(folders: Counter[str], total: int) -> str:
    """Return the deepest folder that contains nearly all images; "" for the root."""
    around = ""
    while True:
        inside = f"{around}/" if around else ""
        direct = folders.get(around, 0)
        tops = {
            folder[len(inside) :].split("/")[0] for folder in folders if folder.startswith(inside) and folder != around
        }
        tops.discard("")
        if len(tops) != 1 or (direct and not few(direct, total)):
            return around
        around = inside + tops.pop()


def _folders(names: Iterable[str]) -> set[str]:
    return {name.rpartition("/")[0] for name in names}
