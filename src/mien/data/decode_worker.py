"""Decode images directly into the arrays of a prepared set, on every core. Rows do not depend on the core count."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from mien.data.arrays import RowFile
from mien.data.decode import BadImage, careful_image, fit, fit_two, pair, quick_jpeg
from mien.data.files import read_member
from mien.data.members import Member
from mien.data.workers import in_parts

SCARCE = (errno.EMFILE, errno.ENFILE)  # too many open files: no fault of the image
GRAY_SPREAD = 2  # levels between the channels of a gray image: lossy WebP leaves 1


@dataclass(frozen=True)
class Job:
    """What to decode and where to: the file of row i fills row i of images, files beyond them the rows of sources.

    With `paired`, each file fills the same row of both: its left half is the source, its right half the image.
    """

    root: str
    packed: bool
    height: int
    width: int
    images: str  # path of an .npy, uint8 [N,H,W,3]
    sources: str | None
    paired: bool


@dataclass
class Filled:
    """The rows that could not be filled, with the reason; and whether every image was gray."""

    bad: dict[int, str]
    gray: bool

    def add(self, other: Filled) -> None:
        """Add the result of another part."""
        self.bad.update(other.bad)
        self.gray = self.gray and other.gray


def fill(
    job: Job,
    names: list[str],
    members: Mapping[str, Member],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Filled:
    """Run the complete job on `workers` processes (default: one for each core). Row i is the file of name i.

    Raises FileError if a worker dies.
    """

    def tell(start: int, stop: int) -> list[tuple[Any, ...]]:
        return [_MEMBER(members[name]) for name in names[start:stop]]

    total, result, done = len(names), Filled({}, True), 0
    for start, stop, answer in in_parts(__name__, vars(job), total, workers, Path(job.images).parent, tell):
        result.add(Filled({int(row): reason for row, reason in answer["bad"].items()}, answer["gray"]))
        done += stop - start
        if progress:
            progress(done, total)
    return result


class Target(RowFile):
    """One array of images. Rows without an image stay black."""

    def put(self, row: int, pixels: np.ndarray) -> None:
        place = self.rows[row - self.start]
        for channel in range(3):  # from four bytes a pixel to three: five times as fast as all at once
            place[..., channel] = pixels[..., channel]


class Filler:
    """The arrays and the archive opened once, for any number of row ranges."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.images = Target(job.images)
        self.sources = Target(job.sources) if job.sources else None
        self.gray = True
        self.waiting: tuple[Target, int, np.ndarray] | None = None

    def rows(self, start: int, stop: int, members: list[Member]) -> Filled:
        """Decode the files of rows start to stop-1."""
        bad = {}
        targets = [target for target in (self.images, self.sources) if target]
        self.images.begin(start, stop)
        if self.sources:
            before = 0 if self.job.paired else self.images.length
            self.sources.begin(start - before, stop - before)
        archive: Any = open(self.job.root, "rb") if self.job.packed else contextlib.nullcontext()  # noqa: PTH123, SIM115
        with archive as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; the result is defined anyway
            for row, member in enumerate(members, start):
                try:
                    self._row(row, member, opened)
                except BadImage as error:
                    bad[row] = str(error)
                except PermissionError:
                    bad[row] = "not permitted to read"
                except (OSError, ValueError) as error:
                    if getattr(error, "errno", None) in SCARCE:
                        raise
                    bad[row] = getattr(error, "strerror", None) or str(error) or type(error).__name__
        self._catch_up()
        for target in targets:
            target.end()
        return Filled(bad, self.gray)

    def _row(self, row: int, member: Member, archive: IO[bytes] | None) -> None:
        job = self.job
        data = read_member(job.root, archive, member)
        if job.paired:
            assert self.sources is not None
            left, right = pair(data, member.name, job.height, job.width)
            self._store(self.sources, row, left)
            self._store(self.images, row, right)
            return
        target, place = self.images, row
        if row >= self.images.length:
            assert self.sources is not None
            target, place = self.sources, row - self.images.length
        pixels = quick_jpeg(data, job.height, job.width)
        if pixels is None:
            self._store(target, place, careful_image(data, member.name, job.height, job.width))
        elif self.waiting and self.waiting[2].shape == pixels.shape:
            first, at, other = self.waiting
            self.waiting = None
            one, two = fit_two(other, pixels, job.height, job.width)
            self._store(first, at, one)
            self._store(target, place, two)
        else:
            self._catch_up()
            self.waiting = (target, place, pixels)

    def _catch_up(self) -> None:
        """Finish the image that waits for another of its shape. Two images together take less time than one by one."""
        if self.waiting:
            target, row, pixels = self.waiting
            self.waiting = None
            self._store(target, row, fit(pixels, self.job.height, self.job.width))

    def _store(self, target: Target, row: int, pixels: np.ndarray) -> None:
        target.put(row, pixels)
        if self.gray:
            spread = np.ptp(pixels, axis=-1)
            self.gray = int(spread.max()) <= GRAY_SPREAD


_MEMBER = operator.attrgetter(*(field.name for field in dataclasses.fields(Member)))  # astuple copies deeply, slowly


def worker(job: dict[str, Any]) -> Callable[[int, int, list[list[Any]]], dict[str, Any]]:
    """Return the function of `workers.in_parts`: the job as JSON holds it -> rows."""
    filler = Filler(Job(**job))
    return lambda start, stop, told: dataclasses.asdict(filler.rows(start, stop, [Member(*one) for one in told]))
