"""Has a generator learned pictures by heart? Its pictures beside the nearest real ones, by pixels and by features.

A distance says little by itself, so each is told beside the usual one between a real picture and its nearest other real
one. Where training mirrors pictures, the mirrored ones count as real, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

NEAREST = 3
SAMPLE = 200  # real pictures that the usual distance is the median of
MUCH_CLOSER = 0.5  # of the usual distance: nearer than this, a picture may be learned by heart
BLOCK = 512
TILE, GAP, LETTERS = 96, 8, 13  # pixels of the sheet: a picture at least, between pictures, height of the words

Look = Callable[[np.ndarray], Tensor]
"""uint8 [N,H,W,3] -> float32 [N,D], in which distances are taken"""


@dataclass(frozen=True)
class Nearest:
    """index, mirrored, distance: [Q, NEAREST], nearest first. usual: the median distance of a real picture to its
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
    [B,D]. mirror: a picture is as near as the nearer of itself and its mirror image."""
    some = np.unique(np.linspace(0, len(pictures) - 1, min(SAMPLE, len(pictures))).round().astype(int))
    asked = np.concatenate([drawn, pictures[some]])
    # To mirror those that ask comes to the same as to mirror all real ones, and is much less.
    ways = [look(asked), look(asked[:, :, ::-1])] if mirror else [look(asked)]
    blocks = [torch.stack([torch.cdist(way, block) for way in ways]) for block in real]
    distances, way = torch.cat(blocks, 2).min(0)
    distances[len(drawn) + torch.arange(len(some)), torch.from_numpy(some)] = math.inf  # a picture is no other one
    distance, index = distances.topk(min(NEAREST, len(pictures)), largest=False)
    usual = float(distance[len(drawn) :, 0].median())
    index, distance = index[: len(drawn)], distance[: len(drawn)]
    return Nearest(by, unit, index, way[: len(drawn)].gather(1, index) == 1, distance, usual)


def in_blocks(pictures: np.ndarray) -> Iterator[Tensor]:
    """As `by_pixels` sees them, so that any number fits in memory."""
    return (by_pixels(pictures[first : first + BLOCK]) for first in range(0, len(pictures), BLOCK))


# --- the sheet --------------------------------------------------------------------------------------------------------


def sheet(drawn: np.ndarray, pictures: np.ndarray, found: Sequence[Nearest]) -> Image.Image:
    """A row for each drawn picture: itself, then its nearest real ones by each of `found`, with their distances."""
    height, width = drawn.shape[1:3]
    zoom = max(1, math.ceil(TILE / min(height, width)))
    tile, step = (width * zoom, height * zoom), height * zoom + LETTERS + GAP
    font = ImageFont.load_default(LETTERS - 1)
    columns = [GAP]
    for one in found:
        first = columns[-1] + tile[0] + 3 * GAP
        columns += [first + number * (tile[0] + GAP) for number in range(one.index.shape[1])]
    image = Image.new("RGB", (columns[-1] + tile[0] + GAP, 2 * LETTERS + 2 * GAP + len(drawn) * step), "white")
    pen = ImageDraw.Draw(image)

    def put(pixels: np.ndarray, left: int, top: int) -> None:
        image.paste(Image.fromarray(np.ascontiguousarray(pixels)).resize(tile, Image.Resampling.NEAREST), (left, top))

    pen.text((GAP, GAP // 2), "drawn", "black", font)
    heads = [columns[1 + sum(other.index.shape[1] for other in found[:number])] for number in range(len(found))]
    for left, one in zip(heads, found, strict=True):
        pen.text((left, GAP // 2), f"nearest real ones by {one.by}", "black", font)
        pen.text((left, GAP // 2 + LETTERS + 1), f"usual between real ones: {one.usual:.3g} {one.unit}", "gray", font)
    for row, picture in enumerate(drawn):
        top = 2 * LETTERS + 2 * GAP + row * step
        put(picture, GAP, top)
        for left, one in zip(heads, found, strict=True):
            for number, index in enumerate(one.index[row].tolist()):
                place, other = left + number * (tile[0] + GAP), np.asarray(pictures[index])
                put(other[:, ::-1] if one.mirrored[row, number] else other, place, top)
                colour = "red" if one.much_closer()[row, number] else "gray"
                words = f"{one.distance[row, number]:.3g}{' mirrored' if one.mirrored[row, number] else ''}"
                pen.text((place, top + tile[1] + 1), words, colour, font)
    return image


def in_words(found: Sequence[Nearest], names: Sequence[str]) -> list[str]:
    """names: of the drawn pictures."""
    said = []
    for one in found:
        near = [f"{name} ({distance:.3g})" for name, distance in zip(names, one.distance[:, 0].tolist())
                if distance < MUCH_CLOSER * one.usual]  # fmt: skip
        typical = f"{float(one.distance[:, 0].median()):.3g} to the nearest real one, {one.usual:.3g} between real ones"
        line = f"by {one.by}: usually {typical} ({one.unit})"
        said.append(f"{line}; much closer, perhaps learned by heart: {', '.join(near)}" if near else line)
    return said
