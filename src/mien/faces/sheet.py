"""The contact sheet of alignment: each image with the outline of its crop, and the aligned face beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, PngImagePlugin

from mien.faces.placing import Placement
from mien.media.contact_sheet import DARK, Cell, Group, contact_sheet
from mien.media.image_files import KEY
from mien.runtime.atomic_files import io_errors

SIDE, PAIRS = 144, 4  # pixels of an image's longer side; pairs in a row
SHOWN = 24
_CROP = (255, 196, 0)


@dataclass(frozen=True)
class Pair:
    """before: a small image with the outlines of its crops. after: its aligned faces; none if it was left out."""

    name: str
    before: Image.Image
    after: list[Image.Image]


def thumbnail(image: Image.Image, placed: list[Placement], size: tuple[int, int]) -> Image.Image:
    """The image within SIDE x SIDE, with the outline of each crop. A thick upper edge shows the turn."""
    scale = min(SIDE / image.width, SIDE / image.height)
    small = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
        Image.Resampling.LANCZOS,
        reducing_gap=3.0,
    )
    pen = ImageDraw.Draw(small)
    height, width = size
    for one in placed:
        corners = one.in_image(np.array([[0, 0], [width, 0], [width, height], [0, height]], float)) * scale
        points = [(float(x), float(y)) for x, y in corners]
        pen.line([*points, points[0]], fill=_CROP, width=1)
        pen.line(points[:2], fill=_CROP, width=3)
    return small


def save_sheet(pairs: list[Pair], path: Path) -> Path:
    """Write the sheet as a PNG and return its path. Raises FileError."""
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, '{"sheet": "faces before and after"}')
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet(pairs).save(path, "PNG", pnginfo=info)
    return path


def sheet(pairs: list[Pair]) -> Image.Image:
    """The sheet: pairs of an image and its first face, four pairs in a row, with the image's name."""
    cells = [cell for pair in pairs for cell in cells_of(pair)] or [Cell(Image.new("RGB", (SIDE, SIDE)))]
    rows = [cells[start : start + 2 * PAIRS] for start in range(0, len(cells), 2 * PAIRS)]
    return contact_sheet(rows, groups=[Group(2)] * min(PAIRS, max(1, len(pairs))), paper=DARK)


def cells_of(pair: Pair) -> list[Cell]:
    if not pair.after:
        return [Cell(pair.before, f"{pair.name}: left out", keep_end=True), Cell(None)]
    face = pair.after[0]
    zoom = SIDE / max(face.size)
    face = face.resize((round(face.width * zoom), round(face.height * zoom)), Image.Resampling.LANCZOS)
    return [Cell(pair.before, pair.name, keep_end=True), Cell(face)]
