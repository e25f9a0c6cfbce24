"""The symptoms of one sample grid: a row of numbers about its images, beside the run's real images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mien.reports.doctor.image_symptoms import (
    EPSILON,
    checkerboard,
    clipped,
    contrast,
    diversity,
    gap,
    grayscale,
    individuality,
    nearest,
    random_features,
    roughness,
    thumbnails,
)

TWIN = 0.25  # two images are twins if they are nearer than this share of the usual distance of neighbours

NAMES = {
    *("contrast", "brightness", "clipped", "roughness", "checkerboard", "checkerboard_ratio"),
    *("diversity", "individuality", "twins", "distance"),
}
"""The symptoms that each row has. A first grid has no "motion"."""


@dataclass
class Images:
    """uint8 [N,H,W,C] and what the symptoms need of them. groups: [N]; images of one group have one label."""

    pixels: np.ndarray
    groups: np.ndarray | None = None

    @cached_property
    def thumbnails(self) -> np.ndarray:
        return thumbnails(self.pixels)

    @cached_property
    def gray(self) -> np.ndarray:
        return grayscale(self.pixels)

    @cached_property
    def features(self) -> np.ndarray:
        return random_features(self.gray)

    @cached_property
    def contrast(self) -> float:
        """The median over the images, in levels."""
        return float(np.median(contrast(self.gray)))

    @cached_property
    def roughness(self) -> float:
        return roughness(self.gray)

    @cached_property
    def checkerboard(self) -> float:
        return checkerboard(self.gray)

    @cached_property
    def diversity(self) -> tuple[float, float]:
        """The mean distance of two images: of their thumbnails, and of their textures."""
        return diversity(self.thumbnails, self.groups), diversity(self.features, self.groups)

    @cached_property
    def individuality(self) -> float:
        return individuality(self.thumbnails, self.groups)

    @cached_property
    def nearest(self) -> np.ndarray:
        return nearest(self.thumbnails, self.groups)


def grid_symptoms(fake: Images, real: Images, before: Images | None = None) -> dict[str, float]:
    """Return the symptoms of a grid. before: the grid before it, of the same latents.

    contrast, roughness: as shares of the real images'. brightness: the mean, 0 to 1. clipped: the share of values at
    the ends of the range, beyond that of real images. checkerboard: its amplitude in levels. checkerboard_ratio: the
    same as a multiple of the real images'. diversity: the mean distance of two images as a share of that of two real
    ones; of thumbnails and of textures, the larger number. individuality: that of thumbnails, as a share of the real
    images'; near 0 if all images show one pattern. twins: the share of images with a nearly equal other one. distance:
    `gap` to the real images. motion: how far each image moved since the grid before, as a share of the distance of two
    images. Grids with labels have two more: least_diversity, of the label whose images differ least, and least_row, its
    row in the grid from 0 on.
    """
    apart = [mine / (theirs + EPSILON) for mine, theirs in zip(fake.diversity, real.diversity, strict=True)]
    found = {
        "contrast": fake.contrast / (real.contrast + EPSILON),
        "brightness": float(fake.pixels.mean()) / 255,
        "clipped": clipped(fake.pixels) - clipped(real.pixels),
        "roughness": fake.roughness / (real.roughness + EPSILON),
        "checkerboard": fake.checkerboard,
        "checkerboard_ratio": fake.checkerboard / (real.checkerboard + EPSILON),
        "diversity": max(apart),
        "individuality": fake.individuality / (real.individuality + EPSILON),
        "twins": float((fake.nearest < TWIN * np.median(real.nearest)).mean()),
        "distance": (gap(fake.thumbnails, real.thumbnails) + gap(fake.features, real.features)) / 2,
    }
    if before is not None and before.pixels.shape == fake.pixels.shape:
        moved = np.sqrt(np.square(fake.thumbnails - before.thumbnails).mean(1)).mean()
        found["motion"] = float(moved) / (fake.diversity[0] + EPSILON)
    return found | label_symptoms(fake, real)


def label_symptoms(fake: Images, real: Images) -> dict[str, float]:
    """Return the symptoms of the label whose images differ least, {} without labels."""
    if fake.groups is None:
        return {}
    rows = [
        max(
            diversity(part[fake.groups == group]) / (whole + EPSILON)
            for part, whole in zip((fake.thumbnails, fake.features), real.diversity, strict=True)
        )
        for group in np.unique(fake.groups)
        if (fake.groups == group).sum() > 1
    ]
    return {"least_diversity": min(rows), "least_row": float(np.argmin(rows))} if rows else {}


def complete(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the rows of symptoms.jsonl that have all symptoms. An older mien may have written fewer."""
    return [row for row in rows if row.keys() >= NAMES]
