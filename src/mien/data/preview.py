"""A contact sheet of the training images: up to 64 images, each with its label or caption."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from mien.data.prepared import PreparedSet
from mien.errors import FileError
from mien.media.contact_sheet import DARK, Cell, contact_sheet, fitted
from mien.media.image_files import KEY, to_image

COLUMNS = ROWS = 8
SIDE = 112  # pixels of the longer side of an image on the sheet, about
MOST_LABELS = 4  # an image with a caption and more labels than this shows its caption


def save_sheet(ready: PreparedSet, path: Path) -> Path:
    """Write the sheet as a PNG and return its path. Raises FileError if it cannot be written."""
    sheet = preview(ready)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = PngImagePlugin.PngInfo()
        facts.add_text(KEY, json.dumps({"sheet": str(ready.info["source"])}))  # so that mien does not train on it
        sheet.save(path, format="PNG", pnginfo=facts)
    except OSError as error:
        raise FileError(f"--output {path} cannot be written: {error.strerror or error}") from error
    return path


def preview(ready: PreparedSet) -> Image.Image:
    """Return the sheet of a prepared set: evenly spread images, with sources beside (pairs) or above (unpaired)."""
    cells = [Cell(fitted(to_image(pixels), SIDE), text) for pixels, text in _images(ready)]
    source, count = ready.describe()[0].split(":", 1)
    title = [f"{Path(source).name}:{count}", ready.describe()[1]]
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return contact_sheet(rows, title=title, paper=DARK)


def _images(ready: PreparedSet) -> list[tuple[np.ndarray, str]]:
    """Return (uint8 [H,W,1 or 3], its caption) in the order of the sheet."""
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


def _spread(count: int, most: int) -> list[int]:
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, most))})


def _text(ready: PreparedSet, index: int) -> str:
    if ready.labels is not None:
        names = [name.split("=")[-1] for name, on in zip(ready.info["label_names"], ready.labels[index]) if on > 0.5]
        if len(names) <= MOST_LABELS or ready.captions is None:
            return ", ".join(names) or "-"
    return ready.captions[index] if ready.captions is not None else ""
