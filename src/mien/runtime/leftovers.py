"""Temporary files and folders, and the removal of those that a kill left.

A process locks each of its own, and the system releases the lock when the process ends in any way. So the next process
can remove the unlocked ones, and never removes a file that another living process writes.
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

if sys.platform != "win32":  # on Windows nothing is locked, and nothing is removed
    import fcntl

ENDING = ".mien.tmp"

swept: set[Path] = set()
"""Folders that this process has swept."""


@contextlib.contextmanager
def temporary_file(folder: Path) -> Iterator[IO[bytes]]:
    """Open a new file in `folder` for writing. It is deleted at the end, unless it was renamed."""
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
    """Make a new folder in `parent`, which is made if needed. It is deleted at the end, unless it was renamed."""
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
    """Lock the open file `handle` until it is closed. Return False if another process is removing it.

    A file system without locks is no problem: other processes get no lock there, so they remove nothing.
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
    """Call `sweep` the first time that this process writes into a folder."""
    if folder not in swept:
        swept.add(folder)
        sweep(folder)


def sweep(folder: Path) -> None:
    """Remove the incomplete files and folders that ended processes left in a folder."""
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
