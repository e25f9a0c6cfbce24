"""Aligned faces from the images of a set: threads read, crop and write; the finder works in batches."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from mien.data.decode import BadImage
from mien.data.files import Files
from mien.data.workers import usable_cores
from mien.faces.face import Face, Finder
from mien.faces.placing import Placement, place
from mien.faces.sampling import decoded
from mien.faces.sheet import Pair, thumbnail
from mien.faces.warp import warp
from mien.media.image_files import FORMATS
from mien.runtime.atomic_files import io_errors

AT_ONCE = 16  # images per batch of the finder
BYTES_AT_ONCE = 1 << 24  # largest total size of their files: a decoded photograph of 24 megapixels takes about 70 MB

BEYOND = 0.1  # a crop counts as reaching beyond its image if more than this share lies outside

Several = Literal["largest", "all", "skip"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CropOptions:
    """How faces are cropped.

    size: (height, width). margin: see `placing.place`. several: what to do with an image of several faces. format: a
    key of `image_files.FORMATS`.
    """

    size: tuple[int, int]
    margin: float
    several: Several
    format: str


@dataclass
class Outcome:
    """The result of `align`.

    made: (image, new file) of each face, in order. rows: one JSON object for each image. pairs: some images before and
    after. absent, several: names of images without a face, or with several. unreadable: image -> reason. reaching:
    number of crops of which more than BEYOND lies outside their image.
    """

    made: list[tuple[str, str]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    several: list[str] = field(default_factory=list)
    reaching: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


def align(
    files: Files, names: list[str], folder: Path, finder: Finder, options: CropOptions, shown: int, progress: Progress
) -> Outcome:
    """Write the faces of `names` into `folder`, with the same names but for the ending. Raises FileError.

    shown: number of images for the contact sheet, evenly spread.
    """
    outcome, new_names = Outcome(), NewNames(options.format)
    sheet = set(np.linspace(0, len(names) - 1, min(shown, len(names))).astype(int).tolist())
    done = 0
    with ThreadPoolExecutor(usable_cores()) as pool:
        writing: list[Future[None]] = []
        for rows, images in ahead(pool, files, names):
            there = [(row, image) for row, image in zip(rows, images) if isinstance(image, Image.Image)]
            found = dict(zip((row for row, _ in there), finder([np.asarray(image) for _, image in there])))
            wait(writing)  # not earlier: the threads write while the finder works
            writing = []
            for row, image in zip(rows, images):
                name = names[row]
                if isinstance(image, str):
                    outcome.unreadable[name] = image
                    outcome.rows.append({"file": name, "unreadable": image})
                    continue
                faces = found[row]
                chosen = choose(outcome, name, faces, options.several)
                placed = [place(face, options.size, options.margin) for face in chosen]
                outcome.reaching += sum(one.beyond(image.size) > BEYOND for one in placed)
                files_made = [new_names(name, number) for number in range(len(chosen))]
                outcome.made += [(name, new) for new in files_made]
                outcome.rows.append(described(name, faces, placed, files_made))
                pair = Pair(name, thumbnail(image, placed, options.size), []) if row in sheet else None
                if pair:
                    outcome.pairs.append(pair)
                for one, new in zip(placed, files_made):
                    writing.append(pool.submit(write, image, one, folder / new, options.format, pair))
            done += len(rows)
            progress(done, len(names))
        wait(writing)
    return outcome


def ahead(
    pool: ThreadPoolExecutor, files: Files, names: list[str]
) -> Iterator[tuple[list[int], list[Image.Image | str]]]:
    """Yields (rows, their images or the reasons why they are unreadable); decodes the next part meanwhile."""
    waiting: tuple[list[int], list[Future[Image.Image | str]]] | None = None
    for rows in parts(files, names):
        started = rows, [pool.submit(image_of, files, names[row]) for row in rows]
        if waiting:
            yield waiting[0], [future.result() for future in waiting[1]]
        waiting = started
    if waiting:
        yield waiting[0], [future.result() for future in waiting[1]]


def parts(files: Files, names: list[str]) -> Iterator[list[int]]:
    """Yields rows of `names`: at most AT_ONCE images and BYTES_AT_ONCE of files at a time."""
    part: list[int] = []
    size = 0
    for row, name in enumerate(names):
        if part and (len(part) == AT_ONCE or size + files.members[name].size > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(row)
        size += files.members[name].size
    if part:
        yield part


def image_of(files: Files, name: str) -> Image.Image | str:
    try:
        return decoded(files, name)
    except (BadImage, OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__


def choose(outcome: Outcome, name: str, faces: list[Face], several: Several) -> list[Face]:
    """The faces to crop. Adds an image without a face, or with several, to its list in `outcome`."""
    if not faces:
        outcome.absent.append(name)
    if len(faces) < 2:
        return faces
    outcome.several.append(name)
    return {"largest": faces[:1], "all": faces, "skip": []}[several]


def described(name: str, faces: list[Face], placed: list[Placement], made: list[str]) -> dict[str, Any]:
    turns = [round(one.degrees, 1) for one in placed]
    return {"file": name, "made": made, "turned": turns, "faces": [face.as_dict() for face in faces]}


def write(image: Image.Image, placement: Placement, path: Path, format: str, pair: Pair | None) -> None:
    crop = Image.fromarray(warp(image, placement))
    if pair:
        pair.after.append(crop)
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(crop, format))


def encoded(image: Image.Image, format: str) -> bytes:
    """The bytes of an image file, without the facts that mark images that mien generated."""
    options: dict[str, Any] = {"jpg": {"quality": 95, "subsampling": 0}, "webp": {"quality": 95}}.get(format, {})
    file = io.BytesIO()
    image.save(file, FORMATS[format], **options)
    return file.getvalue()


def wait(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()


class NewNames:
    """The names of new files: the image's name with the ending of `format`.

    If that name is used already, the new name contains the old ending too.
    """

    def __init__(self, format: str) -> None:
        assert format in FORMATS
        self.ending = f".{format}"
        self.taken: set[str] = set()

    def __call__(self, name: str, number: int) -> str:
        """The name of the file of face `number`, from 0, of an image."""
        suffix = f"-{number + 1}" if number else ""
        for stem in (posixpath.splitext(name)[0], name):
            new = f"{stem}{suffix}{self.ending}"
            if new.lower() not in self.taken:
                break
        else:
            new = f"{name}-face{suffix}{self.ending}"
        self.taken.add(new.lower())
        return new
