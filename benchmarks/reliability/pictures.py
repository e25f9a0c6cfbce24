"""Mutated images of every format: mien trains on each or lists it as skipped with the reason. No image ends mien.

python benchmarks/reliability/pictures.py [--count 1000] [--seed 0] [--quick]
"""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import harness
import numpy as np
from PIL import Image, ImageCms

from mien.data.formats import EXTRAS, load

MOST_SECONDS = 10.0  # of one picture, on a busy machine
SIDE = 40


@cache
def seeds() -> list[tuple[str, bytes]]:
    """Returns (ending, complete file) of every format and kind that mien reads."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    image = Image.fromarray(pixels).resize((SIDE, SIDE - 7), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sixteen = Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE))
    frames = {"save_all": True, "append_images": [image.rotate(180)]}
    made = [
        ("jpg", image, "JPEG", {}),
        ("jpg", image, "JPEG", {"progressive": True, "exif": exif}),
        ("jpg", image, "JPEG", {"icc_profile": profile, "restart_marker_blocks": 2}),
        ("jpg", image.convert("CMYK"), "JPEG", {}),
        ("jpg", image, "MPO", frames),
        ("png", image, "PNG", {"icc_profile": profile, "exif": exif}),
        ("png", image.quantize(9), "PNG", {"transparency": 0}),
        ("png", image.convert("LA"), "PNG", {}),
        ("png", sixteen, "PNG", {}),
        ("png", image, "PNG", frames),
        ("webp", image, "WEBP", {"icc_profile": profile}),
        ("webp", image.convert("RGBA"), "WEBP", {"lossless": True, **frames}),
        ("gif", image, "GIF", frames),
        ("bmp", image, "BMP", {}),
        ("tif", image, "TIFF", {"compression": "tiff_lzw", "icc_profile": profile}),
        ("tif", image, "TIFF", {"compression": "tiff_adobe_deflate", **frames}),
        ("tif", image, "TIFF", {"compression": "jpeg"}),
        ("tif", image.convert("F"), "TIFF", {}),
        ("tif", sixteen, "TIFF", {}),
        ("ppm", image, "PPM", {}),
        ("pbm", image.convert("1"), "PPM", {}),
        ("avif", image, "AVIF", {"icc_profile": profile}),
        ("jp2", image, "JPEG2000", {}),
        ("tga", image, "TGA", {"compression": "tga_rle"}),
    ]
    made += [(extra.endings[0][1:], image, extra.pillow, {}) for extra in EXTRAS if load(extra)]
    return [(ending, _encoded(picture, kind, options)) for ending, picture, kind, options in made]


def _encoded(image: Image.Image, kind: str, options: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    frames = options.get("append_images", [])
    again = {"append_images": [frame.copy() for frame in frames]} if isinstance(frames, list) and frames else {}
    image.copy().save(buffer, kind, **{**options, **again})  # saving leaves its settings on the picture
    return buffer.getvalue()


def _bytes(data: bytearray, draw: random.Random) -> bytearray:
    for _ in range(draw.choice((1, 2, 8, 64))):
        data[draw.randrange(len(data))] = draw.choice((0, 255, draw.randrange(256)))
    return data


def _head(data: bytearray, draw: random.Random) -> bytearray:
    for _ in range(draw.choice((1, 2, 4))):
        data[draw.randrange(min(len(data), 64))] ^= 1 << draw.randrange(8)
    return data


def _number(data: bytearray, draw: random.Random) -> bytearray:
    """Replaces a length, a size or an offset by a false one."""
    at, width = draw.randrange(len(data)), draw.choice((2, 4, 8))
    value = draw.choice((0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), 0x10000 % (1 << 8 * width)))
    data[at : at + width] = value.to_bytes(width, draw.choice(("big", "little")))
    return data


def _cut(data: bytearray, draw: random.Random) -> bytearray:
    return data[: draw.randrange(len(data))]


def _gap(data: bytearray, draw: random.Random) -> bytearray:
    at = draw.randrange(len(data))
    del data[at : at + draw.randrange(1, 40)]
    return data


def _again(data: bytearray, draw: random.Random) -> bytearray:
    at = draw.randrange(len(data))
    return data[:at] + data[at : at + draw.randrange(1, 200)] + data[at:]


def _other(data: bytearray, draw: random.Random) -> bytearray:
    """Joins the head of one file to the body of another."""
    other = draw.choice(seeds())[1]
    return data[: draw.randrange(1, 60)] + other[draw.randrange(60) :]


MUTATIONS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    _bytes, _head, _number, _cut, _gap, _again, _other,
)  # fmt: skip


def mutated(index: int, draw: random.Random) -> tuple[str, bytes]:
    """Returns (ending, content) of one attempt; the formats take turns."""
    ending, data = seeds()[index % len(seeds())]
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 3))):
        changed = draw.choice(MUTATIONS)(changed, draw) if changed else changed
    return draw.choice((ending, ending, "jpg")), bytes(changed)


def case(index: int, draw: random.Random, folder: Path) -> str | None:
    """Passes one mutated image beside a good one through `mien data check`."""
    ending, content = mutated(index, draw)
    place = folder / "set"
    place.mkdir()
    Image.new("RGB", (SIDE, SIDE), (9, 99, 200)).save(place / "good.png")
    (place / f"mutated.{ending}").write_bytes(content)
    start = time.monotonic()
    code, out, err = harness.in_process("data", "check", "set", "--resolution", "16", "--json", cwd=folder)
    taken = time.monotonic() - start
    if code != 0:
        return f"{ending}: exit {code}: {err[-300:]}"
    found = json.loads(out)
    if found["pictures"] + found["bad_count"] != 2:
        return f"{ending}: {found['pictures']} pictures and {found['bad_count']} bad ones are not 2"
    if "Traceback" in err or any(not one["reason"] for one in found["bad"]):
        return f"{ending}: {err[-300:]} {found['bad']}"
    return f"{ending}: took {taken:.1f} s" if taken > MOST_SECONDS else None


if __name__ == "__main__":
    harness.main("pictures", case, default_count=1000, quick_count=30)
