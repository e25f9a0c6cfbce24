"""Read the headers of a tar by hand: POSIX (pax), GNU and old tars. Special files are refused.

`tarfile` stores an object for each member, stops silently at a damaged header, and follows sizes that lead backwards.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
from pathlib import Path
from typing import IO, Any

from mien.data import members
from mien.data.members import Gatherer
from mien.data.zips import Damaged
from mien.errors import DataError

BLOCK = 512
MOST_OF_A_HEADER = 1 << 20  # bytes of a long name or of pax records
_REGULAR, _FOLDERS, _LINKS = (b"0", b"\0", b"7"), (b"5", b"D"), (b"1", b"2")
_LONG_NAME, _LONG_LINK, _PAX, _PAX_ALL = b"L", b"K", (b"x", b"X"), b"g"
_SPARSE, _LABEL = b"S", b"V"
_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


def is_tar(block: bytes) -> bool:
    """Return whether the first bytes of a file are the header of a tar, by its checksum."""
    if len(block) != BLOCK:
        return False
    try:
        stated = _number(block[148:156])
    except Damaged:
        return False
    return stated != 0 and stated in _sums(block)


def read_tar(path: Path, file: IO[bytes], gatherer: Gatherer) -> None:
    """Add every file of the archive. Raises Damaged, or DataError for a refused file."""
    length = file.seek(0, os.SEEK_END)
    at, name, size, sparse = 0, b"", -1, False  # the facts that extended headers give for the next entry
    while at + BLOCK <= length:
        file.seek(at)
        block = file.read(BLOCK)
        if not block.strip(b"\0"):
            return
        if not is_tar(block):
            raise Damaged(f"its header at byte {at:,} is broken")
        kind, own_size = block[156:157], _number(block[124:136])
        after = at + BLOCK + -(-own_size // BLOCK) * BLOCK
        extended = kind in (_LONG_NAME, _LONG_LINK, _PAX_ALL, *_PAX)
        if extended:
            if own_size > MOST_OF_A_HEADER or at + BLOCK + own_size > length:
                raise Damaged(f"its header at byte {at:,} is longer than a name can be")
            content = file.read(own_size)
            if kind == _LONG_NAME:
                name = content.rstrip(b"\0")
            elif kind in _PAX:
                records = _records(content)
                name = records.get(b"path", name)
                size = _decimal(records[b"size"]) if b"size" in records else size
                sparse = sparse or any(key.startswith(b"GNU.sparse") for key in records)
            at = after
            continue
        gatherer.seen()
        stored = (name or _short_name(block)).decode("utf-8", "surrogateescape")
        used = own_size if size < 0 else size
        if kind not in (*_FOLDERS, *_LINKS, _LABEL):
            after = at + BLOCK + -(-used // BLOCK) * BLOCK
            if at + BLOCK + used > length:
                raise Damaged(f"{stored} would lie beyond the end")
        _refuse(path, stored, kind, sparse)
        if kind in _REGULAR and not (kind == b"\0" and stored.endswith("/")):
            gatherer.add(stored, used, offset=at + BLOCK, packed=used)
        at, name, size, sparse = after, b"", -1, False
    if name or size >= 0:
        raise Damaged("it ends within an entry")


def unpack_stream(path: Path, spool: IO[bytes]) -> bool:
    """Decompress a compressed tar. Returns False if it is not compressed by gzip, bzip2 or xz."""
    with path.open("rb") as file:
        opener = _OPENERS.get(file.read(2))
    if opener is None:
        return False
    most = min(members.MOST_BYTES_OF_ALL, max(path.stat().st_size * members.MOST_RATIO, members.SMALL_ENTRY))
    written = 0
    with opener(path, "rb") as stream:
        while block := stream.read(1 << 20):
            if not written and not is_tar(block[:BLOCK]):
                return False
            written += len(block)
            if written > most:
                over = f"over {members.MOST_RATIO} times its size"
                raise DataError(f"{path} unpacks to more than {most:,} bytes, {over}: refused")
            spool.write(block)
    return written > 0


def _refuse(path: Path, name: str, kind: bytes, sparse: bool) -> None:
    if kind in _LINKS:
        raise DataError(f"{path}: {name} is a link, which mien does not follow in archives: pack it again")
    if sparse or kind not in (*_REGULAR, *_FOLDERS, _LABEL):
        raise DataError(f"{path}: {name} is no ordinary file (device, pipe or sparse): pack it again")


def _short_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _sums(block: bytes) -> tuple[int, int]:
    """The checksum, and as some old tars have it, of signed bytes; its own field counts as blanks."""
    rest = block[:148] + b" " * 8 + block[156:]
    plain = sum(rest)
    return plain, plain - 256 * sum(byte > 127 for byte in rest)


def _number(field: bytes) -> int:
    """Return the number in octal digits, or in GNU's base 256 after a byte of 128. Raises Damaged, also if negative."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.split(b"\0", 1)[0].strip()
    if not re.fullmatch(rb"[0-7]*", text):
        raise Damaged("a size or checksum of it is no number")
    return int(text or b"0", 8)


def _records(content: bytes) -> dict[bytes, bytes]:
    """pax: "LENGTH KEY=VALUE\\n", LENGTH of the complete record. Raises Damaged."""
    records, at = {}, 0
    while at < len(content) and content[at : at + 1] != b"\0":
        found = re.compile(rb"(\d{1,9}) ").match(content, at)
        length = int(found[1]) if found else 0
        if not found or at + length > len(content) or content[at + length - 1 : at + length] != b"\n":
            raise Damaged("its extended header is broken")
        key, equals, value = content[found.end() : at + length - 1].partition(b"=")
        if not equals or found.end() > at + length:
            raise Damaged("its extended header is broken")
        records[key] = value
        at += length
    return records


def _decimal(text: bytes) -> int:
    if not re.fullmatch(rb"\d{1,18}", text):
        raise Damaged(f"a size of it is {text[:20]!r}, which is no size")
    return int(text)
