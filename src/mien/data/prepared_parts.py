"""Parts of a prepared set, each decoded by another machine, and their merge into one set.

Part k of n holds the k-th of n equal pieces of the files, in the order of the set. Its folder `SET.parts/k-of-n` is
complete or absent. The merge copies the rows one after the other. All the rest is done as without parts, so the set has
the same bits.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np

from mien.data import arrays
from mien.data.decode import FILTER, KINDS
from mien.data.decode_worker import Filled
from mien.data.layouts import Layout
from mien.data.mapped import read_array
from mien.data.prepared import FORMAT_VERSION
from mien.data.prepared_writer import Progress, decode_images, sums_of
from mien.errors import FileError, UsageError
from mien.runtime import leftovers, typed_json
from mien.runtime.typed_json import Count

ROWS = 1024  # copied at once


class Told(TypedDict):
    """part.json. mark: of the files and the size. bad: row of the part -> reason. sums: of its arrays."""

    mark: str
    bad: dict[str, str]
    gray: bool
    sums: dict[str, list[Count]]


def parse_part(text: str) -> tuple[int, int]:
    """Return (3, 8) for "3/8". Raises UsageError."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--part {text} is not a part: write 3/8 for the third of eight")
    return int(found[1]), int(found[2])


def parts_of(output: Path) -> Path:
    """Return the folder of the parts of a set."""
    return output.with_name(f"{output.name}.parts")


def write_part(
    layout: Layout, height: int, width: int, output: Path, part: tuple[int, int],
    workers: int | None = None, progress: Progress | None = None,
) -> tuple[Path, int]:  # fmt: skip
    """Decode one part of the images beside `output`, unless it is there, and return (its folder, number of its files).

    Raises UsageError for a set that has no files, FileError for a folder that cannot be written.
    """
    if layout.files is None:
        raise UsageError(f"--part: {layout.path} ({layout.kind}) needs no preparation from files: leave --part out")
    number, count = part
    entries, others = pieces(layout, number, count)
    place = parts_of(output) / f"{number}-of-{count}"
    marked = mark(layout, height, width)
    try:
        if not is_ready(place, marked):
            # A folder of its own: locks may not reach the other machines, and nobody sweeps what another one writes.
            making = place.with_name(f"{place.name}.making")
            with leftovers.temporary_folder(making) as scratch:
                filled = decode_images(scratch, layout, entries, others, height, width, workers, progress)
                bad = {str(row): reason for row, reason in filled.bad.items()}
                told: Told = {"mark": marked, "bad": bad, "gray": filled.gray, "sums": sums_of(scratch)}
                (scratch / "part.json").write_text(json.dumps(told), encoding="utf-8")
                shutil.rmtree(place, ignore_errors=True)
                scratch.rename(place)
            making.rmdir()
    except OSError as error:
        raise FileError(f"{place} cannot be written ({error.strerror or error}): free space") from error
    return place, len(entries) + len(others)


def merge(output: Path, layout: Layout, height: int, width: int) -> Callable[[Path, Progress | None], Filled]:
    """Return the function that copies all parts into a folder, in place of decoding the images.

    Raises FileError, in one line, for parts that are missing, damaged or of other files.
    """
    folder = parts_of(output)
    count = number_of_parts(folder)
    places = [folder / f"{number}-of-{count}" for number in range(1, count + 1)]
    if missing := [str(number) for number, place in enumerate(places, 1) if not place.is_dir()]:
        names = f"part {missing[0]}" if len(missing) == 1 else f"parts {', '.join(missing[:8])}"
        more = f" and {len(missing) - 8:,} more" if len(missing) > 8 else ""
        raise FileError(f"{folder} lacks {names}{more} of {count}: prepare them with --part {missing[0]}/{count}")
    told = [checked(place, mark(layout, height, width), f"{number}/{count}") for number, place in enumerate(places, 1)]

    def copy(scratch: Path, progress: Progress | None) -> Filled:
        result, rows = Filled({}, True), 0
        for number, one in enumerate(told, 1):
            entries, others = pieces(layout, number, count)
            result.add(Filled({rows + int(row): reason for row, reason in one["bad"].items()}, one["gray"]))
            rows += len(entries) + len(others)
        for name in sorted({name for one in told for name in one["sums"]}):
            found = [read_array(place / name, np.uint8, (None, height, width, 3)) for place in places]
            total = sum(map(len, found))
            arrays.write(scratch / name, np.uint8, (total, height, width, 3), counted(found, total, progress))
        return result

    return copy


def pieces(layout: Layout, number: int, count: int) -> tuple[list[str], list[str]]:
    """Return the files of a part: images, then sources. Together the parts hold all files, in order."""
    names, images = [*layout.entries, *(layout.sources or [])], len(layout.entries)
    start, stop = (len(names) * edge // count for edge in (number - 1, number))
    return names[start : min(stop, images)], names[max(start, images) : stop]


def mark(layout: Layout, height: int, width: int) -> str:
    """Return a hash of the names and sizes of the files and of how they are decoded. Machines may see other paths."""
    assert layout.files is not None
    digest = hashlib.sha256(f"{layout.kind} {height}x{width} {FILTER} {KINDS} format {FORMAT_VERSION}".encode())
    for name in (*layout.entries, *(layout.sources or [])):
        digest.update(f"{name}\0{layout.files.members[name].size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def number_of_parts(folder: Path) -> int:
    """Return n of the parts k-of-n in a folder. Raises FileError if there are none, or for several n."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    counts = sorted({int(found[1]) for name in names if (found := re.fullmatch(r"\d+-of-(\d+)", name))})
    if not counts:
        raise FileError(f"--merge: {folder} holds no parts: prepare them first, with --part 1/8")
    if len(counts) > 1:
        raise FileError(f"--merge: {folder} holds parts of {counts[0]} and of {counts[1]}: delete the wrong ones")
    return counts[0]


def is_ready(place: Path, marked: str) -> bool:
    """Return whether a part is there, undamaged and of the same files."""
    try:
        return place.is_dir() and bool(checked(place, marked, ""))
    except FileError:
        return False


def checked(place: Path, marked: str, part: str) -> Told:
    """Return part.json. Raises FileError for a part that is damaged or of other files."""
    again = f"prepare it again with --part {part}"
    try:
        told = typed_json.read(place / "part.json", Told)
        for name, expected in told["sums"].items():
            arrays.check(place / Path(name).name, expected)
    except FileError as error:
        raise FileError(f"{error}: {again}") from error
    if told["mark"] != marked:
        raise FileError(f"{place} is of other files, or of another --resolution: {again}")
    return told


def counted(found: list[np.ndarray], total: int, progress: Progress | None) -> Iterator[np.ndarray]:
    """Yield the rows of all arrays, and report how many there were."""
    done = 0
    for whole in found:
        for start in range(0, len(whole), ROWS):
            rows = whole[start : start + ROWS]
            yield rows
            done += len(rows)
            if progress:
                progress(done, total)
