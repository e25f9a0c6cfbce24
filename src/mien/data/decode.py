"""Decode an image file to uint8 pixels of the requested size. docs/data.md defines the result for unusual files."""

from __future__ import annotations

import importlib
import io
from functools import cache
from types import ModuleType

import numpy as np
from PIL import Image, ImageOps

from mien.data.colour import to_srgb
from mien.data.formats import EXTRAS, JXL, format_of, installed, jxl_pixels, load
from mien.data.resample import LARGEST_PLAN, lanczos, lanczos_two

MOST_PIXELS = 100_000_000  # checked from the header, before anything is decoded
FORMATS = (
    "JPEG",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "DIB",
    "TIFF",
    "PPM",
    "AVIF",
    "JPEG2000",
)  # never EPS: it runs a program
FILTER = "lanczos"
KINDS = "sRGB " + " ".join(extra.name for extra in EXTRAS if installed(extra))  # what else the pixels depend on

_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")


class BadImage(Exception):
    """An image file that cannot be used. The message is the reason, in a few words."""


def open_image(data: bytes, name: str = "") -> Image.Image:
    """Return the image with only its header read. The content decides the format, not the extension.

    Raises BadImage: empty, no image, or too large.
    """
    if not data:
        raise BadImage("empty file")
    formats: tuple[str, ...] = FORMATS
    if name.lower().endswith(".tga"):  # TGA has no signature to know it by
        formats = (*FORMATS, "TGA")
    if extra := format_of(data):
        if not load(extra):
            raise BadImage(f"{extra.name}: {extra.cure}")
        formats = (extra.pillow,)
    try:
        if extra is JXL and jxl_pixels(data) > MOST_PIXELS:
            raise BadImage(f"over {MOST_PIXELS:,} pixels")
        image = Image.open(io.BytesIO(data), formats=formats)
    except BadImage:
        raise
    except Image.DecompressionBombError as error:
        raise BadImage(f"over {MOST_PIXELS:,} pixels") from error
    except Exception as error:  # decoders raise any exception on hostile bytes, and none of them may end the run
        blame(error, 1 << 20)
        raise BadImage("not an image that can be read") from error
    if image.width * image.height > MOST_PIXELS:
        raise BadImage(f"{image.width}x{image.height} is over {MOST_PIXELS:,} pixels")
    return image


def blame(error: Exception, pixels: int) -> None:
    """Raise MemoryError if the machine has no memory for this number of pixels.

    Pillow also raises MemoryError for a damaged file. A full machine must not make an image count as damaged.
    """
    if isinstance(error, MemoryError):
        bytearray(8 * pixels)


def upright(image: Image.Image, height: int, width: int, copies: int = 1) -> Image.Image:
    """Return the decoded image in RGB, rotated by its EXIF orientation.

    JPEGs may be decoded at a fraction, never below twice height x width. `copies` is 2 for side-by-side pairs, whose
    halves each become height x width. Raises BadImage.
    """
    try:
        if image.format == "JPEG":
            _draft(image, height, width, copies)
        image.load()
        profile = image.info.get("icc_profile")
        if "exif" in image.info or image.format == "TIFF":
            image = ImageOps.exif_transpose(image)
        return to_rgb(to_srgb(image, profile) if profile else image)
    except Exception as error:  # see open_image
        blame(error, image.width * image.height)
        reason = "truncated" if "truncated" in str(error) else f"damaged ({type(error).__name__})"
        raise BadImage(reason) from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB: alpha over white, 16 bits scaled to 8, palettes, CMYK and gray converted."""
    mode = image.mode
    if mode in _ALPHA or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    if mode == "RGB":
        return image
    if mode in _SIXTEEN_BITS:
        values = np.clip(np.asarray(image).astype(np.float32), 0, 65535)
        image = Image.fromarray(np.rint(values / 257).astype(np.uint8))
    elif mode == "F":
        values = np.nan_to_num(np.asarray(image))
        values = values * 255 if values.max(initial=0) <= 1 else values
        image = Image.fromarray(np.rint(np.clip(values, 0, 255)).astype(np.uint8))
    return image.convert("RGB")


def fit(image: Image.Image | np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the largest centred crop, resized by Lanczos: RGB (or uint8 [H,W,4]) -> uint8 [height, width, 3]."""
    have_width, have_height = image.shape[1::-1] if isinstance(image, np.ndarray) else image.size
    return lanczos(image, (width, height), crop_box(have_width, have_height, height, width))


def fit_two(one: np.ndarray, other: np.ndarray, height: int, width: int) -> np.ndarray:
    """Apply `fit` to two uint8 [H,W,4] of one shape -> uint8 [2, height, width, 3]."""
    return lanczos_two(one, other, (width, height), crop_box(one.shape[1], one.shape[0], height, width))


