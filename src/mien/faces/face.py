"""What a finder says of a picture: faces, in the image's own pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Face:
    """box: (left, top, right, bottom), float64 [4]; it may reach beyond the image. score: how sure, 0 to 1.

    points: float64 [5,2] (x, y): the eye on the image's left, the one on its right, the nose, the mouth's corners;
    None where the finder knows no landmarks. Whole numbers are the pixels' edges: the first centre is at (0.5, 0.5).
    """

    box: np.ndarray
    score: float
    points: np.ndarray | None = None

    @property
    def side(self) -> float:
        """Of the square with the box's area, in pixels."""
        return float(np.sqrt(np.prod(self.box[2:] - self.box[:2])))

    def scaled(self, factor: float) -> Face:
        """The same face in an image of `factor` times as many pixels across."""
        return Face(self.box * factor, self.score, None if self.points is None else self.points * factor)

    def as_dict(self) -> dict[str, Any]:
        points = None if self.points is None else self.points.round(2).tolist()
        return {"box": self.box.round(2).tolist(), "score": round(self.score, 4), "points": points}


class Finder(Protocol):
    """name: what is used, with its settings."""

    @property
    def name(self) -> str: ...

    def __call__(self, pictures: list[np.ndarray]) -> list[list[Face]]:
        """uint8 [H,W,3] each, of any sizes -> the faces of each, the largest first."""


def largest_first(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: face.side, reverse=True)
