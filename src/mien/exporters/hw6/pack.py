"""Images into one tgz of limited size, at the highest JPEG quality. The same images give the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mien.errors import DataError
from mien.exporters.hw6.validate import MAX_BYTES
from mien.runtime.console import progress_line

SUBSAMPLINGS = {"4:4:4": 0, "4:2:0": 2}  # Pillow's numbers: full colour, and colour at half the height and width
BEST, WORST = 95, 1


@dataclass(frozen=True)
class Packed:
    """data: the archive. error: mean squared error of the JPEGs in 8-bit steps squared."""

    data: bytes
    quality: int
    subsampling: str
    error: float


def pack(images: Sequence[np.ndarray], max_bytes: int = MAX_BYTES) -> Packed:
    """The archive below `max_bytes` whose JPEGs are nearest to the images (uint8 [H,W,3] each).

    Raises DataError if not even the lowest quality fits.
    """
    fits = []
    with progress_line() as line:
        for step, name in enumerate(SUBSAMPLINGS):
            line.show(step / len(SUBSAMPLINGS), f"finding the highest JPEG quality below {max_bytes:,} bytes ({name})")
            if found := best_quality(images, name, max_bytes):
                fits.append(found)
    if not fits:
        raise DataError(
            f"the images do not fit into {max_bytes:,} bytes at any JPEG quality: generate fewer or smaller ones"
        )
    return min(fits, key=lambda packed: packed.error)


def best_quality(images: Sequence[np.ndarray], subsampling: str, max_bytes: int) -> Packed | None:
    """The highest quality that fits, by bisection: the archive grows with the quality. None if nothing fits."""
    best: tuple[int, list[bytes], bytes] | None = None
    low, high = WORST, BEST
    while low <= high:
        quality = (low + high) // 2
        files = [jpeg(image, quality, subsampling) for image in images]
        data = archive(files)
        if len(data) < max_bytes:
            best, low = (quality, files, data), quality + 1
        else:
            high = quality - 1
    if best is None:
        return None
    quality, files, data = best
    return Packed(data, quality, subsampling, mean_squared_error(files, images))


def jpeg(image: np.ndarray, quality: int, subsampling: str) -> bytes:
    file = io.BytesIO()
    # The standard Huffman tables give every file the same header of 600 bytes, which gzip stores once. Tables that are
    # fitted to each image would be slower, and on anime faces they allow no higher quality than 86 either.
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=SUBSAMPLINGS[subsampling])
    return file.getvalue()


def mean_squared_error(files: Sequence[bytes], images: Sequence[np.ndarray]) -> float:
    """Of the JPEGs against the images, in 8-bit steps squared."""
    total = 0.0
    for data, image in zip(files, images):
        with Image.open(io.BytesIO(data)) as decoded:
            total += float(np.square(np.asarray(decoded, np.float32) - image).mean())
    return total / len(files)


def archive(files: Sequence[bytes]) -> bytes:
    """A tgz with 1.jpg, 2.jpg, … at its root, without times or owners."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, packed, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for number, data in enumerate(files, 1):
            entry = tarfile.TarInfo(f"{number}.jpg")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
