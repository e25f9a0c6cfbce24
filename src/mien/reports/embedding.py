"""Pictures inside the page: data URIs, recompressed so that all of them together stay within the page's size."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

MOST_BYTES = 1_300_000  # of one grid: four of them, as base64, are below 7 MB
EXACT = {"lossless": True, "method": 2}
LOSSY = ({"quality": 95, "method": 2}, {"quality": 90, "method": 4})
SHOWN = 530  # pixels across: what 8x8 pictures of 64 make; smaller grids are shown a whole number of times larger


@dataclass(frozen=True)
class Embedded:
    """uri: "data:image/webp;base64,…". width, height: in pixels of the picture. how: what was done to it."""

    uri: str
    width: int
    height: int
    how: str

    def tag(self, alt: str) -> str:
        """alt: escaped already."""
        zoom = max(1, SHOWN // self.width)
        look = ' class="enlarged"' if zoom > 1 else ""
        size = f'width="{self.width * zoom}" height="{self.height * zoom}"'
        return f'<img{look} {size} alt="{alt}" src="{self.uri}">'


def embed(path: Path, most_bytes: int = MOST_BYTES) -> Embedded | None:
    """Without loss where that is small enough, else at quality 90 or more, then halved. None for what is damaged or is
    being written."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    # WebP without loss saves at most about half of a PNG; trying it on a large one would only take time.
    attempts = (EXACT, *LOSSY) if path.stat().st_size < 2 * most_bytes else LOSSY
    halvings = 0
    while True:
        for options in attempts:
            buffer = io.BytesIO()
            picture.save(buffer, "WEBP", **options)
            if buffer.tell() <= most_bytes:
                how = "" if "lossless" in options else f"WebP quality {options['quality']}"
                how += f"{', ' if how else ''}reduced {2**halvings} times" if halvings else ""
                return Embedded(uri(buffer.getvalue(), "webp"), *picture.size, how)
        halvings += 1
        picture = picture.reduce(2)


def embed_film(path: Path, room: int) -> Embedded | None:
    """The file as it is; None where it would take more than `room` characters, or is damaged."""
    try:
        if path.stat().st_size * 4 / 3 > room:
            return None
        with Image.open(path) as film:
            size, kind = film.size, str(film.format).lower()
        if kind not in ("gif", "webp"):
            return None
        return Embedded(uri(path.read_bytes(), kind), *size, "")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
