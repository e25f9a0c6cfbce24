"""Pictures before and after: the crop drawn on the picture, the face that was cut from it beside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from mien.faces.placing import Placement
from mien.media.image_files import KEY
from mien.runtime.atomic_files import io_errors

CELL, COLUMNS, GAP, MARGIN, LINE = 144, 4, 10, 20, 15
SHOWN = 24
_PAPER, _FAINT, _CROP = (18, 18, 22), (150, 150, 160), (255, 196, 0)


@dataclass(frozen=True)
class Pair:
    """before: a small picture with its crops drawn. after: the faces cut from it; none, where it was left out."""

    name: str
    before: Image.Image
    after: list[Image.Image]


def thumbnail(picture: Image.Image, placed: list[Placement], size: tuple[int, int]) -> Image.Image:
    """The picture within CELL x CELL, with the outline of each crop; its upper edge is thick, so that a turn shows."""
    scale = min(CELL / picture.width, CELL / picture.height)
    small = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        Image.Resampling.LANCZOS,
        reducing_gap=3.0,
    )
    pen = ImageDraw.Draw(small)
    height, width = size
    for one in placed:
        corners = one.in_picture(np.array([[0, 0], [width, 0], [width, height], [0, height]], float)) * scale
        points = [(float(x), float(y)) for x, y in corners]
        pen.line([*points, points[0]], fill=_CROP, width=1)
        pen.line(points[:2], fill=_CROP, width=3)
    return small


def save_sheet(pairs: list[Pair], path: Path) -> Path:
    """A PNG. Raises FileError."""
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, '{"sheet": "faces before and after"}')
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet(pairs).save(path, "PNG", pnginfo=info)
    return path


def sheet(pairs: list[Pair]) -> Image.Image:
    columns = max(1, min(COLUMNS, len(pairs)))
    rows = max(1, -(-len(pairs) // columns))
    wide, high = 2 * CELL + GAP // 2, CELL + LINE + GAP
    whole = Image.new("RGB", (2 * MARGIN + columns * (wide + 2 * GAP) - 2 * GAP, 2 * MARGIN + rows * high), _PAPER)
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(11)
    for index, pair in enumerate(pairs):
        left, top = MARGIN + index % columns * (wide + 2 * GAP), MARGIN + index // columns * high
        whole.paste(pair.before, (left, top))
        if pair.after:
            face = pair.after[0]
            zoom = CELL / max(face.size)
            face = face.resize((round(face.width * zoom), round(face.height * zoom)), Image.Resampling.LANCZOS)
            whole.paste(face, (left + CELL + GAP // 2, top))
        else:
            pen.text((left + CELL + GAP, top), "left out", _FAINT, font)
        text = pair.name if font.getlength(pair.name) <= wide else "…" + pair.name[-40:]
        pen.text((left, top + CELL + 1), text, _FAINT, font)
    return whole