def crop_box(have_width: int, have_height: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) in integer pixels: the largest centred crop with the aspect of height x
    width.
    """
    crop_width = min(have_width, max(1, round(have_height * width / height)))
    crop_height = min(have_height, max(1, round(have_width * height / width)))
    left, top = (have_width - crop_width) // 2, (have_height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def decode_image(data: bytes, name: str, height: int, width: int) -> np.ndarray:
    """Decode the content of a file -> uint8 [height, width, 3]. Raises BadImage."""
    pixels = quick_jpeg(data, height, width)
    return careful_image(data, name, height, width) if pixels is None else fit(pixels, height, width)


def careful_image(data: bytes, name: str, height: int, width: int) -> np.ndarray:
    """Decode a file of any kind with Pillow, as `decode_image` does."""
    return fit(upright(open_image(data, name), height, width), height, width)


def pair(data: bytes, name: str, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Decode a side-by-side file -> (left A, right B), each uint8 [height, width, 3]. Raises BadImage unless 2:1."""
    image = upright(open_image(data, name), height, width, copies=2)
    half = image.width // 2
    if half != image.height:
        raise BadImage(f"{image.width}x{image.height} is not a side-by-side pair (twice as wide as high)")
    left = image.crop((0, 0, half, image.height))
    return fit(left, height, width), fit(image.crop((half, 0, 2 * half, image.height)), height, width)


def _draft(image: Image.Image, height: int, width: int, copies: int) -> None:
    """Let the JPEG decoder shrink by 2, 4 or 8 if the crop stays at least twice the target, for any EXIF
    orientation.
    """
    shrink = _shrink(image.width / copies, image.height, height, width)
    if shrink > 1 and (copies == 1 or image.width % (2 * shrink) == 0):
        image.draft(None, (image.width // shrink, image.height // shrink))


def _shrink(have_width: float, have_height: int, height: int, width: int) -> int:
    upright_scale = min(have_width / width, have_height / height)
    turned_scale = min(have_height / width, have_width / height)
    room = min(upright_scale, turned_scale) / 2
    return next((step for step in (8, 4, 2) if step <= room), 1)


# simplejpeg decodes the JPEGs of usual photos if it is installed. It uses libjpeg-turbo like Pillow, so the pixels
# are the same, without Pillow's copies. Pillow decodes all unusual files and reports their errors.

_SIZES = {0xC0, 0xC2}  # baseline and progressive Huffman
_TABLES = {0xDB, 0xC4, 0xDD, 0xFE}  # quantization, Huffman, restart interval; a comment
_SAMPLINGS = (b"\x11", b"\x11\x11\x11", b"\x21\x11\x11", b"\x22\x11\x11")  # gray, 4:4:4, 4:2:2, 4:2:0


def quick_jpeg(data: bytes, height: int, width: int) -> np.ndarray | None:
    """Return uint8 [height, width, 4] with Pillow's RGB and an unused byte. None: Pillow must decode the file."""
    try:
        have_width, have_height = _plain_jpeg(data)
        few = 0 < have_width * have_height <= min(LARGEST_PLAN, MOST_PIXELS)
        if not few or _shrink(have_width, have_height, height, width) > 1 or not (jpeg := _simplejpeg()):
            return None
        pixels: np.ndarray = jpeg.decode_jpeg(data, "RGBX")  # strict: it raises where Pillow would repair silently
    except Exception:  # see open_image
        return None
    return pixels


def _plain_jpeg(data: bytes) -> tuple[int, int]:
    """Return (width, height) from the header. Raises ValueError or IndexError unless JFIF: no EXIF, Adobe or MPO."""
    if data[:4] != b"\xff\xd8\xff\xe0" or data[6:11] != b"JFIF\0":
        raise ValueError
    at, size = 4 + int.from_bytes(data[4:6]), (0, 0)
    while (marker := data[at + 1]) != 0xDA:  # until the first scan
        if data[at] != 0xFF or (marker in _SIZES) == (marker in _TABLES):
            raise ValueError
        length = data[at + 2] << 8 | data[at + 3]
        if marker in _SIZES:
            if data[at + 4] != 8 or data[at + 11 : at + 2 + length : 3] not in _SAMPLINGS or any(size):
                raise ValueError
            size = data[at + 7] << 8 | data[at + 8], data[at + 5] << 8 | data[at + 6]
        at += 2 + length
    return size


@cache
def _simplejpeg() -> ModuleType | None:
    """Return the module if it is installed and decodes to exactly the bytes of Pillow's libjpeg, else None."""
    try:
        module = importlib.import_module("simplejpeg")
        grain = np.random.default_rng(0).integers(0, 256, (11, 9, 3), np.uint8)
        image = Image.fromarray(grain).resize((45, 53))
        for sampling, progressive in ((0, False), (1, False), (2, False), (2, True)):
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", subsampling=sampling, progressive=progressive, quality=85)
            if not np.array_equal(module.decode_jpeg(buffer.getvalue()), np.asarray(Image.open(buffer))):
                return None
    except Exception:  # a build that does not fit this machine or this NumPy
        return None
    return module
