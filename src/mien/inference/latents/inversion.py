"""Inversion: the latent whose image is nearest to a photo (Zhu et al. 2016; Karras et al. 2020, appendix D).

Adam optimizes w, starting from the best of many seeds. If each layer has a latent, all layers share one: the mapping
network could give this w, so that interpolation, mixing and directions work on it. The generator's noise inputs stay
fixed.

hold: the label stays fixed. If the latent is z beside the embedded label, only z is optimized. If a mapping network
makes one w of both, the label decides which seeds are tried and which w is typical.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from mien.inference.generator import BATCH, Generator
from mien.inference.latents.perceptual import Perceptual, distance
from mien.inference.latents.synthesis import split_label, stream, w_of
from mien.media.pixels import from_pixels

TRIED, STARTS = 512, 4  # seeds that are compared, and how many of the best are optimized
RATE, WARM, COOL = 0.1, 0.05, 0.25  # Adam's rate in standard deviations of w; shares of the steps to rise and to fall
NOISE, NOISY = 0.05, 0.75  # added to w, in standard deviations, to leave poor local minima; 0 after this share of steps
FEATURES, TYPICAL = 0.5, 0.0005  # weights beside the pixels' 1
FREE = 2.0  # a latent's length may differ by this many standard deviations from typical ones at no cost
SMALLEST = 4  # pixels of the coarsest scale's shorter side, at least

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Projection:
    """The result of an inversion: w [1, …] and its image.

    start, error: root mean square differences from the photo in levels of 255, of the best seed and of w. before,
    after: their images, uint8 [H,W,C].
    """

    w: Tensor
    seed: int
    start: float
    error: float
    before: np.ndarray
    after: np.ndarray


def project(
    generator: Generator,
    photo: np.ndarray,
    steps: int,
    seed: int,
    perceptual: Perceptual | None,
    progress: Progress,
    hold: bool = False,
) -> Projection:
    """The best latent for a photo.

    photo: uint8 [H,W,C] of the generator's size. seed: decides which seeds are tried, and the noise. perceptual:
    compares features besides pixels; None: pixels only. progress: called with (steps done, all steps). hold: optimize
    z alone, with the labels of the seeds.
    """
    target = from_pixels(torch.tensor(photo[None])).to(generator.device)
    tried = range(seed * TRIED, (seed + 1) * TRIED)
    w = w_of(generator, tried)
    errors = torch.from_numpy(np.concatenate([rms(batch, photo) for batch in stream(generator, w.split(BATCH))]))
    first = int(errors.argmin())
    with torch.no_grad():
        rough = torch.cat([pixel_error(generator.synthesis(part), target) for part in w.split(BATCH)])
    chosen = rough.argsort(stable=True)[:STARTS].tolist()
    candidates = torch.cat(
        [w[[first, *chosen]], descend(generator, target, w, chosen, steps, seed, perceptual, progress, hold)]
    )
    (images,) = stream(generator, [candidates])
    found = rms(images, photo)
    best = int(found.argmin())
    return Projection(candidates[[best]], tried[first], float(found[0]), float(found[best]), images[0], images[best])


def descend(
    generator: Generator,
    target: Tensor,
    w: Tensor,
    chosen: list[int],
    steps: int,
    seed: int,
    perceptual: Perceptual | None,
    progress: Progress,
    hold: bool,
) -> Tensor:
    """w [TRIED, …] -> [STARTS, …]: the `chosen` rows, each optimized by Adam."""
    layers = w.shape[1:-1]  # () or (num_ws,)
    flat = (w if not layers else w[:, 0]).clone()  # no inference tensor: Adam needs its gradient
    free, held = split_label(generator, flat) if hold else (flat, flat[:, :0])
    mean, spread, held = free.mean(0), free.std(0), held[chosen]
    typical = length(free, mean, spread)
    target_features = perceptual(target) if perceptual else []
    random = torch.Generator().manual_seed(seed)
    point = free[chosen].requires_grad_()
    optimizer = torch.optim.Adam([point], betas=(0.9, 0.999))
    for step in range(steps):
        share = step / steps
        optimizer.param_groups[0]["lr"] = RATE * float(spread.mean()) * ramp(share)
        noise = torch.randn(point.shape, generator=random).to(point.device)
        moved = point + noise * spread * (NOISE * max(0.0, 1.0 - share / NOISY) ** 2)
        latent = torch.cat([moved, held], 1)
        images = generator.synthesis(latent if not layers else latent[:, None].expand(-1, *layers, -1))
        loss = pixel_error(images, target) + TYPICAL * unusual(length(moved, mean, spread), typical)
        if perceptual:
            loss = loss + FEATURES * distance(perceptual(images.clamp(-1.0, 1.0)), target_features)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        progress(step + 1, steps)
    found = torch.cat([point.detach(), held], 1)
    return found if not layers else found[:, None].repeat(1, *layers, 1)


def ramp(share: float) -> float:
    """The factor of the learning rate: 0 to 1, and back to 0 by a cosine (Karras et al. 2020, appendix D)."""
    falling = min(1.0, (1.0 - share) / COOL)
    return min(1.0, (share + 1e-3) / WARM) * (0.5 - 0.5 * math.cos(math.pi * falling))


def pixel_error(images: Tensor, target: Tensor) -> Tensor:
    """[N,C,H,W], [1,C,H,W] in [-1, 1] -> [N]: mean squared differences, averaged over scales.

    Each scale is half of the one before; the coarse ones give useful gradients far from the photo. A generated value
    beyond black or white is no error if the photo is black or white there.
    """
    beyond = (target.abs() >= 1.0) & (images * target > 1.0)
    difference, errors = (images - target).masked_fill(beyond, 0.0), []
    while True:
        errors.append(difference.square().mean((1, 2, 3)))
        if min(difference.shape[2:]) < 2 * SMALLEST:
            return torch.stack(errors).mean(0)
        difference = avg_pool2d(difference, 2)


def length(w: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """[N,D] -> [N]: the mean square of w's coordinates, each scaled to mean 0 and variance 1.

    It is about 1 for every latent of N(0, I), and nearer to 1 for a larger D: latents of seeds lie in a thin shell.
    """
    return ((w - mean) / spread).square().mean(1)


def unusual(lengths: Tensor, typical: Tensor) -> Tensor:
    """lengths [N] of latents, typical [M] of seeds -> [N]: the squared standard deviations beyond FREE."""
    return ((lengths - typical.mean()).abs() / typical.std() - FREE).clamp_min(0.0).square()


def rms(images: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """uint8 [N,H,W,C], [H,W,C] -> [N]: root mean square differences in levels of 255."""
    errors: np.ndarray = np.sqrt(np.square(images.astype(np.float32) - photo).mean((1, 2, 3)))
    return errors
