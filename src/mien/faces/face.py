"""Face: the result of a finder, in pixels of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Face:
    """A face in an image. box: (left, top, right, bottom), float64 [4]; it may reach beyond the image. score: 0 to 1.

    points: float64 [5,2] (x, y): the eye on the image's left, the eye on its right, the nose, the mouth's corners.
    None if the finder gives no landmarks. Integers are the edges of pixels: the first pixel's centre is (0.5, 0.5).
    """

    box: np.ndarray
    score: float
    points: np.ndarray | None = None

    @property
    def side(self) -> float:
        """The side of a square with the box's area, in pixels."""
        return float(np.sqrt(np.prod(self.box[2:] - self.box[:2])))

    def scaled(self, factor: float) -> Face:
        """The same face in an image that is `factor` times as wide and as high."""
        return Face(self.box * factor, self.score, None if self.points is None else self.points * factor)

    def as_dict(self) -> dict[str, Any]:
        points = None if self.points is None else self.points.round(2).tolist()
        return {"box": self.box.round(2).tolist(), "score": round(self.score, 4), "points": points}


class Finder(Protocol):
    """A face finder. name: the method and its settings, as text."""

    @property
    def name(self) -> str: ...

    def __call__(self, images: list[np.ndarray]) -> list[list[Face]]:
        """uint8 [H,W,3] of any sizes -> the faces of each image, the largest first."""


def largest_first(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: face.side, reverse=True)
