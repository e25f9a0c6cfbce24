"""Files and folders that live only while they are written, and the sweeping of those that a kill left behind.

A process holds a lock on each of its own; the system lets go of it when the process ends, however it ends. So whoever
comes next may remove what nobody holds, and never what another living process writes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform != "win32":  # on Windows nothing is locked, and nothing is swept
    import fcntl

ENDING = ".mien.tmp"

swept: set[Path] = set()
"""Folders that this process has swept."""


@contextlib.contextmanager
def temporary_file(folder: Path) -> Iterator[IO[bytes]]:
    """A new file in `folder`, open for writing. It is deleted at the end, unless it was renamed."""
    sweep_once(folder)
    while True:
        file = (folder / new_name()).open("xb")
        if hold(file.fileno(), Path(file.name)):
            break
        file.close()
    try:
        yield file
    finally:
        Path(file.name).unlink(missing_ok=True)
        file.close()


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, which is made if need be. It is deleted at the end, unless it was renamed."""
    parent.mkdir(parents=True, exist_ok=True)
    sweep_once(parent)
    while True:
        path = parent / new_name()
        path.mkdir()
        handle = None if sys.platform == "win32" else os.open(path, os.O_RDONLY)
        if handle is None or hold(handle, path):
            break
        os.close(handle)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def new_name() -> str:
    return f".{uuid.uuid4().hex[:12]}{ENDING}"


def hold(handle: int, path: Path) -> bool:
    """Lock what is open as `handle` until it is closed. False where another process is sweeping it away.

    A file system without locks is no trouble: there the sweepers get none either, and sweep nothing.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return is_still(handle, path)


def is_still(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def sweep_once(folder: Path) -> None:
    """`sweep`, the first time that this process writes into a folder."""
    if folder not in swept:
        swept.add(folder)
        sweep(folder)


def sweep(folder: Path) -> None:
    """Remove from a folder what processes that are gone have left there half-written."""
    if sys.platform == "win32":
        return
    try:
        with os.scandir(folder) as entries:
            left = [entry for entry in entries if entry.name.startswith(".") and entry.name.endswith(ENDING)]
    except OSError:
        return
    for entry in left:
        with contextlib.suppress(OSError):
            remove(Path(entry.path), entry.is_dir(follow_symlinks=False))


def remove(path: Path, is_folder: bool) -> None:
    """Remove one leftover. Raises OSError where another process holds it."""
    handle = os.open(path, (os.O_RDONLY if is_folder else os.O_RDWR) | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not is_still(handle, path):
            return
        if is_folder:
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)
