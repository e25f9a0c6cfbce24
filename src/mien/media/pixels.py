"""Pixel formats: float [-1, 1] inside mien, uint8 in files. This module does not import torch."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from mien.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_SIDE = 8
LARGEST_SIDE = 2048
LARGEST_SCALE = 64
VISIBLE_TILE, VISIBLE_WHOLE = 128, 512  # pixels, see `visible_scale`


def parse_resolution(text: str) -> tuple[int, int]:
    """ "64" -> (64, 64); "96x80" -> (96, 80), height first. Raises UsageError for anything else."""
    found = re.fullmatch(r"(\d+)(?:[x×](\d+))?", text.strip())
    if not found:
        raise UsageError(f"--resolution {text!r} is not a size: write 64, or 96x80 (height x width)")
    height, width = int(found[1]), int(found[2] or found[1])
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (height, width)):
        raise UsageError(f"--resolution {text} is out of range: each side must be {SMALLEST_SIDE} to {LARGEST_SIDE}")
    return height, width


def resolution_text(height: int, width: int) -> str:
    """(64, 64) -> "64"; (96, 80) -> "96x80"."""
    return str(height) if height == width else f"{height}x{width}"


def to_pixels(images: Tensor) -> np.ndarray:
    """Float [N,C,H,W] in [-1, 1] -> uint8 [N,H,W,C] on the CPU, rounded to nearest and clipped."""
    return (images.detach().float() * 127.5 + 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def from_pixels(pixels: Tensor) -> Tensor:
    """uint8 [N,H,W,C] -> float [N,C,H,W] in [-1, 1], channels-last in memory without a copy."""
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def grid(pixels: np.ndarray, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """uint8 [N,H,W,C] -> one uint8 image [rows*(H+gap)+gap, columns*(W+gap)+gap, C], row by row on black."""
    count, height, width, channels = pixels.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), np.uint8)
    for index, image in enumerate(pixels):
        top, left = gap + index // columns * (height + gap), gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """uint8 [...,H,W,C] -> [...,H*scale,W*scale,C]: each pixel becomes a square."""
    return pixels if scale == 1 else pixels.repeat(scale, -3).repeat(scale, -2)


def visible_scale(tile: tuple[int, int], rows: int = 1, columns: int = 1) -> int:
    """Return the smallest integer scale that makes tiles of (height, width) easy to see.

    That is VISIBLE_TILE pixels for a tile's shorter side, or VISIBLE_WHOLE for the shorter side of all tiles together.
    """
    height, width = tile
    sheet = min(rows * height, columns * width)
    return max(1, min(math.ceil(VISIBLE_TILE / min(tile)), math.ceil(VISIBLE_WHOLE / sheet)))


def check_scale(scale: int | None) -> None:
    """Check --scale. Raises UsageError if it is out of range."""
    if scale is not None and not 1 <= scale <= LARGEST_SCALE:
        raise UsageError(f"--scale {scale} is out of range: 1 to {LARGEST_SCALE}")


def as_rgb(pixels: np.ndarray) -> np.ndarray:
    """uint8 [...,1 or 3] -> uint8 [...,3]."""
    return np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels
