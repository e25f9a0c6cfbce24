"""The face finder for --detector. If something is not installed, one line says how to install it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import torch

from mien.errors import FileError, UsageError
from mien.faces.face import Face, Finder, largest_first
from mien.faces.mtcnn import MTCNN
from mien.faces.weights import CURE, find_mtcnn
from mien.metrics.detectors import ANIME_FILE, Cascade, choose_detector
from mien.metrics.networks.pretrained import ANIME_CASCADE, find

PHOTO, ANIME, AUTO = "photo", "anime", "auto"
SMALLEST, SMALLEST_OF_CASCADE = 0.06, 0.1  # of the shorter side
ANIME_CURE = "mien weights fetch anime-cascade"
ANIME_SIDE, ANIME_BORDER, ANIME_NEIGHBOURS, ANIME_LEAST = 256, 64, 3, 24
CLOSE_SIDE, CLOSE_BORDER, CLOSE_LEAST = 96, 12, 22  # for the second search: faces that fill their image


@dataclass(frozen=True)
class ByCascade:
    """A finder by an OpenCV cascade. It gives boxes without landmarks: its faces are cropped but not turned.

    close: a second cascade for images in which the first finds no face.
    """

    cascade: Cascade
    close: Cascade | None = None

    @property
    def name(self) -> str:
        return self.cascade.name

    def __call__(self, images: list[np.ndarray]) -> list[list[Face]]:
        return [self.faces(image) for image in images]

    def faces(self, image: np.ndarray) -> list[Face]:
        boxes = self.cascade.boxes(image)
        if not len(boxes) and self.close:
            boxes = self.close.boxes(image)
        return largest_first([Face(box, 1.0) for box in boxes])


def finder(detector: str, device: torch.device, smallest: float | None = None) -> Finder:
    """The finder for --detector: photo, anime, human or a cascade's file. Raises UsageError or FileError with the cure.

    smallest: the smallest face, as a share of the image's shorter side.
    """
    if detector == PHOTO:
        folder = find_mtcnn()
        if folder is None:
            raise FileError(f"the weights of MTCNN, which finds faces in photographs, are not installed: {CURE}")
        return MTCNN.load(folder, device, smallest or SMALLEST)
    if not find_spec("cv2"):
        raise UsageError(f"--detector {detector} needs OpenCV, which is not installed: {CURE}")
    found = choose_detector(detector)
    if not isinstance(found, Cascade):
        raise UsageError(f"--detector {detector} gives no boxes, only whether there is a face: use a cascade or photo")
    if found.path.name != ANIME_FILE:
        return ByCascade(found)
    share = smallest or SMALLEST_OF_CASCADE
    side = max(ANIME_SIDE, round(ANIME_LEAST / share))
    border, least = side * ANIME_BORDER // ANIME_SIDE, max(ANIME_LEAST, round(share * side))
    anime = replace(found, side=side, border=border, smallest=least, neighbours=ANIME_NEIGHBOURS)
    return ByCascade(anime, replace(anime, side=CLOSE_SIDE, border=CLOSE_BORDER, smallest=CLOSE_LEAST))


def finders(device: torch.device, smallest: float | None = None) -> dict[str, Finder]:
    """The installed finders, of photo and anime."""
    there = {PHOTO: find_mtcnn() is not None, ANIME: find(ANIME_CASCADE) is not None and find_spec("cv2") is not None}
    return {name: finder(name, device, smallest) for name, present in there.items() if present}


def nothing_here() -> FileError:
    return FileError(f"no face detector is installed: for photographs {CURE}; for anime faces {ANIME_CURE}")
