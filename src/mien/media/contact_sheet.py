"""Pictures in rows and columns that have names."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.errors import UsageError
from mien.media.pixels import as_rgb

TILE, GAP, LETTERS = 64, 4, 13  # pixels: a picture at least, between pictures, height of the words
LONGEST_SIDE = 32_767  # pixels that viewers bear


def sheet(
    cells: np.ndarray, rows: Sequence[str], columns: Sequence[str], corner: bool = True, least: int = TILE
) -> Image.Image:
    """cells uint8 [R,C,H,W,1 or 3], enlarged by a whole number to `least` pixels a side. corner: False leaves the first
    cell out."""
    down, across, height, width = cells.shape[:4]
    zoom = max(1, math.ceil(least / min(height, width)))
    tile, font = (width * zoom, height * zoom), ImageFont.load_default(LETTERS - 1)
    left = max(math.ceil(font.getlength(name)) for name in rows) + 2 * GAP
    top = LETTERS + 2 * GAP
    size = (left + across * (tile[0] + GAP), top + down * (tile[1] + GAP))
    if max(size) > LONGEST_SIDE:
        raise UsageError(f"the sheet would be {max(size):,} pixels long, over {LONGEST_SIDE:,}: ask for fewer pictures")
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for column, name in enumerate(columns):
        pen.text((left + column * (tile[0] + GAP) + tile[0] // 2, GAP), name, "black", font, "ma")
    for row, name in enumerate(rows):
        pen.text((left - GAP, top + row * (tile[1] + GAP) + tile[1] // 2), name, "black", font, "rm")
    for place, pixels in enumerate(as_rgb(cells.reshape(-1, *cells.shape[2:]))):
        if place == 0 and not corner:
            continue
        picture = Image.fromarray(np.ascontiguousarray(pixels)).resize(tile, Image.Resampling.NEAREST)
        image.paste(picture, (left + place % across * (tile[0] + GAP), top + place // across * (tile[1] + GAP)))
    return image
