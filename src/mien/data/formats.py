"""Image formats that Pillow reads with an extra package: HEIC, as phones write it, and JPEG XL."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Extra:
    """A format: its name, Pillow's name, its extensions, the module that reads it, and mien's extra with that
    module.
    """

    name: str
    pillow: str
    endings: tuple[str, ...]
    module: str
    extra: str

    @property
    def cure(self) -> str:
        return f'pip install "mien[{self.extra}]"'


HEIC = Extra("HEIC", "HEIF", (".heic", ".heif", ".hif"), "pillow_heif", "heic")
JXL = Extra("JPEG XL", "JXL", (".jxl",), "pillow_jxl", "jxl")
EXTRAS = (HEIC, JXL)
_HEIC = re.compile(rb"....ftyp(?:hei[cxms]|hev[cmsx]|mif1|msf1)", re.DOTALL)
_JXL = re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n")
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@cache
def installed(extra: Extra) -> bool:
    return importlib.util.find_spec(extra.module) is not None


def readable_endings() -> frozenset[str]:
    """Of the formats whose package is installed."""
    return frozenset(ending for extra in EXTRAS if installed(extra) for ending in extra.endings)


def unread(names: Iterable[str]) -> tuple[str, ...]:
    """Return, for each format whose package is missing, one line with the number of images and the cure."""
    missing = {ending: extra for extra in EXTRAS if not installed(extra) for ending in extra.endings}
    found = Counter(missing.get("." + name.rpartition(".")[2].lower()) for name in names) if missing else Counter()
    return tuple(f"{found[extra]:,} {extra.name} images left out: {extra.cure}" for extra in EXTRAS if found[extra])


def format_of(data: bytes) -> Extra | None:
    """Return the format of a file by its first bytes. AVIF, which may start with the same bytes, is read by Pillow."""
    if _JXL.match(data):
        return JXL
    if _HEIC.match(data) and not (b"avif" in data[8:40] and data[8:11] != b"hei"):
        return HEIC
    return None


@cache
def load(extra: Extra) -> bool:
    """Register the format in Pillow. Returns False if its package is missing or does not work here."""
    try:
        module = importlib.import_module(extra.module)
        if extra is HEIC:
            module.register_heif_opener(thumbnails=False)
    except Exception:  # a build that does not fit this machine
        return False
    return True


def jxl_pixels(data: bytes) -> int:
    """Return width times height from the header. The package would first decode everything. Raises ValueError."""
    start = 0
    if data[:2] != b"\xff\x0a":
        found = re.search(rb"jxl(?:c|p....)\xff\x0a", data[: 1 << 16], re.DOTALL)
        if not found:
            raise ValueError("no codestream")
        start = found.end() - 2
    bits, at = int.from_bytes(data[start + 2 : start + 18], "little"), 0

    def take(count: int) -> int:
        nonlocal at
        value = bits >> at & (1 << count) - 1
        at += count
        return value

    small = take(1)

    def side() -> int:
        return (take(5) + 1) * 8 if small else take((9, 13, 18, 30)[take(2)]) + 1

    height = side()
    ratio = take(3)
    return height * (height * _RATIOS[ratio - 1][0] // _RATIOS[ratio - 1][1] if ratio else side())
