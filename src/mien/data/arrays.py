"""Arrays on disk by ordinary writes, and checksums that detect changes.

With ordinary writes, a full disk is an error. Writing through a mapped file would end the process by SIGBUS.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np

from mien.data.sampling import spread
from mien.errors import FileError

BLOCK = 1 << 24  # bytes of one checksum
MOST_CHECKED = 64  # blocks of one file: a gigabyte takes about a second
THREADS = 4  # zlib and reading both let other threads run


def header(dtype: type, shape: tuple[int, ...]) -> bytes:
    """Return the header of an .npy file."""
    file = BytesIO()
    fields = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def create(path: Path, dtype: type, shape: tuple[int, ...]) -> None:
    """Create an .npy file of zeros whose rows are written later. Raises OSError at once if the disk is too full."""
    begin = header(dtype, shape)
    size = len(begin) + math.prod(shape) * np.dtype(dtype).itemsize
    free = shutil.disk_usage(path.parent).free
    if free < size:
        raise OSError(errno.ENOSPC, f"{size / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB free")
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(size)


def write(path: Path, dtype: type, shape: tuple[int, ...], parts: Iterable[np.ndarray]) -> None:
    """Write an .npy file from parts that together have this shape."""
    with path.open("wb") as file:
        file.write(header(dtype, shape))
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype).data)


class RowFile:
    """One array, open for writing rows. The rows of a part are collected in memory and written together.

    Writing each row through a mapped file costs a page fault for every third of a small image.
    """

    def __init__(self, path: str | Path) -> None:
        self.file = Path(path).open("r+b", buffering=0)  # noqa: SIM115 (open as long as the process)
        np.lib.format.read_magic(self.file)
        whole, _, self.dtype = np.lib.format.read_array_header_1_0(self.file)
        self.length, self.shape, self.offset = whole[0], whole[1:], self.file.tell()

    def begin(self, start: int, stop: int) -> None:
        """Start a part. Rows without a value stay zero."""
        self.start = min(max(start, 0), self.length)
        self.rows = np.zeros((min(max(stop, 0), self.length) - self.start, *self.shape), self.dtype)

    def __setitem__(self, row: int, value: object) -> None:
        self.rows[row - self.start] = value

    def end(self) -> None:
        """Write the part. Raises OSError."""
        if self.rows.size == 0:
            return
        self.file.seek(self.offset + self.start * math.prod(self.shape) * self.dtype.itemsize)
        left = memoryview(self.rows.data).cast("B")
        while left:  # a disk that becomes full writes a part, and reports the error only at the next write
            left = left[self.file.write(left) :]


def sums(path: Path) -> list[int]:
    """Return the CRC-32 of each BLOCK bytes of a file. Raises OSError."""
    return sums_of(path, list(range(blocks_of(path))))


def sums_of_bytes(data: bytes) -> list[int]:
    """Return what `sums` returns of a file with this content."""
    return [zlib.crc32(data[start : start + BLOCK]) for start in range(0, len(data), BLOCK)]


def sums_of(path: Path, blocks: list[int]) -> list[int]:
    """Return the CRC-32 of these blocks. Raises OSError."""
    with path.open("rb") as file, ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda block: zlib.crc32(os.pread(file.fileno(), BLOCK, block * BLOCK)), blocks))


def blocks_of(path: Path) -> int:
    return -(-path.stat().st_size // BLOCK)


def check(path: Path, expected: list[int]) -> None:
    """Raise FileError if a file has changed. Of a file with more than MOST_CHECKED blocks, evenly spread ones are read.

    It is read, not mapped, so a bad disk causes no SIGBUS here.
    """
    try:
        count = blocks_of(path)
        blocks = spread(count, MOST_CHECKED).tolist()
        found = sums_of(path, blocks)
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror or error})") from error
    wrong = [block for block, one in zip(blocks, found) if block >= len(expected) or one != expected[block]]
    if wrong or count != len(expected):
        place = wrong[0] if wrong else count
        raise FileError(f"{path} is damaged near byte {place * BLOCK:,}: it is not what was written")
