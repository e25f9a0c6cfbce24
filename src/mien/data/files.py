"""The files of a data set, alike whether they lie in a folder, a zip or a tar: names, sizes, bytes, a fingerprint.

Archives are read in place, never extracted. What comes from outside is checked here: absolute names, `..`, links,
encryption and decompression bombs are refused by name before anything is decoded.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any

from mien.errors import BadData, FileTrouble

MOST_ENTRIES = 2_000_000
MOST_BYTES_OF_ONE = 1 << 29  # 512 MiB unpacked
MOST_BYTES_OF_ALL = 1 << 38  # 256 GiB unpacked
MOST_RATIO = 200  # unpacked to packed; only asked of entries over SMALL_ENTRY, for a small one cannot hurt
SMALL_ENTRY = 1 << 24

STORED, DEFLATED = 0, 8
_COMMON = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"}
_LESS_COMMON = {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".tga"}
PICTURES = frozenset(_COMMON | _LESS_COMMON)


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `offset` and `packed` place it in its archive (`offset` -1: a file of its own); `crc` -1: unknown."""

    name: str
    size: int
    stamp: int = 0  # modification time in ns; 0 in archives
    offset: int = -1
    packed: int = 0
    method: int = STORED
    crc: int = -1


def is_picture(name: str) -> bool:
    """Whether the extension says so; the content decides later."""
    return os.path.splitext(name)[1].lower() in PICTURES  # noqa: PTH122 (called for every file; Path is ten times slower)


def is_junk(name: str) -> bool:
    """What operating systems leave behind: dotfiles, __MACOSX, Thumbs.db, desktop.ini."""
    return any(part[:1] == "." or part in ("__MACOSX", "Thumbs.db", "desktop.ini") for part in name.split("/"))


def read_member(root: str, archive: IO[bytes] | None, member: Member) -> bytes:
    """The bytes of one member; `archive` is the opened archive, or None for a folder. Raises OSError, ValueError."""
    if archive is None:
        return _whole(f"{root}{os.sep}{member.name}", member.size)
    archive.seek(member.offset)
    if member.crc == -1:  # a tar member lies there as it is
        return archive.read(member.size)
    header = archive.read(30)
    if header[:4] != b"PK\x03\x04":
        raise ValueError("damaged zip entry")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    archive.seek(name_length + extra_length, os.SEEK_CUR)
    data = archive.read(member.packed)
    if member.method == DEFLATED:
        unpack = zlib.decompressobj(-15)
        try:
            data = unpack.decompress(data, member.size + 1)  # never more than the directory promised
        except zlib.error as error:
            raise ValueError("damaged zip entry") from error
    elif member.method != STORED:
        raise ValueError(f"zip compression method {member.method} is not supported")
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise ValueError("damaged zip entry (wrong checksum)")
    return data


