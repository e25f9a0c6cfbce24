"""One contact sheet of what training will see: an 8 x 8 grid, each picture with its label or caption beneath."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from mien.data.prepared import PreparedSet
from mien.errors import FileError
from mien.media.image_files import KEY

COLUMNS = ROWS = 8
CELL = 112  # pixels of the longer side of a picture on the sheet, about
GAP, MARGIN, HEADER, LINE = 8, 20, 58, 15
_PAPER, _INK, _FAINT = (18, 18, 22), (236, 236, 240), (150, 150, 160)


def save_sheet(ready: PreparedSet, path: Path) -> Path:
    """Writes the sheet as a PNG and returns its path. Raises FileError when it cannot be written."""
    sheet = contact_sheet(ready)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = PngImagePlugin.PngInfo()
        facts.add_text(KEY, json.dumps({"sheet": str(ready.info["source"])}))  # so that mien does not learn from it
        sheet.save(path, format="PNG", pnginfo=facts)
    except OSError as error:
        raise FileError(f"--output {path} cannot be written: {error.strerror or error}") from error
    return path


def contact_sheet(ready: PreparedSet) -> Image.Image:
    """The sheet of a prepared set: pictures evenly spread over it; sources beside (pairs) or above (unpaired)."""
    cells = _cells(ready)
    height, width = ready.images.shape[1:3]
    scale = CELL / max(height, width)
    scale = max(1, round(scale)) if scale >= 0.75 else scale  # whole steps keep small pictures crisp
    cell_width, cell_height = round(width * scale), round(height * scale)
    text_room = LINE if any(text for _, text in cells) else 0
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    size = (
        max(2 * MARGIN + columns * (cell_width + GAP) - GAP, 480),
        HEADER + MARGIN + rows * (cell_height + text_room + GAP) - GAP,
    )
    sheet = Image.new("RGB", size, _PAPER)
    pen, small = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    title, detail = ready.describe()
    _write(pen, (MARGIN, 14), Path(title.split(":")[0]).name + ":" + title.split(":", 1)[1], 15, size[0], _INK)
    _write(pen, (MARGIN, 35), detail, 12, size[0], _FAINT)
    filter_ = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    for index, (pixels, text) in enumerate(cells):
        left = MARGIN + index % columns * (cell_width + GAP)
        top = HEADER + index // columns * (cell_height + text_room + GAP)
        picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
        sheet.paste(picture.resize((cell_width, cell_height), filter_), (left, top))
        if text:
            pen.text((left, top + cell_height + 1), _shorten(text, small, cell_width), font=small, fill=_FAINT)
    return sheet


def _cells(ready: PreparedSet) -> list[tuple[np.ndarray, str]]:
    total = COLUMNS * ROWS
    sources = ready.sources
    if sources is None:
        return [(ready.images[index], _text(ready, index)) for index in _spread(len(ready.images), total)]
    if ready.paired:
        both = [
            [(sources[index], "source"), (ready.images[index], _text(ready, index) or "image")]
            for index in _spread(len(ready.images), total // 2)
        ]
        return [cell for pair in both for cell in pair]
    upper = [(sources[index], "A") for index in _spread(len(sources), total // 2)]
    return upper + [(ready.images[index], "B") for index in _spread(len(ready.images), total // 2)]


def _spread(count: int, wanted: int) -> list[int]:
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, wanted))})


def _text(ready: PreparedSet, index: int) -> str:
    if ready.labels is not None:
        names = [name.split("=")[-1] for name, on in zip(ready.info["label_names"], ready.labels[index]) if on > 0.5]
        if len(names) <= 4 or ready.captions is None:
            return ", ".join(names) or "-"
    return ready.captions[index] if ready.captions is not None else ""


def _shorten(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, room: int) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[:-1]
    return text.rstrip(" ,") + "…"


def _write(
    pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, width: int, colour: tuple[int, int, int]
) -> None:
    font = ImageFont.load_default(size)
    pen.text(place, _shorten(text, font, width - 2 * MARGIN), font=font, fill=colour)
