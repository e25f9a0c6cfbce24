"""Images that the discriminator never sees in training. They show whether it memorizes its own images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.data.layouts import VARIED, drawn_name, is_drawn
from mien.data.sampling import spread
from mien.data.synthetic.draw import draw, sample_face
from mien.data.synthetic.varied import draw_varied
from mien.errors import UsageError
from mien.recipes.recipe import Recipe

FACES = 64  # built-in faces beyond the training set


@dataclass(frozen=True)
class HeldOut:
    """pixels: uint8 [N,H,W,C]. labels: float32 [N,K], or None without a condition."""

    pixels: np.ndarray
    labels: np.ndarray | None = None


def split(
    images: np.ndarray, labels: np.ndarray | None, count: int, recipe: Recipe
) -> tuple[np.ndarray | None, HeldOut | None]:
    """Return the rows to train on (None: all), and `count` evenly spread images that are held out, with their labels.

    images: uint8 [N,H,W,C]. labels: [N,K]. Raises UsageError if fewer than two images were left, and for a translator.
    """
    if count == 0:
        return None, None
    if recipe.sources != "none":
        raise UsageError(f"--hold-out {count}: {recipe.name} translates images, and only the other recipes take it")
    if count > len(images) - 2:
        raise UsageError(f"--hold-out {count}: the set has {len(images):,} images, of which two or more must be left")
    held = spread(len(images), count)
    return np.delete(np.arange(len(images)), held), HeldOut(images[held], None if labels is None else labels[held])


def more_faces(data: str, first: int, recipe: Recipe) -> HeldOut | None:
    """Return built-in faces after the first ones of "drawn:500"; None for other data, and for a condition."""
    if not is_drawn(data) or recipe.sources != "none" or recipe.condition is not None:
        return None
    varied = drawn_name(data) == VARIED
    size = recipe.resolution
    faces = [
        draw_varied(0, index, *size) if varied else draw(sample_face(0, index), *size)
        for index in range(first, first + FACES)
    ]
    return HeldOut(np.stack([np.asarray(face) for face in faces]))
