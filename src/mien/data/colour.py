"""Colours in sRGB: the profile in an image file converts pixels of another colour space."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MOST_BYTES = 1 << 22  # of a profile; profiles of printers are large
SAME = 2  # levels: a profile that changes every colour by at most this counts as sRGB
_GRID = 9  # steps of each channel in that comparison
_CHANNELS = {"RGB": 3, "L": 1, "CMYK": 4}
_ALPHA = {"RGBA": "RGB", "LA": "L"}
_INTENT, _FLAGS = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image in sRGB, as RGB or RGBA. It is unchanged if it has no profile, sRGB's profile, or a broken
    one.
    """
    if not profile or len(profile) > MOST_BYTES:
        return image
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")
    mode = _ALPHA.get(image.mode, image.mode)
    transform = _transform(profile, mode) if mode in _CHANNELS else None
    if transform is None:
        return image
    if mode == image.mode:
        return transform.apply(image)
    colours = transform.apply(image.convert(mode))
    colours.putalpha(image.getchannel("A"))
    return colours


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the conversion to sRGB. None: no conversion is needed or possible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", _INTENT, _FLAGS)
        if mode != "CMYK" and _changes_nothing(transform, mode):
            return None
    except Exception:  # profiles may be damaged or hostile, and none of them may end the preparation
        return None
    return transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.linspace(0, 255, _GRID if mode == "RGB" else 256).round().astype(np.uint8)
    if mode == "L":
        before = Image.fromarray(steps[None])
    else:
        before = Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3))
    after = np.asarray(transform.apply(before)).astype(int)
    return int(np.abs(after - np.asarray(before.convert("RGB")).astype(int)).max()) <= SAME
