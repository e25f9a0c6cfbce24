"""Read the table at the end of a zip by hand. Only one member at a time is unpacked.

`zipfile` makes an object of a kilobyte for each entry, trusts the sizes in the table, and knows one code page.
"""

from __future__ import annotations

import bz2
import lzma
import mmap
import os
import stat
import struct
import zlib
from array import array
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from mien.data.members import Gatherer, Member
from mien.data.names import decode_names
from mien.errors import DataError

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
NEWEST = 63  # version 6.3 of the format
_END, _END64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q")
_LOCATOR, _ENTRY, _LOCAL = struct.Struct("<4sLQL"), struct.Struct("<4s4B4H3L5H2L"), struct.Struct("<4s22xHH")
_ENCRYPTED, _UTF8, _MASKED = 0x1, 0x800, 0x2000
_LONGEST_COMMENT = 1 << 16


class Directory(NamedTuple):
    """The table of a zip: its position, its bytes, the number of its entries, and the bytes before the zip."""

    start: int
    size: int
    entries: int
    shift: int


class Damaged(ValueError):
    """The archive is unreadable. The message is the reason, in a few words."""


def find_directory(file: IO[bytes]) -> Directory | None:
    """Return the table of a zip. None: the file does not end like a zip. Raises Damaged."""
    length = file.seek(0, os.SEEK_END)
    begin = max(0, length - _END.size - _LONGEST_COMMENT - _LOCATOR.size - _END64.size)
    file.seek(begin)
    tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, at)) >= 0:
        if at + _END.size > len(tail):
            continue
        _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment > len(tail):
            continue  # a comment or an image may hold these letters
        end = begin + at
        if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\6\7"):
            end -= _LOCATOR.size + _END64.size
            if end < begin or tail[end - begin :][:4] != b"PK\6\6":
                raise Damaged("its 64-bit end record is not where it should be")
            _, _, _, _, disk, first_disk, here, count, size, offset = _END64.unpack_from(tail, end - begin)
        if disk or first_disk or here != count:
            raise Damaged("it is one part of several: join the parts first")
        if (shift := end - size - offset) < 0:
            raise Damaged("its table of files would begin before the file")
        return Directory(end - size, size, count, shift)
    return None


def read_zip(path: Path, file: IO[bytes], directory: Directory, gatherer: Gatherer) -> None:
    """Add every file of the archive. Raises Damaged, or DataError for a refused file."""
    gatherer.expect(directory.entries)
    if not directory.size:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _read_entries(path, data, directory, gatherer)


