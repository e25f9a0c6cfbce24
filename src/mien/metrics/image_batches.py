"""Batches of uint8 images for a metric, from a folder, an array, a tensor or PIL images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from mien.data.layouts import Layout, detect, sampled_sizes
from mien.data.prepare import prepare
from mien.errors import UsageError
from mien.media.pixels import as_rgb, to_pixels

Images = str | Path | np.ndarray | Tensor | Sequence[Image.Image]
"""A folder or archive, uint8 [N,H,W,C], float [N,C,H,W] in [-1, 1], or PIL images of one size; C is 1 or 3."""

BEYOND = 0.5  # how far a generator without a bound may leave [-1, 1]; larger values mean another range


def image_batches(
    images: Images, name: str, batch: int, resolution: int | tuple[int, int] | None
) -> Iterator[np.ndarray]:
    """uint8 [<=batch,H,W,3] at a time. name: what messages call them. Raises UsageError for anything else.

    resolution: of a folder's images, pixels or (height, width); the one that they share if left out.
    """
    pixels = pixels_of(images, name, resolution)
    for start in range(0, len(pixels), batch):
        yield as_rgb(np.ascontiguousarray(pixels[start : start + batch]))


def pixels_of(images: Images, name: str, resolution: int | tuple[int, int] | None) -> np.ndarray:
    """uint8 [N,H,W,1 or 3]"""
    if isinstance(images, str | Path):
        layout = detect(str(images), "none")
        height, width = size_of(layout, name) if resolution is None else pair(resolution)
        return prepare(str(images), height, width, sources=layout.wanted).images
    if resolution is not None:
        raise UsageError(f"resolution is for a folder or archive: {name} has the size that it has; leave it out")
    if isinstance(images, Tensor):
        pixels = pixels_of_tensor(images, name)
    elif isinstance(images, np.ndarray):
        pixels = images
    else:
        pixels = pixels_of_pil(images, name)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3) or not len(pixels):
        wanted, found = "uint8 [N,H,W,3], float [N,3,H,W] in [-1, 1], PIL images or a path", list(pixels.shape)
        raise UsageError(f"{name} must be {wanted}, not {pixels.dtype} {found}")
    return pixels


def pixels_of_tensor(images: Tensor, name: str) -> np.ndarray:
    if not images.is_floating_point() or images.dim() != 4:
        return images.detach().cpu().numpy()
    least, most = float(images.min()), float(images.max())
    if least >= 0 and most > 0 and most <= 1:
        raise UsageError(f"{name} lies in [0, 1]: a tensor must lie in [-1, 1]; give images * 2 - 1")
    if not (least >= -1 - BEYOND and most <= 1 + BEYOND):
        raise UsageError(f"{name} lies in [{least:g}, {most:g}]: a tensor must lie in [-1, 1]")
    return to_pixels(images)


def pixels_of_pil(images: Sequence[Image.Image], name: str) -> np.ndarray:
    if not images or not all(isinstance(image, Image.Image) for image in images):
        raise UsageError(f"{name} must be a path, an array, a tensor or a list of PIL images")
    if len({image.size for image in images}) > 1:
        raise UsageError(f"{name} holds images of several sizes: resize them, or save them and give the folder")
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def size_of(layout: Layout, name: str) -> tuple[int, int]:
    """Return the (height, width) that all images of a folder share."""
    sizes = {layout.size} if layout.size else set(sampled_sizes(layout))
    if len(sizes) != 1:
        raise UsageError(f"{name}: {layout.path} holds images of several sizes: give resolution")
    return sizes.pop()


def pair(resolution: int | tuple[int, int]) -> tuple[int, int]:
    return (resolution, resolution) if isinstance(resolution, int) else resolution
