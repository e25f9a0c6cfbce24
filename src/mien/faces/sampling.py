"""A sample of a set's images: which finder finds faces in them, and how large the faces are."""

from __future__ import annotations

from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
from PIL import Image

from mien.data.decode import BadImage, open_image, upright
from mien.data.files import Files
from mien.faces.face import Face, Finder

SAMPLE = 32


@dataclass(frozen=True)
class Sample:
    """The result of one finder.

    shorter: each image's shorter side in pixels. faces: the faces of each image, the largest first.
    """

    shorter: list[int]
    faces: list[list[Face]]

    @property
    def found(self) -> int:
        """Number of images with a face."""
        return sum(bool(faces) for faces in self.faces)

    @property
    def several(self) -> int:
        """Number of images with several faces."""
        return sum(len(faces) > 1 for faces in self.faces)

    @property
    def sides(self) -> list[float]:
        """The side of the largest face of each image with a face, in pixels."""
        return [faces[0].side for faces in self.faces if faces]

    @property
    def shares(self) -> list[float]:
        """The same sides, as shares of the images' shorter sides."""
        return [faces[0].side / side for faces, side in zip(self.faces, self.shorter) if faces]


def run_finders(files: Files, names: list[str], finders: dict[str, Finder], count: int = SAMPLE) -> dict[str, Sample]:
    """Finder -> its result on up to `count` images, evenly spread, without unreadable ones."""
    chosen = np.linspace(0, len(names) - 1, min(count, len(names))).astype(int)
    images = [image for row in chosen if (image := readable(files, names[row])) is not None]
    arrays = [np.asarray(image) for image in images]
    shorter = [min(image.size) for image in images]
    return {name: Sample(shorter, finder(arrays)) for name, finder in finders.items()}


def best_finder(samples: dict[str, Sample]) -> str:
    """The finder with faces in most images; of equals, the first."""
    return max(samples, key=lambda name: samples[name].found)


def readable(files: Files, name: str) -> Image.Image | None:
    """The image; None if it is unreadable."""
    try:
        return decoded(files, name)
    except (BadImage, OSError, ValueError):
        return None


def decoded(files: Files, name: str) -> Image.Image:
    """The RGB image, turned by its EXIF orientation. Raises BadImage, OSError or ValueError."""
    with catch_warnings():
        simplefilter("ignore")
        image = open_image(files.read(name), name)
        longest = max(image.size)
        return upright(image, longest, longest)
