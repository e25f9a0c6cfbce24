"""One crop of an image, turned and resized with antialiasing. Outside the image it shows the mirror image."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageFilter

from mien.faces.placing import Placement

FINER = 2  # the turn is computed at this multiple of the crop's resolution, then reduced
REACH = 4  # pixels around the crop that the filters read
FADE = 0.1  # the mirror image is blurred within this share of the crop's side, so that no second eye appears


def warp(image: Image.Image, placement: Placement) -> np.ndarray:
    """RGB image -> the crop, uint8 [height, width, 3].

    If the crop is far smaller than its part of the image, Lanczos first reduces that part: the turn reads only 4 x 4
    pixels for each of its own. Pillow does this, because `data.resample` is not safe in several threads.
    """
    height, width = placement.size
    scale = abs(placement.step)
    finer = FINER if scale > 1 else 1
    shrink = max(1.0, scale / finer)
    part, corner, shrink_x, shrink_y = region(image, placement, shrink)
    step = placement.step / finer
    start = placement.centre - step * complex(width, height) * finer / 2 - corner
    across, down = (step, start), (step * 1j, start)
    rows = (
        *(across[0].real / shrink_x, down[0].real / shrink_x, start.real / shrink_x),
        *(across[0].imag / shrink_y, down[0].imag / shrink_y, start.imag / shrink_y),
    )
    size = (width * finer, height * finer)
    turned = part.transform(size, Image.Transform.AFFINE, rows, Image.Resampling.BICUBIC)
    return np.array(turned if finer == 1 else turned.resize((width, height), Image.Resampling.LANCZOS))


def region(image: Image.Image, placement: Placement, shrink: float) -> tuple[Image.Image, complex, float, float]:
    """The crop's bounding box, reduced by about `shrink`: (image, its corner, the reduction across, and down)."""
    height, width = placement.size
    corners = placement.in_image(np.array([[0, 0], [width, 0], [0, height], [width, height]], float))
    reach = REACH * max(1.0, abs(placement.step))
    low, high = np.floor(corners.min(0) - reach).astype(int), np.ceil(corners.max(0) + reach).astype(int)
    inside_low = np.clip(low, 0, np.array(image.size) - 1)
    inside_high = np.clip(high, inside_low + 1, image.size)
    box = (int(inside_low[0]), int(inside_low[1]), int(inside_high[0]), int(inside_high[1]))
    have = inside_high - inside_low
    want = np.maximum(np.rint(have / shrink), 1).astype(int)
    part = image.crop(box)
    if shrink > 1:
        part = part.resize((int(want[0]), int(want[1])), Image.Resampling.LANCZOS, reducing_gap=3.0)
    ratio = have / want
    before = np.ceil(np.maximum(inside_low - low, 0) / ratio).astype(int)
    after = np.ceil(np.maximum(high - inside_high, 0) / ratio).astype(int)
    if before.any() or after.any():
        part = mirrored(
            np.asarray(part), before, after, FADE * min(height, width) * abs(placement.step) / float(ratio.mean())
        )
    corner = inside_low - before * ratio
    return part, complex(*corner), float(ratio[0]), float(ratio[1])


def mirrored(pixels: np.ndarray, before: np.ndarray, after: np.ndarray, fade: float) -> Image.Image:
    """uint8 [H,W,3] -> the image, extended by its mirror image. before, after: pixels added, (across, down).

    fade: pixels outside the image over which the mirror image changes from sharp to blurred.
    """
    edges = [(int(before[1]), int(after[1])), (int(before[0]), int(after[0])), (0, 0)]
    extended = np.pad(pixels, edges, mode="symmetric")
    beyond = [
        np.maximum(np.maximum(first - np.arange(length), np.arange(length) - (length - 1 - last)), 0)
        for length, (first, last) in zip(extended.shape, edges[:2])
    ]
    distance = np.hypot(beyond[0][:, None], beyond[1][None])
    share = np.clip(distance / max(fade, 1.0), 0, 1)[..., None].astype(np.float32)
    blurred = np.asarray(Image.fromarray(extended).filter(ImageFilter.GaussianBlur(math.ceil(fade))), np.float32)
    return Image.fromarray(np.rint(extended + (blurred - extended) * share).astype(np.uint8))
