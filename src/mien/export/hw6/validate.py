"""Is this a homework 6 archive? Reads a stranger's file: everything is capped, nothing is extracted or followed."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from mien.runtime.atomic_files import io_errors

COUNT, SIDE = 1000, 64
MOST_BYTES = 2_000_000  # the archive must be smaller
MOST_UNPACKED = 64_000_000  # 1,000 such pictures take under 10 MB
MOST_ENTRIES = 4 * COUNT
LARGEST_PICTURE = 1_000_000
MOST_TOLD = 40  # faults of single files; the rest is counted
EXPECTED = {f"{number}.jpg" for number in range(1, COUNT + 1)}
DAMAGE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RecursionError, OverflowError)


class TooMuch(Exception):
    """The archive unpacks to more than any honest one."""


class Limited(io.RawIOBase):
    """What comes out of gzip, up to MOST_UNPACKED bytes."""

    def __init__(self, source: gzip.GzipFile):
        self.source, self.left = source, MOST_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise TooMuch
        return data


def problems(path: Path) -> list[str]:
    """Every fault, one line each, the archive's own first; [] for a valid one. Raises FileError where the file
    cannot be opened."""
    with io_errors(path):
        size = path.stat().st_size
        with path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
    found = [f"it is {size:,} bytes: it must be under {MOST_BYTES:,}"] if size >= MOST_BYTES else []
    if not is_gzip:
        return [*found, "it is not gzip-compressed: make it with tar -czf hw6.tgz *.jpg"]
    seen: set[str] = set()
    misplaced: set[str] = set()
    faults: list[str] = []
    try:
        faults += entry_faults(path, seen, misplaced)
    except TooMuch:
        return [*found, f"it unpacks to over {MOST_UNPACKED:,} bytes: reading stopped there"]
    except DAMAGE as error:
        return [*found, *told(faults), f"it is damaged or no tar archive: {printable(str(error) or repr(error))}"]
    if missing := sorted(EXPECTED - seen - misplaced, key=lambda name: int(name[:-4])):
        found.append(missing_text(missing))
    return [*found, *told(faults)]


def entry_faults(path: Path, seen: set[str], misplaced: set[str]) -> Iterator[str]:
    """Walks the archive as a stream; notes the expected names at the root in `seen`, those elsewhere in `misplaced`."""
    with gzip.open(path) as unpacked, tarfile.open(fileobj=Limited(unpacked), mode="r|") as tar:
        for index, entry in enumerate(tar):
            if index >= MOST_ENTRIES:
                yield f"it has over {MOST_ENTRIES:,} entries: reading stopped there"
                return
            misplaced.add(entry.name.rpartition("/")[2])
            if fault := entry_fault(tar, entry, seen):
                yield f"{printable(entry.name)}: {fault}"


def entry_fault(tar: tarfile.TarFile, entry: tarfile.TarInfo, seen: set[str]) -> str | None:
    if entry.name not in EXPECTED:
        return name_fault(entry)
    if entry.name in seen:
        return "is there twice"
    seen.add(entry.name)
    if entry.issym() or entry.islnk():
        return "is a link, not a file"
    if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.sparse is not None:
        return "is not a plain file"
    if entry.size > LARGEST_PICTURE:
        return f"is {entry.size:,} bytes: no picture of {SIDE}x{SIDE} needs that"
    file = tar.extractfile(entry)
    return picture_fault(file.read()) if file else "cannot be read"


def name_fault(entry: tarfile.TarInfo) -> str:
    base = entry.name.rpartition("/")[2]
    if entry.isdir():
        return "is a folder: the pictures must lie at the root (run tar inside the folder)"
    if base in EXPECTED:
        return f"must be named {base}, at the root (run tar -czf … *.jpg inside the folder)"
    return f"does not belong there: only 1.jpg to {COUNT}.jpg do"


def picture_fault(data: bytes) -> str | None:
    """Decoded only once it says that it is small."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            if picture.size != (SIDE, SIDE):
                return f"is {picture.width}x{picture.height}, not {SIDE}x{SIDE}"
            if picture.mode != "RGB":
                return f"is of mode {picture.mode}, not RGB"
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "is not a JPEG, or a damaged one"
    return None


def missing_text(missing: list[str]) -> str:
    shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
    return f"{len(missing):,} of {COUNT:,} pictures are missing: {shown}"


def told(faults: list[str]) -> list[str]:
    more = len(faults) - MOST_TOLD
    return [*faults[:MOST_TOLD], f"and {more:,} more of the kind"] if more > 0 else faults


def printable(text: str) -> str:
    """A stranger's name without line breaks or control codes, and of bearable length."""
    clean = "".join(letter if letter.isprintable() else "�" for letter in text)
    return clean if len(clean) <= 100 else clean[:100] + "…"
