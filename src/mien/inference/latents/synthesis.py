"""Images from latents, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from mien.inference.generator import BATCH, Generator
from mien.media.pixels import to_pixels
from mien.runtime.console import counted


@torch.inference_mode()
def of_seeds(generator: Generator, seeds: Sequence[int], truncation: float = 1.0) -> Iterator[Tensor]:
    """Yields w of at most BATCH seeds, with the same bits as in `generator(seeds)`."""
    for start in range(0, len(seeds), BATCH):
        chosen = list(seeds[start : start + BATCH])
        padded = chosen + [0] * (BATCH - len(chosen))  # one constant size, as in `Generator.stream`
        yield generator.mapping(generator.latents(padded), truncation)[: len(chosen)]


def w_of(generator: Generator, seeds: Sequence[int], truncation: float = 1.0) -> Tensor:
    """w [N, …] of the seeds."""
    return torch.cat(list(of_seeds(generator, seeds, truncation)))


def has_layers(generator: Generator) -> bool:
    """Whether w holds a latent for each layer: [N,num_ws,w_dim]."""
    return w_of(generator, [0]).dim() == 3


def split_label(generator: Generator, w: Tensor) -> tuple[Tensor, Tensor]:
    """w [..., D] -> (z [..., latent_dim], the embedded label), of a conditional generator without a mapping network.

    Without a label, or with a mapping network that makes one w of both: (w, nothing [..., 0]).
    """
    count = w.shape[-1] if generator.labels is None or has_layers(generator) else generator.latent_dim
    return w[..., :count], w[..., count:]


@torch.inference_mode()
def stream(generator: Generator, batches: Iterable[Tensor]) -> Iterator[np.ndarray]:
    """Yields uint8 [<=BATCH,H,W,C] for each w [<=BATCH, …]. A latent's image does not depend on the batch."""
    for w in batches:
        padded = torch.cat([w, w[:1].expand(BATCH - len(w), *w.shape[1:])])
        yield to_pixels(generator.synthesis(padded))[: len(w)]


def images_of(generator: Generator, w: Tensor) -> np.ndarray:
    """w [N, …] -> uint8 [N,H,W,C], with a progress line if it takes long."""
    images, done = [], 0
    with counted("generating") as progress:
        for batch in stream(generator, w.split(BATCH)):
            images.append(batch)
            done += len(batch)
            progress(done, len(w))
    return np.concatenate(images)
