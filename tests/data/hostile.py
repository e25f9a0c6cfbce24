"""Zips and tars written field by field, so that any field may lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One file of a zip; what is None is told as it is."""

    name: bytes = b"a.png"
    data: bytes = b"picture"
    packed: int | None = None
    size: int | None = None
    offset: int | None = None
    method: int = 0
    flags: int = 0
    version: int = 20
    extra: bytes = b""
    attributes: int = 0


@dataclass
class Zip:
    """A whole zip; `count`, `length`, `start` are what its end says of its table."""

    entries: list[Entry] = field(default_factory=list)
    count: int | None = None
    length: int | None = None
    start: int | None = None
    disk: int = 0
    comment: bytes = b""

    def bytes(self) -> bytes:
        body, table = b"", b""
        for one in self.entries:
            packed = len(one.data) if one.packed is None else one.packed
            size = len(one.data) if one.size is None else one.size
            offset = len(body) if one.offset is None else one.offset
            crc = zlib.crc32(one.data)
            lengths = (len(one.name), len(one.extra))
            body += struct.pack(
                "<4s5H3L2H", b"PK\3\4", 20, one.flags, one.method, 0, 33, crc, packed, size, len(one.name), 0
            )
            body += one.name + one.data
            table += struct.pack(
                "<4s4B4H3L5H2L", b"PK\1\2", 20, 3, one.version, 0, one.flags, one.method, 0, 33, crc, packed, size,
                *lengths, 0, 0, 0, one.attributes, offset,
            ) + one.name + one.extra  # fmt: skip
        count = len(self.entries) if self.count is None else self.count
        length = len(table) if self.length is None else self.length
        start = len(body) if self.start is None else self.start
        end = struct.pack("<4s4H2LH", b"PK\5\6", self.disk, 0, count, count, length, start, len(self.comment))
        return body + table + end + self.comment


def tar_header(
    name: bytes, size: bytes | int, kind: bytes = b"0", magic: bytes = b"ustar\x0000", prefix: bytes = b""
) -> bytes:
    """512 bytes with a right checksum. `size` as bytes stands there as it is."""
    digits = b"%011o\0" % size if isinstance(size, int) else size
    head = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + digits.ljust(12, b"\0") + b"00000000000\0"
    rest = kind + b"\0" * 100 + magic.ljust(8, b"\0") + b"\0" * 80 + prefix.ljust(155, b"\0") + b"\0" * 12
    return head + b"%06o\0 " % sum(head + b" " * 8 + rest) + rest


def tar_file(name: bytes, data: bytes, kind: bytes = b"0", **told: bytes) -> bytes:
    return tar_header(name, len(data), kind, **told) + data + b"\0" * (-len(data) % 512)


def pax(**records: str) -> bytes:
    """An extended header of the next file."""
    lines = b""
    for key, value in records.items():
        rest = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length = len(str(length)) + len(rest)
        lines += str(length).encode() + rest
    return tar_file(b"pax", lines, b"x")
