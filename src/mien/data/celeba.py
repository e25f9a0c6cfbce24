"""CelebA's list of attributes: list_attr_celeba.txt (count, names, then a name and ±1 on each line), or its .csv."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

import numpy as np

from mien.data.annotations import shallowest, unlabelled
from mien.data.contents import Annotation, Contents
from mien.data.names import clean
from mien.data.tables import decode, text_of
from mien.errors import DataError, FileError
from mien.runtime.printable import count_text

LISTS = ("list_attr_celeba.txt", "list_attr_celeba.csv")
_MOST_BESIDE = 10_000  # entries of a folder in which mien searches for the list
_VALUES = {"1": True, "-1": False, "0": False, "1.0": True, "-1.0": False, "0.0": False, "true": True, "false": False}


def celeba(contents: Contents) -> Annotation | None:
    """Read the ±1 of each image as 1/0. The list lies in the folder, or beside a folder whose name starts with img_."""
    found = shallowest(contents, LISTS)
    if found:
        name = found[0]
        text, notes = text_of(contents.files, name)
    else:
        beside = lists_beside(contents.path)
        if not beside:
            return None
        name = beside[0].name
        try:
            data = beside[0].read_bytes()
        except OSError as error:
            raise FileError(f"{beside[0]} cannot be read: {error.strerror or error}") from error
        text, notes = decode(data, str(beside[0]), name)
    where = f"{contents.path}: {name}"
    names, rows, told = _parsed(text, where)
    places = _places(list(rows), contents.images)
    if not any(row >= 0 for row in places):
        first = next(iter(rows))
        raise DataError(
            f"{where} lists none of the images there: it lists {first}, an image is {contents.images[0]}; "
            "is it the list of another folder?"
        )
    values = np.array([*rows.values(), [False] * len(names)], np.float32)  # row -1: nothing known
    labels = values[places]
    unlisted = sum(row < 0 for row in places)
    notes += (f"{count_text(unlisted, 'image')} not in {name}",) if unlisted else unlabelled(labels)
    if told is not None and told != len(rows):
        notes += (f"{name} has {told:,} images by its first line, but lists {len(rows):,}",)
    return Annotation("celeba attributes", contents.images, labels, names, notes=notes)


def lists_beside(path: Path) -> list[Path]:
    """Return the lists beside a folder img_…, in its Anno folder, or one folder further up if that is img_… too."""
    found: list[Path] = []
    while path.name.lower().startswith("img_") and path.parent != path and not found:
        path = path.parent
        found = _lists_in(path) or [one for folder in ("Anno", "anno") for one in _lists_in(path / folder)]
    return found


def _lists_in(folder: Path) -> list[Path]:
    exact = [folder / name for name in LISTS if (folder / name).is_file()]
    if exact or not folder.is_dir():
        return exact
    try:
        with os.scandir(folder) as listing:
            entries = [entry.name for _, entry in zip(range(_MOST_BESIDE), listing)]
    except OSError:
        return []
    return sorted(folder / name for name in entries if name.lower() in LISTS)


def _parsed(text: str, where: str) -> tuple[tuple[str, ...], dict[str, list[bool]], int | None]:
    """Return the names of the attributes, the values of each image, and the count at the start of the list."""
    lines = [(number, _words(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip(" ,;\t")]
    told = int(lines[0][1][0]) if lines and len(lines[0][1]) == 1 and lines[0][1][0].isdecimal() else None
    lines = lines[1:] if told is not None else lines
    if len(lines) < 2:
        raise DataError(f"{where} lists no image: it is empty or was cut; get it again, or remove it")
    names = lines[0][1]
    if len(names) == len(lines[1][1]) and names[0].lower() in ("image_id", "file_name", "filename", "image", "file"):
        names = names[1:]
    rows: dict[str, list[bool]] = {}
    for number, (name, *values) in lines[1:]:
        if len(values) != len(names):
            cut = "; the list was cut" if number == lines[-1][0] and len(values) < len(names) else ""
            raise DataError(
                f"{where} line {number} has {count_text(len(values), 'value')} for {name}, not {len(names)}{cut}: "
                "correct that line, or get the list again"
            )
        odd = next((value for value in values if value.lower() not in _VALUES), None)
        if odd is not None:
            raise DataError(f"{where} line {number} has the value {odd!r} for {name}: each is 1, or -1")
        rows[clean(name)] = [_VALUES[value.lower()] for value in values]
    return tuple(names), rows, told


def _words(line: str) -> list[str]:
    if re.search("[,;]", line):
        return [word.strip().strip('"') for word in re.split("[,;]", line.strip(" \t\r,;"))]
    return line.split()


def _places(listed: list[str], images: list[str]) -> list[int]:
    """Return for each image the row that lists it; -1: none.

    Names match by their last part, in any case, and then without the extension (the list says .jpg, the lossless images
    are .png).
    """
    exact = {posixpath.basename(name).casefold(): row for row, name in enumerate(listed)}
    places = [exact.get(posixpath.basename(name).casefold(), -1) for name in images]
    if max(places, default=-1) >= 0:
        return places
    stems = {posixpath.splitext(name)[0]: row for name, row in exact.items()}
    return [stems.get(posixpath.splitext(posixpath.basename(name).casefold())[0], -1) for name in images]
