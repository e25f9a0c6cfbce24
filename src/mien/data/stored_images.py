"""Images that training reads from disk, because they are too large for its share of the memory."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor

from mien.errors import FileError
from mien.runtime import distributed
from mien.runtime.memory import memory

SHARE = 0.25  # of the machine's memory, that the images of all its processes may take


def fits_in_memory(pixels: np.ndarray) -> bool:
    """Return whether every process of this machine may hold a copy of the array."""
    processes = int(os.environ.get("LOCAL_WORLD_SIZE") or distributed.world_size())  # torchrun's, of this machine
    return pixels.nbytes * processes <= SHARE * memory()


def is_stored(pixels: np.ndarray) -> TypeGuard[np.memmap]:
    """Return whether the array is a complete file that `mapped.read_array` has mapped."""
    return isinstance(pixels, np.memmap) and not isinstance(pixels.base, np.ndarray) and hasattr(os, "preadv")


class StoredImages:
    """The images of a mapped array, read from its file row by row: `stored[rows]` is a tensor uint8 [n,H,W,C].

    A read copies the bytes, so the process never holds more than a batch. The system caches the file as far as the
    memory allows, once for all processes. A damaged disk is an error here, and would end a process that maps the file.

    rows: the rows of the file that count, in order; None: all.
    """

    device = torch.device("cpu")

    def __init__(self, pixels: np.memmap, rows: np.ndarray | None = None):
        self.path, self.start = Path(str(pixels.filename)), pixels.offset
        self.shape, self.rows = pixels.shape[1:], rows
        self.bytes = math.prod(self.shape)
        self.count = len(pixels) if rows is None else len(rows)
        self.file = self.path.open("rb", buffering=0)
        if hasattr(os, "posix_fadvise"):  # no reading ahead in the file: the images come in a random order
            os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, chosen: int | np.ndarray | Tensor) -> Tensor:
        """Raises FileError if the file cannot be read or has become shorter."""
        wanted = np.atleast_1d(np.asarray(chosen))
        found = np.empty((len(wanted), *self.shape), np.uint8)
        for image, place in zip(found, self.places(wanted), strict=True):
            self.read(image, place)
        images = torch.from_numpy(found)
        return images if np.ndim(chosen) else images[0]

    def read(self, image: np.ndarray, place: int) -> None:
        """Fill an array with the image that begins at this byte of the file. Raises FileError."""
        try:
            if os.preadv(self.file.fileno(), [image.data], place) == self.bytes:
                return
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror or error}") from error
        raise FileError(f"{self.path} has become shorter: prepare the images again")

    def expect(self, chosen: np.ndarray) -> None:
        """Let the system read these images ahead. It does so while the training computes."""
        if hasattr(os, "posix_fadvise"):
            for place in self.places(chosen):
                os.posix_fadvise(self.file.fileno(), place, self.bytes, os.POSIX_FADV_WILLNEED)

    def places(self, chosen: np.ndarray) -> list[int]:
        """Return the first byte of each image in the file."""
        rows = chosen if self.rows is None else self.rows[chosen]
        places: list[int] = (rows.astype(np.int64) * self.bytes + self.start).tolist()
        return places