def _read_entries(path: Path, data: mmap.mmap, directory: Directory, gatherer: Gatherer) -> None:
    at, end = directory.start, directory.start + directory.size
    begins, ends = array("q"), array("q")
    undeclared: list[tuple[bytes, tuple[int, ...]]] = []
    count = 0
    while at < end:
        if at + _ENTRY.size > end or data[at : at + 4] != b"PK\1\2":
            raise Damaged(f"its table of files is broken at entry {count:,}")
        (
            _, _, _, version, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length,
            disk, _, attributes, offset,
        ) = _ENTRY.unpack_from(data, at)  # fmt: skip
        at += _ENTRY.size
        stored = data[at : at + name_length]
        extra = data[at + name_length : at + name_length + extra_length] if extra_length else b""
        at += name_length + extra_length + comment_length
        if at > end:
            raise Damaged(f"its table of files is broken at entry {count:,}")
        count += 1
        gatherer.seen()
        if 0xFFFFFFFF in (size, packed, offset):
            size, packed, offset = _wide(extra, size, packed, offset)
        name = _declared(stored, flags, extra)
        shown = name if name is not None else stored.decode("ascii", "backslashreplace")
        if flags & (_ENCRYPTED | _MASKED):
            raise DataError(f"{path}: {shown} is encrypted: unpack it with its password first")
        if version > NEWEST:
            raise DataError(f"{path}: {shown} needs version {version / 10} of the zip format: pack it again")
        if stat.S_ISLNK(attributes >> 16):
            raise DataError(f"{path}: {shown} is a link, which mien does not follow in archives: pack it again")
        if disk not in (0, 0xFFFF):
            raise Damaged("it is one part of several: join the parts first")
        offset += directory.shift
        if offset + _LOCAL.size + len(stored) + packed > directory.start:
            raise Damaged(f"{shown} would lie beyond the end")
        if method == STORED and size != packed:
            raise Damaged(f"{shown} is stored as it is, and has two sizes")
        if shown.endswith(("/", "\\")) and not size:
            continue
        begins.append(offset)
        ends.append(offset + _LOCAL.size + len(stored) + packed)
        fields: tuple[int, ...] = (size, 0, offset, packed, method, crc)
        if name is None:
            undeclared.append((stored, fields))
        else:
            gatherer.add(name, *fields)
    if (count - directory.entries) % 0x10000:  # old tools count only to 65,535
        raise Damaged(f"its table lists {count:,} files where it promises {directory.entries:,}")
    if undeclared:
        decoded = decode_names([stored for stored, _ in undeclared])
        for name, (_, fields) in zip(decoded, undeclared):
            if not (name.endswith(("/", "\\")) and not fields[0]):
                gatherer.add(name, *fields)
    order = np.argsort(np.frombuffer(begins, np.int64), kind="stable") if begins else np.zeros(0, np.int64)
    if (np.frombuffer(ends, np.int64)[order[:-1]] > np.frombuffer(begins, np.int64)[order[1:]]).any():
        raise DataError(f"{path}: entries lie over each other, as in a zip bomb: refused; pack it again")


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Return the three numbers, replaced by those of the 64-bit field if they are there."""
    field = _field(extra, 1)
    values, at = [size, packed, offset], 0
    for index, value in enumerate(values):
        if value == 0xFFFFFFFF:
            if at + 8 > len(field):
                raise Damaged("a 64-bit size is missing")
            values[index] = int.from_bytes(field[at : at + 8], "little")
            at += 8
    return values[0], values[1], values[2]


def _field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _declared(stored: bytes, flags: int, extra: bytes) -> str | None:
    """Return the name if its encoding is known. None: a national code page."""
    if flags & _UTF8 or stored.isascii():
        return stored.decode("utf-8", "surrogateescape")
    unicode = _field(extra, 0x7075)  # Info-ZIP's: version, crc of the other name, UTF-8
    if unicode[:1] == b"\1" and int.from_bytes(unicode[1:5], "little") == zlib.crc32(stored):
        return unicode[5:].decode("utf-8", "surrogateescape")
    return None


# --- one member -------------------------------------------------------------------------------------------------------


def unpack(archive: IO[bytes], member: Member) -> bytes:
    """Return the bytes of one member. Raises Damaged, OSError."""
    archive.seek(member.offset)
    header = archive.read(30)
    if len(header) < 30 or header[:4] != b"PK\3\4":
        raise Damaged("damaged zip entry")
    _, name_length, extra_length = _LOCAL.unpack(header)
    archive.seek(name_length + extra_length, os.SEEK_CUR)
    data = archive.read(member.packed)
    if member.method != STORED:
        try:
            data = _decompressor(data, member).decompress(*_rest(data, member), member.size + 1)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, struct.error) as error:
            raise Damaged("damaged zip entry") from error
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise Damaged("damaged zip entry (wrong checksum)")
    return data


def _rest(data: bytes, member: Member) -> tuple[bytes]:
    return (data[4 + int.from_bytes(data[2:4], "little") :] if member.method == LZMA else data,)


def _decompressor(data: bytes, member: Member) -> Any:
    """Return the decompressor of this member, limited to the size in the table."""
    if member.method == DEFLATED:
        return zlib.decompressobj(-15)
    if member.method == BZIP2:
        return bz2.BZ2Decompressor()
    if member.method == LZMA:
        properties, dictionary = struct.unpack_from("<BL", data, 4)
        rest, lc = divmod(properties, 9)
        pb, lp = divmod(rest, 5)
        room = min(dictionary, max(4096, member.size))  # a forged dictionary could need 4 GiB of memory
        filters = [{"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": room}]
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    raise Damaged(f"zip compression method {member.method} is not supported")
