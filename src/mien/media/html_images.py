"""Images inside HTML, small enough to stay in a saved notebook."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image, ImageOps

from mien.media.image_files import to_image
from mien.media.pixels import grid

MOST_BYTES = 72_000  # of a file; 96,000 characters in base64
STRIP = 8  # images in a strip
TILE = 64  # smallest side of an image in a strip, in pixels


def data_uri(image: Image.Image, longest: int = 640) -> str:
    """Return a WebP of at most MOST_BYTES as a data URI. longest: the largest side in pixels; larger images shrink."""
    image = image.convert("RGB")
    while True:
        if max(image.size) > longest:
            image = image.copy()
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        for quality in (90, 70, 50):
            file = io.BytesIO()
            image.save(file, "WEBP", quality=quality, method=4)
            if file.tell() <= MOST_BYTES:
                return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
        longest = max(image.size) * 3 // 4


def image_tag(image: Image.Image, about: str, longest: int = 640) -> str:
    """Return an <img>. about: its alternative text."""
    style = "max-width:100%;border-radius:4px"
    return f'<img src="{data_uri(image, longest)}" alt="{escape(about, quote=True)}" style="{style}">'


def strip(images: Sequence[Image.Image], about: str) -> str:
    """Return an <img> of the first STRIP images in a row. All are padded to the size of the first."""
    if not images:
        return ""
    width, height = images[0].size
    zoom = max(1, -(-TILE // min(width, height)))
    size = (width * zoom, height * zoom)
    chosen = [ImageOps.pad(image.convert("RGB"), size, Image.Resampling.NEAREST) for image in images[:STRIP]]
    sheet = grid(np.stack([np.asarray(image) for image in chosen]), len(chosen))
    return image_tag(to_image(sheet), about, longest=STRIP * 130)
