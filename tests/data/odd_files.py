"""Sixty odd image files, made from nothing, each with the pixel that it must give or the reason to skip it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

RED, WHITE = (200, 30, 40), (255, 255, 255)
Expected = tuple[int, int, int] | str  # the colour of the centre, or a part of the reason


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=format_, **options)
    return buffer.getvalue()


def plain(mode: str = "RGB", size: tuple[int, int] = (40, 30), colour: object = RED) -> Image.Image:
    return Image.new(mode, size, colour)


def halves(size: tuple[int, int] = (40, 40)) -> Image.Image:
    """Left half red, right half white."""
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return image


def noise(size: tuple[int, int] = (64, 64)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def turned(format_: str, orientation: int) -> bytes:
    """Red where, after turning as EXIF says, the centre of the upper half is."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.new("RGB", (48, 48), WHITE)
    upright.paste(RED, (0, 0, 48, 30))  # the centre is red, the bottom white
    back = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright.transpose(back[orientation]) if back[orientation] is not None else upright
    return encoded(stored, format_, exif=exif, **({"quality": 95} if format_ == "JPEG" else {}))


def palette(transparent: bool) -> Image.Image:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 255, *RED] + [0] * 762)
    if transparent:
        image.info["transparency"] = 1
    return image


def animation() -> dict[str, object]:
    return {"save_all": True, "append_images": [plain(colour=(0, 255, 0)), plain(colour=(0, 0, 255))]}


