"""From latents to images, a batch at a time: what every verb of latents ends with."""

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
    """w of at most BATCH seeds at a time, bit by bit those that `generator(seeds)` draws."""
    for start in range(0, len(seeds), BATCH):
        chosen = list(seeds[start : start + BATCH])
        padded = chosen + [0] * (BATCH - len(chosen))  # one constant size, as in `Generator.stream`
        yield generator.mapping(generator.latents(padded), truncation)[: len(chosen)]


def w_of(generator: Generator, seeds: Sequence[int], truncation: float = 1.0) -> Tensor:
    """[N, …], all at once."""
    return torch.cat(list(of_seeds(generator, seeds, truncation)))


def has_layers(generator: Generator) -> bool:
    """Whether w holds a latent for each layer, made by a mapping: [N,num_ws,w_dim]."""
    return w_of(generator, [0]).dim() == 3


def split_label(generator: Generator, w: Tensor) -> tuple[Tensor, Tensor]:
    """w [..., D] -> z [..., latent_dim] and the embedded label, side by side in a conditional generator's latent. Where
    there is no label, or a mapping has made one w of both: w, and nothing [..., 0]."""
    count = w.shape[-1] if generator.labels is None or has_layers(generator) else generator.latent_dim
    return w[..., :count], w[..., count:]


@torch.inference_mode()
def stream(generator: Generator, batches: Iterable[Tensor]) -> Iterator[np.ndarray]:
    """w [<=BATCH, …] -> uint8 [<=BATCH,H,W,C]. A latent's image depends on it alone."""
    for w in batches:
        padded = torch.cat([w, w[:1].expand(BATCH - len(w), *w.shape[1:])])
        yield to_pixels(generator.synthesis(padded))[: len(w)]


def draw(generator: Generator, w: Tensor) -> np.ndarray:
    """w [N, …] -> uint8 [N,H,W,C], with a line of progress where it takes long."""
    pictures, done = [], 0
    with counted("drawing") as progress:
        for batch in stream(generator, w.split(BATCH)):
            pictures.append(batch)
            done += len(batch)
            progress(done, len(w))
    return np.concatenate(pictures)
