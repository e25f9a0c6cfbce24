"""Small data sets on disk, made for one test each."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def colour_picture(index: int, size: tuple[int, int] = (20, 20)) -> Image.Image:
    """An image of (width, height) unlike that of any other index."""
    values = np.random.default_rng(index).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)


def add_pictures(folder: Path, names: list[str], size: tuple[int, int] = (20, 20)) -> Path:
    for index, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        colour_picture(index, size).save(path)
    return folder


def numbered(count: int, below: str = "", ending: str = ".png") -> list[str]:
    return [f"{below}{index:04d}{ending}" for index in range(count)]


def zipped(folder: Path, path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def tarred(folder: Path, path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:
        archive.add(folder, folder.name)
    return path