def cases() -> dict[str, tuple[bytes, Expected]]:
    """File name -> (content, the colour that the centre must have within a few levels, or the reason it is skipped)."""
    sixteen = np.full((20, 20), 50 * 257, np.uint16)
    jpeg, png, webp = encoded(noise(), "JPEG"), encoded(noise(), "PNG"), encoded(noise(), "WEBP")
    gif = encoded(noise(), "GIF")
    save: Callable[..., bytes] = encoded
    return {
        "rgb.jpg": (save(plain(), "JPEG", quality=95), RED),
        "rgb.png": (save(plain(), "PNG"), RED),
        "rgb.webp": (save(plain(), "WEBP", lossless=True), RED),
        "rgb.bmp": (save(plain(), "BMP"), RED),
        "rgb.tif": (save(plain(), "TIFF"), RED),
        "lzw.tiff": (save(plain(), "TIFF", compression="tiff_lzw"), RED),
        "rgb.ppm": (save(plain(), "PPM"), RED),
        "rgb.gif": (save(plain(), "GIF"), RED),
        "rgb.tga": (save(plain(), "TGA"), RED),
        "rgb.jp2": (save(plain(size=(64, 64)), "JPEG2000"), RED),
        "rgb.avif": (save(plain(), "AVIF", quality=95), RED),
        "UPPER.JPG": (save(plain(), "JPEG", quality=95), RED),
        "ünï code 顔.png": (save(plain(), "PNG"), RED),
        "progressive.jpg": (save(plain(), "JPEG", progressive=True, quality=95), RED),
        "444.jpg": (save(plain(), "JPEG", subsampling=0, quality=95), RED),
        "gray.jpg": (save(plain("L", colour=90), "JPEG", quality=95), (90, 90, 90)),
        "gray.png": (save(plain("L", colour=90), "PNG"), (90, 90, 90)),
        "gray.pgm": (save(plain("L", colour=90), "PPM"), (90, 90, 90)),
        "one-bit.png": (save(plain("1", colour=1), "PNG"), WHITE),
        "one-bit.pbm": (save(plain("1", colour=0), "PPM"), (0, 0, 0)),
        "palette.png": (save(palette(False), "PNG"), RED),
        "palette-transparent.png": (save(palette(True), "PNG", transparency=1), WHITE),
        "palette-transparent.gif": (save(palette(True), "GIF", transparency=1), WHITE),
        "colour-key.png": (save(plain(), "PNG", transparency=RED), WHITE),
        "alpha-opaque.png": (save(plain("RGBA", colour=(*RED, 255)), "PNG"), RED),
        "alpha-none.png": (save(plain("RGBA", colour=(*RED, 0)), "PNG"), WHITE),
        "alpha-half.png": (save(plain("RGBA", colour=(0, 0, 0, 128)), "PNG"), (127, 127, 127)),
        "alpha.webp": (save(plain("RGBA", colour=(*RED, 0)), "WEBP", lossless=True), WHITE),
        "la.png": (save(plain("LA", colour=(0, 0)), "PNG"), WHITE),
        "la-opaque.png": (save(plain("LA", colour=(77, 255)), "PNG"), (77, 77, 77)),
        "cmyk.jpg": (save(plain("CMYK", colour=(0, 255, 255, 0)), "JPEG", quality=95), (255, 0, 0)),
        "cmyk.tif": (save(plain("CMYK", colour=(255, 0, 0, 0)), "TIFF"), (0, 255, 255)),
        "lab.tif": (save(plain("LAB", colour=(255, 128, 128)), "TIFF"), WHITE),
        "sixteen.png": (save(Image.fromarray(sixteen), "PNG"), (50, 50, 50)),
        "sixteen.tif": (save(Image.fromarray(sixteen), "TIFF"), (50, 50, 50)),
        "sixteen.pgm": (b"P5 4 4 65535\n" + struct.pack(">H", 50 * 257) * 16, (50, 50, 50)),
        "thirty-two.tif": (save(Image.fromarray(sixteen.astype(np.int32)), "TIFF"), (50, 50, 50)),
        "float.tif": (save(Image.fromarray(np.full((8, 8), 0.2, np.float32)), "TIFF"), (51, 51, 51)),
        "animated.gif": (save(plain(), "GIF", **animation()), RED),
        "animated.webp": (save(plain(), "WEBP", lossless=True, **animation()), RED),
        "animated.apng": (save(plain(), "PNG", **animation()), RED),
        "multipage.tif": (save(plain(), "TIFF", **animation()), RED),
        "exif1.jpg": (turned("JPEG", 1), RED),
        "exif3.jpg": (turned("JPEG", 3), RED),
        "exif6.jpg": (turned("JPEG", 6), RED),
        "exif8.jpg": (turned("JPEG", 8), RED),
        "exif6.png": (turned("PNG", 6), RED),
        "exif6.webp": (turned("WEBP", 6), RED),
        "exif6.tif": (turned("TIFF", 6), RED),
        "mpo.jpg": (save(plain(), "MPO", save_all=True, append_images=[plain(colour=WHITE)], quality=95), RED),
        "tiny.png": (save(plain(size=(1, 1)), "PNG"), RED),
        "wide.png": (save(plain(size=(3000, 3)), "PNG"), RED),
        "tall.png": (save(plain(size=(1, 2000)), "PNG"), RED),
        "large.jpg": (save(plain(size=(1600, 1200)), "JPEG", quality=95), RED),
        "really-a-png.jpg": (save(plain(), "PNG"), RED),
        "really-a-webp.png": (save(plain(), "WEBP", lossless=True), RED),
        "trailing.png": (save(plain(), "PNG") + b"rubbish" * 99, RED),
        "truncated.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "truncated.png": (png[: len(png) // 2], "truncated"),
        "truncated.webp": (webp[: len(webp) // 2], "."),
        "truncated.gif": (gif[: len(gif) // 2], "."),
        "damaged.png": (png[:200] + b"\0" * 50 + png[250:], "."),
        "empty.jpg": (b"", "empty file"),
        "text.jpg": (b"this is no image at all", "not an image"),
        "html.png": (b"<!DOCTYPE html><html>404</html>", "not an image"),
        "zeros.jpg": (b"\0" * 5000, "not an image"),
        "only-a-head.jpg": (jpeg[:20], "."),
        "postscript.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        "giant.png": (png_header(20000, 20000), "pixels"),
        "large-claim.png": (png_header(10001, 10001), "pixels"),
        "zero-size.png": (png_header(0, 10), "."),
    }
