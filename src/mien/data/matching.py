"""Match the rows of a label file with images, and note the rows and images without a match."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.data.names import clean
from mien.errors import DataError
from mien.runtime.printable import count_text


@dataclass(frozen=True)
class Matched:
    """`row_of`: image -> the index of its row. `notes`: a description of the rest."""

    row_of: dict[str, int]
    notes: tuple[str, ...]


def joined(base: str, name: str) -> str:
    """Return the name from the root of the set, for a name in a label file of folder `base`."""
    return posixpath.normpath(posixpath.join(base, clean(name)))


def under(base: str, names: list[str]) -> list[str]:
    """Return the names below a folder. "train" does not include "train_old/"."""
    return [name for name in names if name.startswith(f"{base}/")] if base else names


def match(
    path: Path,
    file: str,
    names: Sequence[str],
    places: Callable[[int], str],
    images: list[str],
    differ: Callable[[int, int], bool],
) -> Matched:
    """Match rows with images.

    `names`: the image of each row, from the root. `places(row)`: "line 3". `differ`: whether two rows disagree. A name
    that differs from a single image only by case matches it. Raises DataError if no name is an image.
    """
    known = set(images)
    row_of: dict[str, int] = {}
    missing, twice, apart = [], [], []
    folded: dict[str, str] | None = None
    other_case = 0
    for row, name in enumerate(names):
        if name not in known:
            folded = _folded(images) if folded is None else folded
            found = folded.get(name.casefold(), "")
            if not found:
                missing.append(row)
                continue
            name, other_case = found, other_case + 1
        if name in row_of:
            twice.append((row_of[name], row))
            if differ(*twice[-1]):
                apart.append(twice[-1])
        row_of[name] = row
    if names and not row_of:
        here = f"an image there is {images[0]!r}" if images else "there are no images"
        raise DataError(
            f"{path}: no name in {file} is an image: it names {names[0]!r}, {here}; write names relative to {file}"
        )
    notes = []
    if missing:
        notes.append(f"{count_text(len(missing), 'row')} of {file} without an image, as {names[missing[0]]}")
    if other_case:
        notes.append(f"{count_text(other_case, 'name')} of {file} in another case than the images'")
    if twice:
        first, second = apart[0] if apart else twice[0]
        how = f", {len(apart):,} with other values" if apart else ""
        notes.append(
            f"{count_text(len(twice), 'row')} of {file} for an image named before{how}: {names[second]} in "
            f"{places(first)} and {places(second)}; the last one counts"
        )
    return Matched(row_of, tuple(notes))


def _folded(images: list[str]) -> dict[str, str]:
    """Return case-folded name -> image; "" if several names differ only by case."""
    folded: dict[str, str] = {}
    for name in images:
        key = name.casefold()
        folded[key] = "" if key in folded else name
    return folded
