"""The files of a data set in a folder, a zip or a tar: names, sizes, bytes, a fingerprint.

Archives are read in place, never extracted. Other people's files are checked before anything is decoded: by `members`
(names, bombs), `zips` and `tars` (links, encryption, impossible sizes).
"""

from __future__ import annotations

import hashlib
import lzma
import os
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from mien.data.formats import readable_endings
from mien.data.members import Gatherer, Member, Members
from mien.data.members import is_junk as is_junk
from mien.data.tars import BLOCK, is_tar, read_tar, unpack_stream
from mien.data.zips import Damaged, find_directory, read_zip, unpack
from mien.errors import DataError, FileError
from mien.runtime import leftovers

_COMMON = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"}
_LESS_COMMON = {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".tga"}
IMAGE_ENDINGS = frozenset(_COMMON | _LESS_COMMON | readable_endings())
_SPECIAL = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_OPEN_ONCE = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # what has become a pipe must not block


def is_image(name: str) -> bool:
    """Return whether the extension is an image's. The content is checked later."""
    stem, _, ending = name.rpartition(".")  # called for every file; Path is ten times slower
    return stem != "" and f".{ending.lower()}" in IMAGE_ENDINGS


def read_member(root: str, archive: IO[bytes] | None, member: Member) -> bytes:
    """Return the bytes of one member. `archive` is the opened archive, or None for a folder. Raises OSError,
    ValueError.
    """
    if archive is None:
        return _whole(f"{root}{os.sep}{member.stored or member.name}", member.size)
    if member.crc != -1:
        return unpack(archive, member)
    archive.seek(member.offset)  # a tar member lies there as it is
    data = archive.read(member.size)
    if len(data) != member.size:
        raise ValueError("truncated archive")
    return data


def _whole(path: str, size: int) -> bytes:
    """Return the content of a file. One read is enough if the size is unchanged: half the time of open()."""
    file = os.open(path, os.O_RDONLY | _OPEN_ONCE)
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

    path: Path  # the path that the user gave
    root: Path  # where the bytes are read: the folder, the archive, or the unpacked stream of a tgz
    members: Members
    packed: bool  # whether root is an archive
    spool: IO[bytes] | None = None  # holds the unpacked stream of a tgz; it is deleted with this object

    @cached_property
    def images(self) -> list[str]:
        """Return the names with an image extension, in order."""
        return [name for name in self.members if is_image(name)]

    def read(self, name: str) -> bytes:
        """Return the bytes of one file. Raises OSError or ValueError."""
        if not self.packed:
            return read_member(str(self.root), None, self.members[name])
        with self.root.open("rb") as archive:
            return read_member(str(self.root), archive, self.members[name])

    def text(self, name: str) -> str:
        """Return one text file, read as UTF-8. Raises FileError with its name."""
        try:
            return self.read(name).decode("utf-8-sig", errors="replace")
        except MemoryError:
            raise FileError(f"{self.path}: {name} does not fit into this memory") from None
        except (OSError, ValueError) as error:
            raise FileError(f"{self.path}: {name} cannot be read: {error}") from error


def open_files(path: Path) -> Files:
    """Open a folder, zip, tar or tgz. Raises FileError (unreadable), DataError (no archive, or a refused one)."""
    try:
        if _is_folder(path):
            gatherer = Gatherer(path, archive=False)
            for name, state in _walk(str(path)):
                gatherer.seen()
                gatherer.add(name, state.st_size, stamp=state.st_mtime_ns)
            return Files(path, path, gatherer.members(), packed=False)
        return _open_archive(path)
    except OSError as error:
        raise FileError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
    except (Damaged, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is a damaged archive ({error}): copy or download it again") from error


def _open_archive(path: Path) -> Files:
    gatherer = Gatherer(path, archive=True)
    with path.open("rb") as file:
        head = file.read(BLOCK)
        if is_tar(head):
            read_tar(path, file, gatherer)
            return Files(path, path, gatherer.members(), packed=True)
        if directory := find_directory(file):
            read_zip(path, file, directory, gatherer)
            return Files(path, path, gatherer.members(), packed=True)
    # A compressed tar is one stream: it is unpacked once into a nameless temporary file.
    leftovers.sweep_once(Path(tempfile.gettempdir()))
    spool = tempfile.NamedTemporaryFile(prefix=".mien-", suffix=leftovers.ENDING)  # noqa: SIM115 (kept open)
    leftovers.hold(spool.fileno(), Path(spool.name))
    if unpack_stream(path, spool):
        spool.flush()
        read_tar(path, spool, gatherer)
        return Files(path, Path(spool.name), gatherer.members(), packed=True, spool=spool)
    if head[:2] == b"PK":
        raise Damaged("a zip whose end is missing")
    raise DataError(
        f"{path} is a single file, neither zip nor tar: give --data the folder or archive that holds the images"
    )


def fingerprint(path: Path, counts: Callable[[list[str]], list[str]] = list) -> str:
    """Return a hash that changes if a file is added, removed, renamed or rewritten.

    No image is read. Raises OSError, DataError. counts: the names below a folder -> the names that count.
    """
    digest = hashlib.sha256()
    if _is_folder(path):
        states = dict(_walk(str(path)))
        for name in counts(sorted(states)):
            state = states[name]
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()
    state = path.stat()
    digest.update(f"{state.st_size} {state.st_mtime_ns}".encode())
    with path.open("rb") as file:
        try:
            directory = find_directory(file)
        except Damaged:
            directory = None  # `open_files` reports it
        if directory:
            file.seek(directory.start)
            left = directory.size
            while left > 0 and (block := file.read(min(left, 1 << 20))):
                digest.update(block)
                left -= len(block)
    return digest.hexdigest()


def _is_folder(path: Path) -> bool:
    """Return whether the path is a folder. Raises DataError for neither folder nor file: a pipe would block for
    ever.
    """
    kind = stat.S_IFMT(path.stat().st_mode)
    if kind in _SPECIAL:
        raise DataError(f"{path} is {_SPECIAL[kind]}: give --data a folder, a zip or a tar of images")
    return kind == stat.S_IFDIR


def _walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield (name on disk, state) of every file below root, without junk.

    A folder that is a link is followed once, and only if it leads outside of root.
    """
    whole = os.path.realpath(root)
    seen, todo = {whole}, [""]
    while todo:
        below = todo.pop()
        with os.scandir(os.path.join(root, below)) as listing:  # noqa: PTH118 (a million files: Path is too slow)
            for entry in listing:
                name = f"{below}{entry.name}"
                if is_junk(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    todo.append(name + "/")
                elif entry.is_dir():
                    target = os.path.realpath(entry.path)
                    inside = os.path.commonpath([whole, target]) in (whole, target)  # else it would go in circles
                    if not inside and target not in seen:
                        seen.add(target)
                        todo.append(name + "/")
                elif entry.is_file():
                    yield name, entry.stat()
