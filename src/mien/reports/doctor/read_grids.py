"""The images of sample grids, read from a run's files, and the symptoms of every grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mien.media.image_files import read_facts
from mien.reports.doctor.grid_symptoms import Images, grid_symptoms
from mien.reports.doctor.translation_symptoms import SHOWN, translation_symptoms

MOST_PIXELS = 80_000_000  # 64 images of 1,024 px; a larger file would need too much memory


def read_tiles(path: Path) -> np.ndarray | None:
    """Return the images of a grid, uint8 [N,H,W,C]; None for a file that is damaged or no grid of mien."""
    try:
        with Image.open(path) as image:
            facts = read_facts(image)
            if facts is None or image.width * image.height > MOST_PIXELS:
                return None
            sheet = np.asarray(image)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return tiles(sheet if sheet.ndim == 3 else sheet[..., None], facts)


def tiles(sheet: np.ndarray, facts: dict[str, Any]) -> np.ndarray | None:
    """Cut a sheet [H,W,C] into its images: the reverse of `mien.media.pixels.grid`. None if the facts do not fit."""
    names = ("rows", "columns", "height", "width", "gap")
    numbers = [facts.get(name) for name in names]
    if not all(isinstance(number, int) and 0 <= number <= 1 << 16 for number in numbers):
        return None
    rows, columns, height, width, gap = (int(number or 0) for number in numbers)
    if not (rows and columns and height and width) or sheet.dtype != np.uint8:
        return None
    if sheet.shape[:2] != (rows * (height + gap) + gap, columns * (width + gap) + gap):
        return None
    inner = sheet[gap:, gap:].reshape(rows, height + gap, columns, width + gap, sheet.shape[2])
    return inner[:, :height, :, :width].swapaxes(1, 2).reshape(-1, height, width, sheet.shape[2])


def groups_of(count: int, conditional: bool) -> np.ndarray | None:
    """Return the group [N] of each image of a grid: each row of a conditional run has one label."""
    return np.arange(count) // int(np.ceil(np.sqrt(count))) if conditional else None


def symptoms_of_grids(
    grids: list[tuple[float, Path]], reals: Path | None, conditional: bool = False
) -> list[dict[str, float]]:
    """Return a row {"images": …, "kimg": …, "contrast": …} for each readable grid, oldest first; [] without reals.png.

    grids: (kimg, file). A grid of other sizes than the real images, such as that of a translator, has no row.
    """
    pixels = read_tiles(reals) if reals else None
    if pixels is None:
        return []
    real = Images(pixels)
    found: list[dict[str, float]] = []
    before = None
    for kimg, path in grids:
        shown = read_tiles(path)
        if shown is None or shown.shape[1:] != pixels.shape[1:]:
            continue
        fake = Images(shown, groups_of(len(shown), conditional))
        found.append({"images": round(kimg * 1000), "kimg": kimg, **grid_symptoms(fake, real, before)})
        before = fake
    return found


def symptoms_of_translations(grids: list[tuple[float, Path]], routes: int) -> list[dict[str, float]]:
    """Return a row {"images": …, "kimg": …, "changed": …} for each readable grid of a translator, oldest first.

    routes: 1 for pairs, 2 for both directions.
    """
    found = []
    for kimg, path in grids:
        rows = read_tiles(path)
        if rows is not None and rows.shape[2] % SHOWN == 0 and len(rows) > routes:
            found.append({"images": round(kimg * 1000), "kimg": kimg, **translation_symptoms(rows, routes)})
    return found
