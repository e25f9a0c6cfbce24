"""Decodes pictures straight into the arrays of a prepared set, on every core.

Workers are plain processes that map the same files and write their own rows, so no pixels travel between processes.
They are started afresh (`python -m mien.data.filling`), never forked: a fork after torch has started threads or CUDA
may hang, and multiprocessing would run the user's script a second time. Rows do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from mien.data.decode import BadPicture, pair, picture
from mien.data.files import Member, read_member
from mien.errors import FileTrouble

FEW = 400  # pictures that are done before a second process would have started
GRAY_SPREAD = 2  # levels between the channels of a gray picture: lossy WebP leaves 1
# One thread each, as there is a process for every core; and freed buffers are kept instead of given back and faulted
# in again for each picture.
_SETTINGS = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "PILLOW_BLOCKS_MAX": "16",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 26),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 27),
}


@dataclass(frozen=True)
class Job:
    """What to decode and where to: member i fills row i of images, members beyond them the rows of sources.

    With `paired`, each member fills the same row of both: its left half is the source, its right half the image.
    """

    root: str
    packed: bool
    height: int
    width: int
    images: str  # path of an .npy, uint8 [N,H,W,3]
    sources: str | None
    paired: bool
    members: list[Member]


@dataclass
class Filled:
    """Which rows could not be filled and why; whether every picture was gray."""

    bad: dict[int, str]
    gray: bool

    def add(self, other: Filled) -> None:
        """Joins the result of another part."""
        self.bad.update(other.bad)
        self.gray = self.gray and other.gray


def fill(job: Job, workers: int | None = None, progress: Callable[[int, int], None] | None = None) -> Filled:
    """Runs the whole job on `workers` processes (default: every core). Raises FileTrouble when a worker dies."""
    total = len(job.members)
    workers = workers or usable_cores()
    if workers == 1 or total < FEW or not sys.executable:
        parts = _alone(job)
    else:
        parts = _together(job, min(workers, total // (FEW // 2)))
    result, done = Filled({}, True), 0
    for size, part in parts:
        result.add(part)
        done += size
        if progress:
            progress(done, total)
    return result


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Filler:
    """The arrays mapped and the archive opened once, for any number of row ranges."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.images = np.lib.format.open_memmap(job.images, mode="r+")
        self.sources = np.lib.format.open_memmap(job.sources, mode="r+") if job.sources else None
        self.gray = True

    def rows(self, start: int, stop: int) -> Filled:
        """Decodes members start to stop."""
        bad = {}
        archive: Any = open(self.job.root, "rb") if self.job.packed else contextlib.nullcontext()  # noqa: PTH123, SIM115
        with archive as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; the result is defined anyway
            for row in range(start, stop):
                try:
                    self._row(row, opened)
                except BadPicture as error:
                    bad[row] = str(error)
                except PermissionError:
                    bad[row] = "not permitted to read"
                except (OSError, ValueError) as error:
                    bad[row] = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Filled(bad, self.gray)

    def _row(self, row: int, archive: IO[bytes] | None) -> None:
        job, member = self.job, self.job.members[row]
        data = read_member(job.root, archive, member)
        if job.paired:
            assert self.sources is not None
            left, right = pair(data, member.name, job.height, job.width)
            self._store(self.sources, row, left)
            self._store(self.images, row, right)
        elif row < len(self.images):
            self._store(self.images, row, picture(data, member.name, job.height, job.width))
        else:
            assert self.sources is not None
            self._store(self.sources, row - len(self.images), picture(data, member.name, job.height, job.width))

    def _store(self, array: np.ndarray, row: int, pixels: np.ndarray) -> None:
        array[row] = pixels
        if self.gray:
            spread = np.ptp(pixels, axis=-1)
            self.gray = int(spread.max()) <= GRAY_SPREAD


def _chunks(total: int, workers: int) -> Iterator[tuple[int, int]]:
    size = min(256, max(16, total // (workers * 16)))
    return ((start, min(start + size, total)) for start in range(0, total, size))


def _alone(job: Job) -> Iterator[tuple[int, Filled]]:
    filler = Filler(job)
    for start, stop in _chunks(len(job.members), 1):
        yield stop - start, filler.rows(start, stop)


def _together(job: Job, workers: int) -> Iterator[tuple[int, Filled]]:
    description = Path(job.images).with_name("job.json")
    description.write_text(json.dumps({**vars(job), "members": [dataclasses.astuple(m) for m in job.members]}))
    todo, results = _chunks(len(job.members), workers), queue.SimpleQueue[tuple[int, Filled] | Exception | None]()
    lock = threading.Lock()
    processes = [_start(description) for _ in range(workers)]

    def feed(process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        try:
            while True:
                with lock:
                    part = next(todo, None)
                if part is None:
                    break
                process.stdin.write(f"{part[0]} {part[1]}\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline())
                bad = {int(row): reason for row, reason in answer["bad"].items()}
                results.put((part[1] - part[0], Filled(bad, answer["gray"])))
            results.put(None)
        except (OSError, ValueError):  # a closed pipe or half a line: the process is gone
            names = f"{job.members[part[0]].name} to {job.members[part[1] - 1].name}" if part else "its start"
            results.put(FileTrouble(f"a worker process died while decoding {names}: see above, or use --workers 1"))

    threads = [threading.Thread(target=feed, args=(process,), daemon=True) for process in processes]
    try:
        for thread in threads:
            thread.start()
        running = workers
        while running:
            result = results.get()
            if isinstance(result, Exception):
                raise result
            if result is None:
                running -= 1
            else:
                yield result
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for thread in threads:
            thread.join()
        for process in processes:
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close() if pipe else None
        description.unlink(missing_ok=True)


def _start(description: Path) -> subprocess.Popen[str]:
    package = str(Path(__file__).resolve().parents[2])  # so that a checkout that is not installed works too
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH")) if part)
    return subprocess.Popen(
        [sys.executable, "-m", "mien.data.filling", str(description)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **_SETTINGS, "PYTHONPATH": path},
        start_new_session=True,  # Ctrl-C goes to the parent alone, which ends them
    )


def _work(description: str) -> None:
    content = json.loads(Path(description).read_text())
    filler = Filler(Job(**{**content, "members": [Member(*fields) for fields in content["members"]]}))
    for line in sys.stdin:  # ends when the parent closes the pipe, or is gone
        start, stop = map(int, line.split())
        filled = filler.rows(start, stop)
        print(json.dumps(dataclasses.asdict(filled)), flush=True)


if __name__ == "__main__":
    _work(sys.argv[1])
