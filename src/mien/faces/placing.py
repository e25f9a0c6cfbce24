"""Where the crop around a face lies in its image. Landmarks turn it upright; a box alone does not turn it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mien.faces.face import Face

# The mean of MTCNN's landmarks in frontal photographs: the eyes, the nose, the mouth's corners, as x + iy with y down.
# The unit is the distance between the eyes; the origin is the middle between them.
MEAN = np.array([-0.5, 0.5, 0.6j, -0.43 + 1.07j, 0.43 + 1.07j])
WEIGHTS = np.array([1.0, 1.0, 0.0, 0.05, 0.05])
"""The eyes count most. If the head turns, the eyes move together and the mouth keeps the size stable.
The nose has weight 0, because it moves with every turn."""
# In the same unit: the side from hairline to chin, and the distance from the eyes down to its centre.
SIDE, BELOW = 2.8, 0.3
ANIME_SIDE, ANIME_BELOW = 1.0, 0.0  # of the cascade's box; see docs/align.md


@dataclass(frozen=True)
class Placement:
    """A crop in its image. size: (height, width). centre: the crop's middle, x + iy in the image's pixels.

    step: from one pixel of the crop to the next on its right, as a complex number in the image's pixels. Its length is
    the scale, its angle the turn.
    """

    centre: complex
    step: complex
    size: tuple[int, int]

    def in_image(self, points: np.ndarray) -> np.ndarray:
        """float [N,2]: points in the crop's pixels -> in the image's pixels."""
        height, width = self.size
        across_down = points - np.array([width / 2, height / 2])
        points = self.centre + self.step * (across_down @ np.array([1, 1j]))
        return np.stack([points.real, points.imag], -1)

    def in_crop(self, points: np.ndarray) -> np.ndarray:
        """float [N,2]: points in the image's pixels -> in the crop's pixels."""
        height, width = self.size
        inside = (points @ np.array([1, 1j]) - self.centre) / self.step
        return np.stack([inside.real + width / 2, inside.imag + height / 2], -1)

    def beyond(self, image_size: tuple[int, int], grid: int = 12) -> float:
        """The share of the crop that lies outside an image of (width, height)."""
        steps = (np.arange(grid) + 0.5) / grid
        across, down = np.meshgrid(steps * self.size[1], steps * self.size[0])
        points = self.in_image(np.stack([across.ravel(), down.ravel()], 1))
        return float(((points < 0) | (points > np.array(image_size))).any(1).mean())

    @property
    def degrees(self) -> float:
        """The turn of the face, clockwise."""
        return math.degrees(math.atan2(self.step.imag, self.step.real))


def place(face: Face, size: tuple[int, int], margin: float) -> Placement:
    """The crop around a face. size: (height, width).

    margin: space on each side of the face, as a share of the face's side, along the crop's shorter side.
    """
    if face.points is None:
        side = face.side * ANIME_SIDE
        centre = complex(*(face.box[:2] + face.box[2:]) / 2) + 1j * face.side * ANIME_BELOW
        unit = complex(side)
    else:
        middle, eyes = fitted(face.points @ np.array([1, 1j]))
        centre, unit = middle + eyes * BELOW * 1j, eyes * SIDE
    return Placement(centre, unit * (1 + 2 * margin) / min(size), size)


def fitted(points: np.ndarray, weights: np.ndarray = WEIGHTS) -> tuple[complex, complex]:
    """complex [5] -> (the middle between the eyes, the vector from the left eye to the right one).

    Both belong to the mean face after a move, a turn and a scaling that fit it to the points by weighted least squares.
    """
    share = weights / weights.sum()
    centre, mean = share @ points, share @ MEAN
    unit = share @ ((points - centre) * (MEAN - mean).conj()) / (share @ np.abs(MEAN - mean) ** 2)
    return complex(centre - unit * mean), complex(unit)
