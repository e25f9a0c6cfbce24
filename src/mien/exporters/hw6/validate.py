"""Whether a file is a valid archive of homework 6. It is read with limits, and nothing is extracted."""

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
MAX_BYTES = 2_000_000  # the archive must be smaller
MAX_UNPACKED = 64_000_000  # bytes; 1,000 images of this size take less than 10 MB
MAX_ENTRIES = 4 * COUNT
MAX_IMAGE_BYTES = 1_000_000
MAX_FAULTS = 40  # of single files that are listed; the others are counted
EXPECTED = {f"{number}.jpg" for number in range(1, COUNT + 1)}
DAMAGE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RecursionError, OverflowError)


class TooLargeError(Exception):
    """The archive unpacks to more than MAX_UNPACKED bytes."""


class Limited(io.RawIOBase):
    """The unpacked bytes of a gzip file. Raises TooLargeError after MAX_UNPACKED bytes."""

    def __init__(self, source: gzip.GzipFile):
        self.source, self.left = source, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise TooLargeError
        return data


def problems(path: Path) -> list[str]:
    """One line for each fault, first those of the archive itself; [] for a valid one. Raises FileError if the file
    cannot be opened."""
    with io_errors(path):
        size = path.stat().st_size
        with path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
    found = [f"it is {size:,} bytes: it must be under {MAX_BYTES:,}"] if size >= MAX_BYTES else []
    if not is_gzip:
        return [*found, "it is not gzip-compressed: make it with tar -czf hw6.tgz *.jpg"]
    seen: set[str] = set()
    misplaced: set[str] = set()
    faults: list[str] = []
    try:
        faults += entry_faults(path, seen, misplaced)
    except TooLargeError:
        return [*found, f"it unpacks to over {MAX_UNPACKED:,} bytes: reading stopped there"]
    except DAMAGE as error:
        return [
            *found,
            *first_faults(faults),
            f"it is damaged or no tar archive: {printable(str(error) or repr(error))}",
        ]
    if missing := sorted(EXPECTED - seen - misplaced, key=lambda name: int(name[:-4])):
        found.append(missing_text(missing))
    return [*found, *first_faults(faults)]


def entry_faults(path: Path, seen: set[str], misplaced: set[str]) -> Iterator[str]:
    """One line for each faulty entry. Adds expected names at the root to `seen`, and the last parts of all names to
    `misplaced`. The archive is read as a stream."""
    with gzip.open(path) as unpacked, tarfile.open(fileobj=Limited(unpacked), mode="r|") as tar:
        for index, entry in enumerate(tar):
            if index >= MAX_ENTRIES:
                yield f"it has over {MAX_ENTRIES:,} entries: reading stopped there"
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
    if entry.size > MAX_IMAGE_BYTES:
        return f"is {entry.size:,} bytes: no image of {SIDE}x{SIDE} needs that"
    file = tar.extractfile(entry)
    return image_fault(file.read()) if file else "cannot be read"


def name_fault(entry: tarfile.TarInfo) -> str:
    base = entry.name.rpartition("/")[2]
    if entry.isdir():
        return "is a folder: the images must lie at the root (run tar inside the folder)"
    if base in EXPECTED:
        return f"must be named {base}, at the root (run tar -czf … *.jpg inside the folder)"
    return f"does not belong there: only 1.jpg to {COUNT}.jpg do"


def image_fault(data: bytes) -> str | None:
    """What is wrong with a JPEG, or None. It is decoded only if its header gives the right size."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if image.size != (SIDE, SIDE):
                return f"is {image.width}x{image.height}, not {SIDE}x{SIDE}"
            if image.mode != "RGB":
                return f"is of mode {image.mode}, not RGB"
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "is not a JPEG, or is damaged"
    return None


def missing_text(missing: list[str]) -> str:
    shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
    return f"{len(missing):,} of {COUNT:,} images are missing: {shown}"


def first_faults(faults: list[str]) -> list[str]:
    more = len(faults) - MAX_FAULTS
    return [*faults[:MAX_FAULTS], f"and {more:,} more faulty files"] if more > 0 else faults


def printable(text: str) -> str:
    """A stranger's name without line breaks and control codes, in at most 100 characters."""
    clean = "".join(letter if letter.isprintable() else "�" for letter in text)
    return clean if len(clean) <= 100 else clean[:100] + "…"