def _whole(path: str, size: int) -> bytes:
    """A whole file, in one read when it still has that size: half the time of open()."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(file, size + 1)
        while len(data) != size and (more := os.read(file, 1 << 24)):
            data += more
        return data
    finally:
        os.close(file)


@dataclass(frozen=True)
class Files:
    """All files below one place, without junk, sorted by name; names use "/" and are relative to the root."""

    path: Path  # what the user named
    root: Path  # where the bytes are read: the folder, the archive, or the unpacked stream of a tgz
    members: dict[str, Member]
    packed: bool  # whether root is an archive
    spool: Any = None  # holds the unpacked stream of a tgz; it is deleted with this object

    @cached_property
    def pictures(self) -> list[str]:
        """Names whose extension is a picture's, in order."""
        return [name for name in self.members if is_picture(name)]

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises OSError or ValueError when they cannot be had."""
        if not self.packed:
            return read_member(str(self.root), None, self.members[name])
        with self.root.open("rb") as archive:
            return read_member(str(self.root), archive, self.members[name])

    def text(self, name: str) -> str:
        """One text file as UTF-8. Raises FileTrouble naming it."""
        try:
            return self.read(name).decode("utf-8-sig", errors="replace")
        except (OSError, ValueError) as error:
            raise FileTrouble(f"{self.path}: {name} cannot be read: {error}") from error


def open_files(path: Path) -> Files:
    """A folder, zip, tar or tgz. Raises FileTrouble (unreadable), BadData (no archive, or one that is refused)."""
    try:
        if path.is_dir():
            return _sorted(path, path, list(_walk(str(path))), packed=False)
        if zipfile.is_zipfile(path):
            return _sorted(path, path, _zip_members(path), packed=True)
        return _open_tar(path)
    except OSError as error:
        raise FileTrouble(f"{path} cannot be read: {error.strerror or error}") from error
    except zipfile.BadZipFile as error:
        raise BadData(f"{path} is a damaged zip ({error}): copy or download it again") from error
    except (EOFError, zlib.error, lzma.LZMAError, tarfile.TarError) as error:
        raise BadData(f"{path} is a damaged archive ({error}): copy or download it again") from error


def fingerprint(path: Path) -> str:
    """Changes when a file is added, removed, renamed or rewritten; reads no picture."""
    digest = hashlib.sha256()
    if path.is_dir():
        for member in sorted(_walk(str(path)), key=lambda member: member.name):
            digest.update(f"{member.name}\0{member.size}\0{member.stamp}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()
    state = path.stat()
    digest.update(f"{state.st_size} {state.st_mtime_ns}".encode())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            begin = archive.start_dir
        with path.open("rb") as file:
            file.seek(begin)
            digest.update(file.read())
    return digest.hexdigest()


def _sorted(path: Path, root: Path, members: list[Member], *, packed: bool, spool: Any = None) -> Files:
    kept = sorted((member for member in members if not is_junk(member.name)), key=lambda member: member.name)
    return Files(path, root, {member.name: member for member in kept}, packed, spool)


def _walk(root: str, below: str = "") -> Iterator[Member]:
    """Every file below root; a folder that is a link is followed once only where it leads outside of root."""
    with os.scandir(os.path.join(root, below)) as listing:  # noqa: PTH118 (a million files: Path is too slow)
        for entry in listing:
            name = f"{below}{entry.name}"
            if is_junk(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, name + "/")
            elif entry.is_dir():
                target = os.path.realpath(entry.path)
                if not os.path.realpath(root).startswith(target):  # else it would go round in circles
                    yield from _walk(root, name + "/")
            elif entry.is_file():
                state = entry.stat()
                yield Member(name, state.st_size, state.st_mtime_ns)


def _zip_members(path: Path) -> list[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    _check_count(path, len(entries))
    members, total = [], 0
    for entry in entries:
        _check_name(path, entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise BadData(f"{path}: {entry.filename} is a link, which mien does not follow in archives: pack it again")
        if entry.is_dir():
            continue
        if entry.flag_bits & 1:
            raise BadData(f"{path}: {entry.filename} is encrypted: unpack it with its password first")
        total += entry.file_size
        _check_size(path, entry.filename, entry.file_size, entry.compress_size, total)
        place = (entry.header_offset, entry.compress_size, entry.compress_type, entry.CRC)
        members.append(Member(entry.filename, entry.file_size, 0, *place))
    return members


def _open_tar(path: Path) -> Files:
    """A tar is read where it lies; a compressed one is unpacked once into a nameless temporary file (one stream)."""
    try:
        with tarfile.open(path, "r:") as archive:
            return _sorted(path, path, _tar_members(path, archive), packed=True)
    except tarfile.ReadError:
        pass
    try:
        spool = tempfile.NamedTemporaryFile(prefix="mien-", suffix=".tar")  # noqa: SIM115 (lives as long as Files)
        _unpack_stream(path, spool)
        spool.flush()
        with tarfile.open(spool.name, "r:") as archive:
            members = _tar_members(path, archive)
    except tarfile.ReadError as error:
        raise BadData(
            f"{path} is a single file, neither zip nor tar: give --data the folder or archive that holds the pictures"
        ) from error
    return _sorted(path, Path(spool.name), members, packed=True, spool=spool)


def _unpack_stream(path: Path, spool: IO[bytes]) -> None:
    import bz2
    import gzip

    openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
    with path.open("rb") as file:
        opener = openers.get(file.read(2))
    if opener is None:
        raise tarfile.ReadError("not compressed by gzip, bzip2 or xz")
    most = min(MOST_BYTES_OF_ALL, max(path.stat().st_size * MOST_RATIO, SMALL_ENTRY))
    written = 0
    with opener(path, "rb") as stream:
        while block := stream.read(1 << 20):
            written += len(block)
            if written > most:
                raise BadData(f"{path} unpacks to more than {most:,} bytes, over {MOST_RATIO} times its size: refused")
            spool.write(block)


def _tar_members(path: Path, archive: tarfile.TarFile) -> list[Member]:
    members, total = [], 0
    for count, entry in enumerate(archive):
        _check_count(path, count)
        _check_name(path, entry.name)
        if entry.issym() or entry.islnk():
            raise BadData(f"{path}: {entry.name} is a link, which mien does not follow in archives: pack it again")
        if entry.isdir():
            continue
        if not entry.isreg() or entry.issparse():
            raise BadData(f"{path}: {entry.name} is no ordinary file (device, pipe or sparse): pack it again")
        total += entry.size
        _check_size(path, entry.name, entry.size, entry.size, total)
        members.append(Member(entry.name.removeprefix("./"), entry.size, 0, entry.offset_data, entry.size))
    return members


def _check_count(path: Path, count: int) -> None:
    if count > MOST_ENTRIES:
        raise BadData(f"{path} holds more than {MOST_ENTRIES:,} entries: refused; give the pictures as a folder")


def _check_name(path: Path, name: str) -> None:
    plain = name.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":" or ".." in PurePosixPath(plain).parts:
        raise BadData(f"{path}: {name!r} leads out of the archive: refused; pack it again with relative names")


def _check_size(path: Path, name: str, size: int, packed: int, total: int) -> None:
    if size > MOST_BYTES_OF_ONE:
        raise BadData(f"{path}: {name} unpacks to {size:,} bytes, over {MOST_BYTES_OF_ONE:,}: refused")
    if size > SMALL_ENTRY and size > packed * MOST_RATIO:
        raise BadData(f"{path}: {name} unpacks to over {MOST_RATIO} times its packed size: refused as a zip bomb")
    if total > MOST_BYTES_OF_ALL:
        raise BadData(f"{path} unpacks to over {MOST_BYTES_OF_ALL:,} bytes: refused; give the pictures as a folder")
