"""Batches from a prepared set: uint8 in memory (on the device where it fits), floats made there, no workers.

Everything is a pure function of (seed, rank, images seen, purpose), so a resumed run sees what it would have seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mien.images import from_pixels
from mien.turn import Batch

ROOM_ON_DEVICE = 0.5  # share of the accelerator's free memory that the pictures may take


def derive_seed(*parts: int | str) -> int:
    """A 63-bit seed from (seed, rank, images, purpose …), the same on every machine."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


class Batches:
    """Calls give the stream of one player's batches: `batches(images, "discriminator")`.

    pixels: uint8 [N,H,W,C], read into memory once. The set is gone through in an order that is shuffled anew each
    epoch; with several processes each takes its own slice of every batch.

    mirror: each picture is flipped left to right with probability 1/2.
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
    ):
        self.device = device or torch.device("cpu")
        self.pixels = in_memory(pixels, self.device)
        self.labels = None if labels is None else torch.from_numpy(np.array(labels, np.float32)).to(self.device)
        self.batch_size, self.share = batch_size, batch_size // world_size
        self.seed, self.rank, self.mirror = seed, rank, mirror
        self.orders: dict[int, np.ndarray] = {}

    def __call__(self, images: int, purpose: str) -> Iterator[Batch]:
        while True:
            yield self.at(images, purpose)
            images += self.batch_size

    def at(self, images: int, purpose: str) -> Batch:
        """This process's slice of the batch that starts when `images` images were seen."""
        first = images + self.rank * self.share
        chosen = torch.from_numpy(self.indices(first, self.share))
        pixels = self.pixels[chosen.to(self.pixels.device)].to(self.device, non_blocking=True)
        if self.mirror:
            pixels = self.mirrored(pixels, first)
        label = None if self.labels is None else self.labels[chosen.to(self.device)]
        seed = derive_seed(self.seed, self.rank, images, purpose)
        return Batch(image=from_pixels(pixels), label=label, seed=seed, images=images)

    def indices(self, first: int, count: int) -> np.ndarray:
        """Which pictures stand at positions first … first+count-1 of the endless shuffled stream: int64 [count]."""
        size = len(self.pixels)
        positions = np.arange(first, first + count)
        epochs = positions // size
        return np.array([self.order(int(epoch))[position % size] for epoch, position in zip(epochs, positions)])

    def order(self, epoch: int) -> np.ndarray:
        if epoch not in self.orders:
            generator = np.random.Generator(np.random.Philox(derive_seed(self.seed, "order", epoch)))
            kept = {key: order for key, order in self.orders.items() if key >= epoch - 1}
            self.orders = {**kept, epoch: generator.permutation(len(self.pixels))}
        return self.orders[epoch]

    def mirrored(self, pixels: Tensor, first: int) -> Tensor:
        coins = np.random.Generator(np.random.Philox(derive_seed(self.seed, "mirror", first))).random(len(pixels)) < 0.5
        flip = torch.from_numpy(coins).to(pixels.device)[:, None, None, None]
        return torch.where(flip, pixels.flip(2), pixels)


def in_memory(pixels: np.ndarray, device: torch.device) -> Tensor:
    """The pictures where training reads them: on the accelerator if they take at most half of its free memory."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if pixels.nbytes <= ROOM_ON_DEVICE * free:
            return torch.from_numpy(np.array(pixels)).to(device)
    return torch.from_numpy(np.array(pixels))
