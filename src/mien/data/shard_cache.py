"""A folder of limited size that holds the shards that a training reads from a bucket."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from mien.errors import FileError
from mien.runtime.atomic_files import write_bytes

if sys.platform != "win32":
    import fcntl

SHARE = 0.5  # of the room on the disk that the cache may take
LOCKS = 64  # files; processes of one machine fetch a shard once


class Readable(Protocol):
    def read(self, name: str) -> bytes: ...


class ShardCache:
    """The shards of one set. `get` fetches a file unless it is there, and deletes the ones used longest ago."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.kept: set[str] = set()
        self.lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.limit = int(SHARE * (shutil.disk_usage(folder).free + self.size()))
        except OSError as error:
            raise FileError(f"{folder} cannot be written ({error.strerror or error}): set MIEN_CACHE") from error

    def get(self, name: str, source: Readable) -> Path:
        """Return the path of the file. Raises FileError."""
        path = self.folder / name
        with self.one_process(name):
            if path.is_file():
                path.touch()
            else:
                write_bytes(path, source.read(name))
        self.make_room()
        return path

    def keep(self, names: set[str]) -> None:
        """Never delete these, until the next call."""
        self.kept = names

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("images-*.npy"))

    def make_room(self) -> None:
        """Delete what was used longest ago, while the cache is too large. An open file can still be read."""
        with self.lock, contextlib.suppress(FileNotFoundError):  # another process deletes as well
            files = sorted(self.folder.glob("images-*.npy"), key=lambda path: path.stat().st_mtime_ns)
            total = sum(path.stat().st_size for path in files)
            for path in files:
                if total <= self.limit:
                    break
                if path.name not in self.kept:
                    total -= path.stat().st_size
                    path.unlink()

    @contextlib.contextmanager
    def one_process(self, name: str) -> Iterator[None]:
        """Let the other processes of this machine wait for one that fetches the same file."""
        if sys.platform == "win32":
            yield
            return
        with (self.folder / f"lock-{hash_of(name)}").open("wb") as file:
            with contextlib.suppress(OSError):  # a file system without locks: then each fetches
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def hash_of(name: str) -> int:
    return sum(name.encode()) % LOCKS
