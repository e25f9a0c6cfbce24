"""Test for memorized images: generated images and their nearest real images, by pixels and by features.

The reference is the usual distance: the median distance from a real image to its nearest other real image. If the
training mirrors images, the mirrored images count as real.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mien.media.contact_sheet import Cell, Group, contact_sheet
from mien.media.pixels import enlarged, visible_scale

NEAREST = 3
SAMPLE = 200  # real images for the usual distance
MUCH_CLOSER = 0.5  # of the usual distance: an image that is closer may be memorized
BLOCK = 512

Look = Callable[[np.ndarray], Tensor]
"""uint8 [N,H,W,3] -> float32 [N,D], the vectors between which distances are measured"""


@dataclass(frozen=True)
class Nearest:
    """The nearest real images of each generated image.

    index, mirrored, distance: [Q, NEAREST], nearest first. usual: the median distance from a real image to its nearest
    other real image. unit: the unit of the distances.
    """

    by: str
    unit: str
    index: Tensor
    mirrored: Tensor
    distance: Tensor
    usual: float

    def much_closer(self) -> Tensor:
        """Return which distances are below MUCH_CLOSER times the usual one, bool [Q, NEAREST]."""
        return self.distance < MUCH_CLOSER * self.usual

    def as_dict(self) -> dict[str, Any]:
        tables = {name: getattr(self, name).tolist() for name in ("index", "mirrored", "distance")}
        return {"by": self.by, "unit": self.unit, "usual": self.usual, **tables}


def by_pixels(pixels: np.ndarray) -> Tensor:
    """Return vectors [N,D] whose Euclidean distance is the root mean square difference in levels (0 to 255)."""
    flat = torch.from_numpy(np.ascontiguousarray(pixels)).flatten(1).float()
    return (flat - 127.5) / math.sqrt(flat.shape[1])  # about 0, where differences of float32 are most exact


def nearest(
    generated: np.ndarray, images: np.ndarray, look: Look, real: Iterable[Tensor], mirror: bool, by: str, unit: str
) -> Nearest:
    """Return the nearest real images of each generated image.

    generated: uint8 [Q,H,W,3]. images: real images, uint8 [N,H,W,3]. look: images -> vectors. real: the vectors of the
    real images, in blocks [B,D]. mirror: compare with the mirrored real images, too. by, unit: names.
    """
    some = np.unique(np.linspace(0, len(images) - 1, min(SAMPLE, len(images))).round().astype(int))
    queries = np.concatenate([generated, images[some]])
    # Mirrored queries give the same distances as mirrored real images, at a much lower cost.
    ways = [look(queries), look(queries[:, :, ::-1])] if mirror else [look(queries)]
    blocks = [torch.stack([torch.cdist(way, block) for way in ways]) for block in real]
    distances, way = torch.cat(blocks, 2).min(0)
    # A real image is not its own neighbour.
    distances[len(generated) + torch.arange(len(some)), torch.from_numpy(some)] = math.inf
    distance, index = distances.topk(min(NEAREST, len(images)), largest=False)
    usual = float(distance[len(generated) :, 0].median())
    index, distance = index[: len(generated)], distance[: len(generated)]
    return Nearest(by, unit, index, way[: len(generated)].gather(1, index) == 1, distance, usual)


def in_blocks(images: np.ndarray) -> Iterator[Tensor]:
    """Yield the vectors of `by_pixels` in blocks [B,D], so that any number of images fits in memory."""
    return (by_pixels(images[first : first + BLOCK]) for first in range(0, len(images), BLOCK))


# --- the sheet --------------------------------------------------------------------------------------------------------


def sheet(generated: np.ndarray, images: np.ndarray, found: Sequence[Nearest]) -> Image.Image:
    """Return a sheet with one row for each generated image: the image, its nearest real images, their distances."""
    scale = visible_scale((generated.shape[1], generated.shape[2]))

    def shown(pixels: np.ndarray) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(enlarged(pixels, scale)))

    def neighbour(one: Nearest, row: int, number: int) -> Cell:
        pixels, mirrored = np.asarray(images[one.index[row, number]]), bool(one.mirrored[row, number])
        words = f"{one.distance[row, number]:.3g}{' mirrored' if mirrored else ''}"
        return Cell(shown(pixels[:, ::-1] if mirrored else pixels), words, bool(one.much_closer()[row, number]))

    cells = [
        [Cell(shown(pixels)), *(neighbour(one, row, number) for one in found for number in range(one.index.shape[1]))]
        for row, pixels in enumerate(generated)
    ]
    groups = [
        Group(
            one.index.shape[1],
            f"nearest real images by {one.by}",
            f"usual between real images: {one.usual:.3g} {one.unit}",
        )
        for one in found
    ]
    return contact_sheet(cells, groups=[Group(1, "generated"), *groups])


def in_words(found: Sequence[Nearest], names: Sequence[str]) -> list[str]:
    """Return one line for each of `found`. names: the names of the generated images."""
    said = []
    for one in found:
        near = [f"{name} ({distance:.3g})" for name, distance in zip(names, one.distance[:, 0].tolist())
                if distance < MUCH_CLOSER * one.usual]  # fmt: skip
        median = float(one.distance[:, 0].median())
        typical = f"{median:.3g} to the nearest real image, {one.usual:.3g} between real images"
        line = f"by {one.by}: usually {typical} ({one.unit})"
        said.append(f"{line}; much closer, perhaps memorized: {', '.join(near)}" if near else line)
    return said
