"""Images inside the page: data URIs, compressed so that all of them together stay within the page's size."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

MAX_BYTES = 1_300_000  # of one grid: four of them, as base64, are below 7 MB
EXACT: dict[str, Any] = {"lossless": True, "method": 2}
LOSSY: tuple[dict[str, Any], ...] = ({"quality": 95, "method": 2}, {"quality": 90, "method": 4})
SHOWN_WIDTH = 530  # pixels, as 8 x 8 images of 64 px; a smaller grid is enlarged by a whole factor


@dataclass(frozen=True)
class Embedded:
    """uri: "data:image/webp;base64,…". width, height: in pixels. how: what compression lost, "" if nothing."""

    uri: str
    width: int
    height: int
    how: str = ""

    @property
    def zoom(self) -> int:
        """How many times larger the page shows it."""
        return max(1, SHOWN_WIDTH // self.width)


@dataclass(frozen=True)
class Figure:
    image: Embedded
    caption: str


def read_figure(path: Path, caption: str, unreadable: list[str], max_bytes: int = MAX_BYTES) -> Figure | None:
    """The image with its caption; None, and a line in `unreadable`, for a file that is no image."""
    image = embed(path, max_bytes)
    if image is None:
        unreadable.append(f"{path.name} cannot be read as an image")
        return None
    return Figure(image, caption)


def embed(path: Path, max_bytes: int = MAX_BYTES) -> Embedded | None:
    """The image without loss if that is small enough, else at quality 95 or 90, else halved. None for a file that is
    damaged or just being written."""
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    # WebP without loss saves at most about half of a PNG; trying it on a large one would only take time.
    return compress(image, max_bytes, attempts=(EXACT, *LOSSY) if path.stat().st_size < 2 * max_bytes else LOSSY)


def compress(
    image: Image.Image, max_bytes: int = MAX_BYTES, attempts: Sequence[dict[str, Any]] = (EXACT, *LOSSY)
) -> Embedded:
    """The image by the first attempt that is small enough. If none is, the image is halved."""
    halvings = 0
    while True:
        for options in attempts:
            buffer = io.BytesIO()
            image.save(buffer, "WEBP", **options)
            if buffer.tell() <= max_bytes:
                how = "" if "lossless" in options else f"WebP quality {options['quality']}"
                how += f"{', ' if how else ''}reduced {2**halvings} times" if halvings else ""
                return Embedded(uri(buffer.getvalue(), "webp"), *image.size, how)
        halvings += 1
        image = image.reduce(2)


def embed_film(path: Path, room: int) -> Embedded | None:
    """The file as it is; None if it is damaged or takes more than `room` characters."""
    try:
        if path.stat().st_size * 4 / 3 > room:
            return None
        with Image.open(path) as film:
            size, kind = film.size, str(film.format).lower()
        if kind not in ("gif", "webp"):
            return None
        return Embedded(uri(path.read_bytes(), kind), *size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def uri(data: bytes, kind: str) -> str:
    """A data URI. kind: webp or gif."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
