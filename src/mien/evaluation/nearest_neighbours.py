"""Has a generator learned images by heart? Its images beside the nearest real ones, by pixels and by features.

A distance says little by itself, so each is told beside the usual one between a real image and its nearest other real
one. Where training mirrors images, the mirrored ones count as real, too.
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
SAMPLE = 200  # real images that the usual distance is the median of
MUCH_CLOSER = 0.5  # of the usual distance: nearer than this, an image may be learned by heart
BLOCK = 512

Look = Callable[[np.ndarray], Tensor]
"""uint8 [N,H,W,3] -> float32 [N,D], in which distances are taken"""


@dataclass(frozen=True)
class Nearest:
    """index, mirrored, distance: [Q, NEAREST], nearest first. usual: the median distance of a real image to its
    nearest other one. unit: of the distances."""

    by: str
    unit: str
    index: Tensor
    mirrored: Tensor
    distance: Tensor
    usual: float

    def much_closer(self) -> Tensor:
        """bool [Q, NEAREST]"""
        return self.distance < MUCH_CLOSER * self.usual

    def as_dict(self) -> dict[str, Any]:
        tables = {name: getattr(self, name).tolist() for name in ("index", "mirrored", "distance")}
        return {"by": self.by, "unit": self.unit, "usual": self.usual, **tables}


def by_pixels(pixels: np.ndarray) -> Tensor:
    """Root mean square difference in levels of 0 to 255, as a Euclidean distance."""
    flat = torch.from_numpy(np.ascontiguousarray(pixels)).flatten(1).float()
    return (flat - 127.5) / math.sqrt(flat.shape[1])  # about 0, where differences of float32 are most exact


def nearest(
    drawn: np.ndarray, pictures: np.ndarray, look: Look, real: Iterable[Tensor], mirror: bool, by: str, unit: str
) -> Nearest:
    """drawn uint8 [Q,H,W,3]; pictures: the real ones, uint8 [N,H,W,3]; real: what `look` makes of them, in blocks
    [B,D]. mirror: an image is as near as the nearer of itself and its mirror image."""
    some = np.unique(np.linspace(0, len(pictures) - 1, min(SAMPLE, len(pictures))).round().astype(int))
    asked = np.concatenate([drawn, pictures[some]])
    # To mirror those that ask comes to the same as to mirror all real ones, and is much less.
    ways = [look(asked), look(asked[:, :, ::-1])] if mirror else [look(asked)]
    blocks = [torch.stack([torch.cdist(way, block) for way in ways]) for block in real]
    distances, way = torch.cat(blocks, 2).min(0)
    distances[len(drawn) + torch.arange(len(some)), torch.from_numpy(some)] = math.inf  # an image is no other one
    distance, index = distances.topk(min(NEAREST, len(pictures)), largest=False)
    usual = float(distance[len(drawn) :, 0].median())
    index, distance = index[: len(drawn)], distance[: len(drawn)]
    return Nearest(by, unit, index, way[: len(drawn)].gather(1, index) == 1, distance, usual)


def in_blocks(pictures: np.ndarray) -> Iterator[Tensor]:
    """As `by_pixels` sees them, so that any number fits in memory."""
    return (by_pixels(pictures[first : first + BLOCK]) for first in range(0, len(pictures), BLOCK))


# --- the sheet --------------------------------------------------------------------------------------------------------


def sheet(generated: np.ndarray, pictures: np.ndarray, found: Sequence[Nearest]) -> Image.Image:
    """A row for each generated image: itself, then its nearest real ones by each of `found`, with their distances."""
    scale = visible_scale((generated.shape[1], generated.shape[2]))

    def shown(pixels: np.ndarray) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(enlarged(pixels, scale)))

    def neighbour(one: Nearest, row: int, number: int) -> Cell:
        pixels, mirrored = np.asarray(pictures[one.index[row, number]]), bool(one.mirrored[row, number])
        words = f"{one.distance[row, number]:.3g}{' mirrored' if mirrored else ''}"
        return Cell(shown(pixels[:, ::-1] if mirrored else pixels), words, bool(one.much_closer()[row, number]))

    cells = [
        [Cell(shown(pixels)), *(neighbour(one, row, number) for one in found for number in range(one.index.shape[1]))]
        for row, pixels in enumerate(generated)
    ]
    groups = [
        Group(
            one.index.shape[1], f"nearest real ones by {one.by}", f"usual between real ones: {one.usual:.3g} {one.unit}"
        )
        for one in found
    ]
    return contact_sheet(cells, groups=[Group(1, "generated"), *groups])


def in_words(found: Sequence[Nearest], names: Sequence[str]) -> list[str]:
    """names: of the drawn images."""
    said = []
    for one in found:
        near = [f"{name} ({distance:.3g})" for name, distance in zip(names, one.distance[:, 0].tolist())
                if distance < MUCH_CLOSER * one.usual]  # fmt: skip
        typical = f"{float(one.distance[:, 0].median()):.3g} to the nearest real one, {one.usual:.3g} between real ones"
        line = f"by {one.by}: usually {typical} ({one.unit})"
        said.append(f"{line}; much closer, perhaps learned by heart: {', '.join(near)}" if near else line)
    return said
