"""Write images to a folder, one file, a zip, or standard output."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mien.errors import UsageError
from mien.runtime.atomic_files import io_errors, write_bytes

STDOUT = Path("-")
FORMATS = ("png", "jpg", "webp")

NamedFile = tuple[str, bytes]
"""(name of the file, its content)"""


def ending_of(path: Path) -> str:
    """Return the lower-case ending of a file's name: "jpg" for "jpeg", "" if there is none."""
    return path.suffix.lower().lstrip(".").replace("jpeg", "jpg")


def check_output(path: Path, kind: str) -> None:
    """Make the folder of the output. Raises UsageError or FileError before anything is computed.

    kind: "folder", or the name of the one file in messages: "grid", "zip", "picture".
    """
    if path == STDOUT:
        return
    if kind == "folder" and path.exists() and not path.is_dir():
        raise UsageError(f"--output {path} is a file: name a folder, or add --grid or --zip for one file")
    if kind != "folder" and path.is_dir():
        raise UsageError(f"--output {path} is a folder: name the {kind}'s file")
    with io_errors(path):
        (path if kind == "folder" else path.parent).mkdir(parents=True, exist_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """Write one file atomically. Path("-") is standard output."""
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_bytes(path, data)


def write_folder(folder: Path, files: Iterator[NamedFile]) -> None:
    """Write each file atomically, without fsync: it would take far longer than generating the images."""
    temporary = folder / ".picture.tmp"
    with io_errors(folder):
        try:
            for name, data in files:
                temporary.write_bytes(data)
                temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)


def write_zip(path: Path, files: Iterator[NamedFile]) -> None:
    """Write a zip without compression or times: the same images give the same bytes. Path("-"): standard output."""
    if path == STDOUT:
        _fill_zip(sys.stdout.buffer, files)
        sys.stdout.buffer.flush()
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with io_errors(path):
        try:
            _fill_zip(temporary, files)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _fill_zip(file: Path | BinaryIO, files: Iterator[NamedFile]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
