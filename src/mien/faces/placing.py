"""Where the crop around a face lies in its picture: by landmarks turned upright and scaled, by a box alone as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mien.faces.face import Face

# The mean face that MTCNN finds in frontal photographs, in units of the distance between its eyes, from the middle
# between them: the eyes, the nose, the mouth's corners. x + iy, y downwards.
MEAN = np.array([-0.5, 0.5, 0.6j, -0.43 + 1.07j, 0.43 + 1.07j])
WEIGHTS = np.array([1.0, 1.0, 0.0, 0.05, 0.05])
"""The eyes decide, and the mouth only holds the size where a turned head brings them together; the nose, which moves
with every turn, is left out."""
SIDE, BELOW = 2.8, 0.3  # in the same unit: from the hairline to the chin, and how far below the eyes its centre lies
ANIME_SIDE, ANIME_BELOW = 1.0, 0.0  # of the cascade's box; see docs/align.md


@dataclass(frozen=True)
class Placement:
    """centre: the crop's middle in the image, x + iy in its pixels. step: from one pixel of the crop to the next on
    its right, in the image, as a complex number: its length is the scale, its angle the turn. size: (height, width)
    """

    centre: complex
    step: complex
    size: tuple[int, int]

    def in_picture(self, points: np.ndarray) -> np.ndarray:
        """float [N,2] in the crop's pixels -> in the picture's."""
        height, width = self.size
        across_down = points - np.array([width / 2, height / 2])
        place = self.centre + self.step * (across_down @ np.array([1, 1j]))
        return np.stack([place.real, place.imag], -1)

    def in_crop(self, points: np.ndarray) -> np.ndarray:
        """The opposite."""
        height, width = self.size
        place = (points @ np.array([1, 1j]) - self.centre) / self.step
        return np.stack([place.real + width / 2, place.imag + height / 2], -1)

    def beyond(self, picture: tuple[int, int], grid: int = 12) -> float:
        """The share of the crop that lies beyond an image of (width, height)."""
        steps = (np.arange(grid) + 0.5) / grid
        across, down = np.meshgrid(steps * self.size[1], steps * self.size[0])
        points = self.in_picture(np.stack([across.ravel(), down.ravel()], 1))
        return float(((points < 0) | (points > np.array(picture))).any(1).mean())

    @property
    def degrees(self) -> float:
        """By how much the face leans, clockwise."""
        return math.degrees(math.atan2(self.step.imag, self.step.real))


def place(face: Face, size: tuple[int, int], margin: float) -> Placement:
    """size: (height, width) of the crop. margin: room on each side of the face, as a share of the face's side; of a
    crop that is not square, along its shorter side."""
    if face.points is None:
        side = face.side * ANIME_SIDE
        centre = complex(*(face.box[:2] + face.box[2:]) / 2) + 1j * face.side * ANIME_BELOW
        unit = complex(side)
    else:
        middle, eyes = fitted(face.points @ np.array([1, 1j]))
        centre, unit = middle + eyes * BELOW * 1j, eyes * SIDE
    return Placement(centre, unit * (1 + 2 * margin) / min(size), size)


def fitted(points: np.ndarray, weights: np.ndarray = WEIGHTS) -> tuple[complex, complex]:
    """complex [5] -> (the middle between the eyes, from the left eye to the right one) of the mean face that is moved,
    turned and scaled to lie nearest to the points: weighted least squares."""
    share = weights / weights.sum()
    centre, mean = share @ points, share @ MEAN
    unit = share @ ((points - centre) * (MEAN - mean).conj()) / (share @ np.abs(MEAN - mean) ** 2)
    return complex(centre - unit * mean), complex(unit)
