"""A prepared set cut into shards: files of about 32 MB in a folder or in a bucket (s3://…), read as they are needed.

The folder has dataset.json, labels and captions as any prepared set. `images-00017.npy` in place of images.npy holds
the rows from 17 R on, R being `shards.rows` of dataset.json. fsspec, which torch requires, reads every kind of URL.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import numpy as np

from mien.data import arrays
from mien.data.mapped import read_array
from mien.data.shard_cache import ShardCache
from mien.errors import FileError, UsageError

BESIDE = ("labels.npy", "captions.jsonl")  # files of a set that are not cut
TRIES, PAUSE = 4, 1.0  # attempts to read from a bucket; seconds before the second, doubled each time
FETCHING = 8  # shards at the same time

Read = Callable[[np.ndarray, int], None]
"""(array [H,W,C], row of a shard): fill the array with this row."""


def is_remote(data: str | Path) -> bool:
    """Return whether `data` is a URL of fsspec: s3://bucket/faces."""
    return isinstance(data, str) and "://" in data


def is_shard(name: str) -> bool:
    return name.startswith("images-")


def shard_name(number: int) -> str:
    return f"images-{number:05}.npy"


class Source:
    """A folder or a bucket, by its URL or path. Errors name the file in one line."""

    def __init__(self, url: str):
        import fsspec

        self.url = url.rstrip("/")
        try:
            self.system, self.root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:  # the package for this kind of URL is missing; or no such kind
            raise UsageError(f"{url} cannot be opened: {error}") from error

    def read(self, name: str) -> bytes:
        data: bytes = self.patiently(name, lambda: self.system.cat_file(f"{self.root}/{name}"))
        return data

    def read_ranges(self, names: list[str], starts: list[int], stops: list[int]) -> list[bytes]:
        paths = [f"{self.root}/{name}" for name in names]
        found: list[bytes] = self.patiently(
            names[0], lambda: self.system.cat_ranges(paths, starts, stops, on_error="raise")
        )
        return found

    def exists(self, name: str) -> bool:
        """Return whether the file is there. A missing folder is made."""
        self.patiently("", lambda: self.system.makedirs(self.root, exist_ok=True))
        return bool(self.patiently(name, lambda: self.system.exists(f"{self.root}/{name}")))

    def write(self, name: str, data: bytes) -> None:
        self.patiently(name, lambda: self.system.pipe_file(f"{self.root}/{name}", data))

    def patiently(self, name: str, act: Callable[[], Any]) -> Any:
        """Return the result of a call that may fail for a moment. Raises FileError after TRIES attempts."""
        for attempt in range(TRIES):
            try:
                return act()
            except FileNotFoundError as error:
                raise FileError(f"{self.url}/{name} is missing") from error
            except Exception as error:  # each kind of bucket has errors of its own
                why = (str(error).splitlines() or [type(error).__name__])[0]
                if attempt == TRIES - 1:
                    raise FileError(f"{self.url}/{name} cannot be read or written ({why})") from error
                time.sleep(PAUSE * 2**attempt)
        raise AssertionError


class ShardedImages:
    """The images of a sharded set as an array uint8 [N,H,W,C] that stays where it is: `images[rows]` reads these rows.

    Shards that training wants (`want`) are fetched completely, into a cache of limited size. Rows of other shards are
    read one by one, by their bytes.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, source: Source, info: dict[str, Any], cache: ShardCache | None):
        """source, info: of the set. cache: None for a folder, whose shards are read where they are."""
        self.source, self.cache, self.sums = source, cache, info["sums"]
        self.shape: tuple[int, ...] = tuple(info["shape"])
        self.rows_each: int = info["shards"]["rows"]
        self.bytes = int(np.prod(self.shape[1:]))
        self.wanted: dict[int, Future[Read]] = {}
        self.before: list[int] = []
        self.slots = threading.Semaphore(FETCHING)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape))

    def __getitem__(self, chosen: Any) -> np.ndarray:
        """Return the rows: one image for a number, else [n,H,W,C]. Raises FileError."""
        if isinstance(chosen, slice):
            chosen = np.arange(*chosen.indices(len(self)))
        rows = np.atleast_1d(np.asarray(chosen))
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        found = np.empty((len(rows), *self.shape[1:]), np.uint8)
        shards, places = np.divmod(rows, self.rows_each)
        missing = []
        for position, (shard, place) in enumerate(zip(shards.tolist(), places.tolist())):
            if shard in self.wanted:
                self.wanted[shard].result()(found[position], place)
            else:
                missing.append((position, shard, place))
        if missing:
            starts = [self.start_of(shard) + place * self.bytes for _, shard, place in missing]
            names = [shard_name(shard) for _, shard, _ in missing]
            read = self.source.read_ranges(names, starts, [start + self.bytes for start in starts])
            for (position, shard, _), data in zip(missing, read):
                if len(data) != self.bytes:
                    raise FileError(f"{self.source.url}/{shard_name(shard)} is shorter than it was written")
                found[position] = np.frombuffer(data, np.uint8).reshape(self.shape[1:])
        return found if np.ndim(chosen) else found[0]

    def want(self, shards: list[int]) -> None:
        """Fetch these shards, in this order, while the caller goes on. Those of the call before stay: one player may be
        a step behind. Others are given up.
        """
        kept = dict.fromkeys([*shards, *self.before])
        self.before = shards
        for shard in self.wanted.keys() - kept.keys():
            self.wanted.pop(shard).cancel()
        if self.cache:
            self.cache.keep({shard_name(shard) for shard in kept})
        for shard in shards:
            if shard not in self.wanted:
                self.wanted[shard] = self.start(shard)

    def start(self, shard: int) -> Future[Read]:
        """Fetch a shard in a thread, which does not hold up the end of the program."""
        future: Future[Read] = Future()

        def work() -> None:
            with self.slots:
                if future.set_running_or_notify_cancel():
                    try:
                        future.set_result(self.fetch(shard))
                    except BaseException as error:  # it belongs to whoever waits for the shard
                        future.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return future

    def fetch(self, shard: int) -> Read:
        """Fetch a complete shard into the cache, or find it in its own folder. Raises FileError."""
        from mien.data.stored_images import StoredImages, is_stored  # torch, which a preparation does not need

        name = shard_name(shard)
        path = self.cache.get(name, self.source) if self.cache else Path(self.source.root) / name
        arrays.check(path, self.sums[name])
        mapped = read_array(path, np.uint8, self.shape_of(shard))
        if not is_stored(mapped):  # Windows
            return lambda image, row: np.copyto(image, mapped[row])
        stored = StoredImages(mapped)
        return lambda image, row: stored.read(image, stored.start + row * stored.bytes)

    def shape_of(self, shard: int) -> tuple[int, ...]:
        return (min(self.rows_each, len(self) - shard * self.rows_each), *self.shape[1:])

    def start_of(self, shard: int) -> int:
        """Return the first byte of the images in the shard's file."""
        return len(arrays.header(np.uint8, self.shape_of(shard)))


def as_array(images: ShardedImages) -> np.ndarray:
    """Return the images under the type of an array, whose shape, length and rows they have."""
    return cast(np.ndarray, images)
