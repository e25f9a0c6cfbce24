"""A look at a few images of a set: which finder sees faces in them, and how large these are."""

from __future__ import annotations

from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
from PIL import Image

from mien.data.decode import BadPicture, open_picture, upright
from mien.data.files import Files
from mien.faces.face import Face, Finder

SAMPLE = 32


@dataclass(frozen=True)
class Sample:
    """What one finder saw. shorter: the shorter side of each image in pixels. faces: of each, the largest first."""

    shorter: list[int]
    faces: list[list[Face]]

    @property
    def found(self) -> int:
        """Images with a face."""
        return sum(bool(faces) for faces in self.faces)

    @property
    def several(self) -> int:
        return sum(len(faces) > 1 for faces in self.faces)

    @property
    def sides(self) -> list[float]:
        """Of the largest face, in pixels, where there is a face."""
        return [faces[0].side for faces in self.faces if faces]

    @property
    def shares(self) -> list[float]:
        """The side of the largest face as a share of its image's shorter side, where there is a face."""
        return [faces[0].side / side for faces, side in zip(self.faces, self.shorter) if faces]


def look(files: Files, names: list[str], finders: dict[str, Finder], count: int = SAMPLE) -> dict[str, Sample]:
    """Up to `count` images, evenly spread, by each finder; images that cannot be read are left out."""
    chosen = np.linspace(0, len(names) - 1, min(count, len(names))).astype(int)
    pictures = [picture for row in chosen if (picture := readable(files, names[row])) is not None]
    arrays = [np.asarray(picture) for picture in pictures]
    shorter = [min(picture.size) for picture in pictures]
    return {name: Sample(shorter, finder(arrays)) for name, finder in finders.items()}


def better(samples: dict[str, Sample]) -> str:
    """The finder that saw faces in more images; the first of those that saw as many."""
    return max(samples, key=lambda name: samples[name].found)


def readable(files: Files, name: str) -> Image.Image | None:
    try:
        return decoded(files, name)
    except (BadPicture, OSError, ValueError):
        return None


def decoded(files: Files, name: str) -> Image.Image:
    """RGB, whole, turned as its EXIF says. Raises BadPicture, OSError or ValueError."""
    with catch_warnings():
        simplefilter("ignore")
        image = open_picture(files.read(name), name)
        longest = max(image.size)
        return upright(image, longest, longest)
