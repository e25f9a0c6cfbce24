"""PNG, JPEG and WebP files that record their origin: write and read images with facts inside."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from mien.errors import FileError
from mien.runtime import typed_json

KEY = "mien"  # the keyword of a PNG's tEXt
ASCII = b"ASCII\0\0\0"  # EXIF's UserComment begins with its character set
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


def to_image(pixels: np.ndarray) -> Image.Image:
    """uint8 [H,W,1 or 3] -> mode L or RGB."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def encode(image: Image.Image, format: str, facts: dict[str, Any]) -> bytes:
    """Return a file's content. format: a key of FORMATS.

    facts: stored as JSON, in the tEXt chunk "mien" of a PNG, in EXIF's UserComment of a JPEG or WebP.
    """
    file = io.BytesIO()
    text = json.dumps(facts)
    if format == "png":
        info = PngImagePlugin.PngInfo()
        info.add_text(KEY, text)
        image.save(file, "PNG", pnginfo=info)
        return file.getvalue()
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = ASCII + text.encode("ascii")
    options = {"quality": 95, "subsampling": 0} if format == "jpg" else {"quality": 95, "method": 4}
    image.save(file, FORMATS[format], exif=exif, **options)
    return file.getvalue()


def read_facts(image: Image.Image) -> dict[str, Any] | None:
    """Return the facts that `encode` stored, or None if the file has none."""
    text = image.info.get(KEY)
    if text is None:
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
        text = comment.removeprefix(ASCII) if isinstance(comment, bytes) else comment
    try:
        return typed_json.decode(text, dict[str, Any], "the image's facts") if text else None
    except FileError:
        return None
