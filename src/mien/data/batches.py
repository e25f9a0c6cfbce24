"""Batches from a prepared set: uint8 in memory (on the GPU if it fits), converted to floats there, without workers.

Every batch is a pure function of (seed, number of images, purpose), so a resumed run gets the same batches.
Process r of W takes the places r, r + W, r + 2W … of the batch, with the flips of these places.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from mien.batch import Batch
from mien.data.orders import Shuffled, ShuffledShards
from mien.data.orders import derive_seed as derive_seed
from mien.data.shards import ShardedImages
from mien.data.stored_images import StoredImages, fits_in_memory, is_stored
from mien.data.streamed_images import StreamedImages
from mien.errors import UsageError
from mien.media.pixels import from_pixels

PIECE = 4096  # images copied at once
ROOM_ON_DEVICE = 0.5  # share of the accelerator's free memory that the images may take


Pixels = Tensor | StoredImages | StreamedImages


class Batches:
    """Calls return the stream of one player's batches: `batches(images, "discriminator")`.

    pixels: uint8 [N,H,W,C], read into memory once, or batch by batch if they are too large. rows: those of the images
    and labels to train on, in order; None: all. The order of the images is shuffled again in each epoch. With several
    processes, each takes its own places of every batch.

    mirror: each image is flipped left to right with probability 1/2. jitter: each image is enlarged by this share and
    cropped to its size at a random place (pix2pix: 286 to 256).
    sources: uint8 [N,H,W,C], the source of each image, mirrored and cropped as the image is. If not `paired`:
    [M,H,W,C], in an order of their own.
    channels_last: the layout in memory. A convolution returns the layout of its input, whatever layout its weights
    have.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        labels: np.ndarray | None = None,
        *,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        device: torch.device | None = None,
        mirror: bool = False,
        jitter: float = 0.0,
        sources: np.ndarray | None = None,
        paired: bool = True,
        channels_last: bool = True,
        rows: np.ndarray | None = None,
    ):
        self.device = device or torch.device("cpu")
        self.pixels = readable(pixels, self.device, rows)
        labels = labels if labels is None or rows is None else labels[rows]
        self.labels = None if labels is None else torch.from_numpy(np.array(labels, np.float32)).to(self.device)
        self.sources = None if sources is None else readable(sources, self.device)
        self.batch_size, self.share = batch_size, batch_size // world_size
        self.seed, self.rank, self.mirror, self.jitter = seed, rank, mirror, jitter
        self.places = slice(rank, None, world_size)  # of this process in a batch, as in `draws.own`
        self.memory = torch.channels_last if channels_last else torch.contiguous_format
        self.indices = (
            ShuffledShards(len(self.pixels), seed, "order", self.pixels.rows, self.pixels.want)
            if isinstance(self.pixels, StreamedImages)
            else Shuffled(len(self.pixels), seed, "order")
        )
        self.source_indices = self.indices if paired or sources is None else Shuffled(len(sources), seed, "sources")
        self.source_purpose = "" if paired else "source "

    def __call__(self, images: int, purpose: str) -> Iterator[Batch]:
        while True:
            yield self.at(images, purpose)
            images += self.batch_size

    def at(self, images: int, purpose: str) -> Batch:
        """Return what this process has of the batch that starts after `images` images."""
        chosen = self.chosen(self.indices, images)
        image = self.transformed(self.pixels, chosen, images)
        label = None if self.labels is None else self.labels[sent(torch.from_numpy(chosen), self.device)]
        source = None
        if self.sources is not None:
            chosen = self.chosen(self.source_indices, images)
            source = self.transformed(self.sources, chosen, images, self.source_purpose)
        if isinstance(self.pixels, StoredImages):
            self.pixels.expect(self.chosen(self.indices, images + self.batch_size))
        seed = derive_seed(self.seed, 0, images, purpose)  # 0: once the rank
        return Batch(image=image, label=label, source=source, seed=seed, images=images)

    def chosen(self, order: Shuffled, images: int) -> np.ndarray:
        """Return the elements of this process's places: int64 [share]."""
        return order(images + self.rank, self.share, self.places.step)

    def transformed(self, pixels: Pixels, chosen: np.ndarray, first: int, whose: str = "") -> Tensor:
        """Return the chosen images [n,C,H,W] in [-1, 1], changed by random draws for the batch at position `first`."""
        found = sent(pixels[sent(torch.from_numpy(chosen), pixels.device)], self.device)
        if self.mirror:
            found = self.mirrored(found, self.draws(f"{whose}mirror", first))
        images = from_pixels(found)
        if self.jitter:
            images = self.jittered(images, self.draws(f"{whose}jitter", first))
        return images.contiguous(memory_format=self.memory)

    def draws(self, purpose: str, first: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(derive_seed(self.seed, purpose, first)))

    def mirrored(self, pixels: Tensor, draws: np.random.Generator) -> Tensor:
        flip = sent(torch.from_numpy(draws.random(self.batch_size)[self.places] < 0.5), pixels.device)
        return torch.where(flip[:, None, None, None], pixels.flip(2), pixels)

    def jittered(self, images: Tensor, draws: np.random.Generator) -> Tensor:
        height, width = images.shape[2:]
        size = (round(height * (1 + self.jitter)), round(width * (1 + self.jitter)))
        larger = interpolate(images, size, mode="bilinear")
        tops = draws.integers(0, size[0] - height + 1, self.batch_size)[self.places]
        lefts = draws.integers(0, size[1] - width + 1, self.batch_size)[self.places]
        places = zip(larger.split(1), tops, lefts, strict=True)
        return torch.cat([one[:, :, top : top + height, left : left + width] for one, top, left in places])


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return the tensor on the device. A GPU fetches it from pinned memory, while the processor goes on."""
    if tensor.device == device or device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def readable(pixels: np.ndarray, device: torch.device, rows: np.ndarray | None = None) -> Pixels:
    """Return the images as training reads them: on the accelerator if they fit in half of its free memory, else in
    this machine's memory, else on disk.
    """
    if isinstance(pixels, ShardedImages):
        if rows is not None:
            raise UsageError("--hold-out needs images in one file, not in shards: leave it out")
        return StreamedImages(pixels)
    on_device = False
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        on_device = pixels.nbytes <= ROOM_ON_DEVICE * free
    if is_stored(pixels) and not on_device and not fits_in_memory(pixels):
        return StoredImages(pixels, rows)
    return copied(pixels, rows, device if on_device else torch.device("cpu"))


def copied(pixels: np.ndarray, rows: np.ndarray | None, device: torch.device) -> Tensor:
    """Return the images on the device, copied in pieces: a GPU may have more room than this machine."""
    count = len(pixels) if rows is None else len(rows)
    images = torch.empty((count, *pixels.shape[1:]), dtype=torch.uint8, device=device)
    for start in range(0, count, PIECE):
        piece = slice(start, start + PIECE)
        images[piece] = torch.from_numpy(np.array(pixels[piece if rows is None else rows[piece]]))
    return images
