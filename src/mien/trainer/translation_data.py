"""The images that each sample grid of a translation shows."""

from __future__ import annotations

import torch

from mien.batch import Batch
from mien.data.prepared import PreparedSet
from mien.data.sampling import spread
from mien.inference.translator import routes
from mien.media.pixels import from_pixels
from mien.recipes.recipe import Recipe

EXAMPLES = 16  # rows in a training's grid


def examples(recipe: Recipe, pictures: PreparedSet, device: torch.device) -> list[Batch]:
    """Return batches of one image, spread evenly over the data set: the images of each sample grid."""
    assert pictures.sources is not None
    images, sources = (
        torch.from_numpy(pixels[spread(len(pixels), EXAMPLES // len(routes(recipe)))]).to(device).split(1)
        for pixels in (pictures.images, pictures.sources)
    )
    return [Batch(from_pixels(image), source=from_pixels(source)) for image, source in zip(images, sources)]
