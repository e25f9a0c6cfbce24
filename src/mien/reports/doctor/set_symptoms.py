"""Symptoms that need the training set: copies of its images, and parts of it that are never generated."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mien.reports.doctor.image_symptoms import distances, thumbnails

JUDGED = 256  # of them, whose distance to their neighbour is measured
COPY = 0.35  # a copy is nearer to an image of the set than this share of the usual distance of neighbours
BINS, ROUNDS = 8, 12  # of k-means
RARE = 0.25  # a part is missing if it has less than this share of its images
FEWEST = 4  # expected generated images of a part that can be judged


class TrainingSet:
    """The images of a training. rows: `thumbnails` of them [M,D]. mirror: mirrored images are in the set, too."""

    def __init__(self, rows: np.ndarray, mirror: bool = False):
        self.rows, self.mirror = rows, mirror

    @cached_property
    def usual(self) -> float:
        """The median distance of an image to its nearest other one."""
        judged = np.linspace(0, len(self.rows) - 1, min(len(self.rows), JUDGED)).round().astype(int)
        found = distances(self.rows[judged], self.rows)
        found[np.arange(len(judged)), judged] = np.inf
        return float(np.median(found.min(1)))

    @cached_property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """The centres [BINS,D] of the set's parts, and the share [BINS] of images that each has."""
        centres = centres_of(self.rows)
        return centres, np.bincount(distances(self.rows, centres).argmin(1), minlength=len(centres)) / len(self.rows)

    def symptoms(self, pixels: np.ndarray) -> dict[str, float]:
        """Return the symptoms of generated images, uint8 [N,H,W,C].

        copies: the share of them that are much nearer to an image of the set than its images are to each other.
        dropped: the share of the set in parts with almost no generated image (Richardson & Weiss 2018).
        """
        return {"copies": self.copies(pixels), "dropped": self.dropped(thumbnails(pixels))}

    def copies(self, pixels: np.ndarray) -> float:
        nearest = distances(thumbnails(pixels), self.rows).min(1)
        if self.mirror:
            nearest = np.minimum(nearest, distances(thumbnails(pixels[:, :, ::-1]), self.rows).min(1))
        return float((nearest < COPY * self.usual).mean())

    def dropped(self, rows: np.ndarray) -> float:
        centres, shares = self.parts
        expected = shares * len(rows)
        counts = np.bincount(distances(rows, centres).argmin(1), minlength=len(centres))
        return float(shares[(expected >= FEWEST) & (counts < RARE * expected)].sum())


def centres_of(rows: np.ndarray) -> np.ndarray:
    """Return the centres of k-means [BINS,D], the same for the same rows. The first ones are far from each other."""
    centres = rows[:1]
    while len(centres) < min(BINS, len(rows)):
        centres = np.concatenate([centres, rows[distances(rows, centres).min(1).argmax()][None]])
    for _ in range(ROUNDS):
        nearest = distances(rows, centres).argmin(1)
        centres = np.stack(
            [rows[nearest == one].mean(0) if (nearest == one).any() else centre for one, centre in enumerate(centres)]
        )
    return centres
