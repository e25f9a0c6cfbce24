"""From a photo to the latent that draws it best: Adam on w, from the best of many seeds (Zhu et al. 2016; Karras et al.
2020, appendix D).

Where each layer has a latent, one is sought for all of them: such a w is still one that the mapping could give, so that
it walks, mixes and moves as others do. The generator's own noise is left as it is, so that w alone draws the image.

A label that is held stays what it is where the latent is z and the embedded label side by side. Where a mapping has
made one w of both, the label says which seeds are tried, and what a usual w is.
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

TRIED, STARTS = 512, 4  # seeds that are looked at, and how many of the best are followed
RATE, WARM, COOL = 0.1, 0.05, 0.25  # Adam's rate in standard deviations of w; shares of the steps to rise and to fall
NOISE, NOISY = 0.05, 0.75  # added to w, in standard deviations, to leave poor hollows; gone after this share of steps
FEATURES, TYPICAL = 0.5, 0.0005  # weights beside the pixels' 1
FREE = 2.0  # standard deviations that a latent's length may be from the usual one at no cost
SMALLEST = 4  # pixels of the coarsest scale's shorter side, at least

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Projection:
    """w [1, …]. start, error: root mean square differences from the photo in levels of 255, of the best seed and of w.
    before, after: their images, uint8 [H,W,C]."""

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
    look: Perceptual | None,
    told: Told,
    hold: bool = False,
) -> Projection:
    """photo: uint8 [H,W,C] of the generator's size. seed: tells which seeds are tried, and the noise. look: None, or
    what compares features besides. told: of steps done, and all. hold: seek z alone, under the labels that the seeds
    have."""
    target = from_pixels(torch.tensor(photo[None])).to(generator.device)
    tried = range(seed * TRIED, (seed + 1) * TRIED)
    w = w_of(generator, tried)
    errors = torch.from_numpy(np.concatenate([rms(batch, photo) for batch in stream(generator, w.split(BATCH))]))
    first = int(errors.argmin())
    with torch.no_grad():
        rough = torch.cat([pixel_error(generator.synthesis(part), target) for part in w.split(BATCH)])
    chosen = rough.argsort(stable=True)[:STARTS].tolist()
    candidates = torch.cat([w[[first, *chosen]], follow(generator, target, w, chosen, steps, seed, look, told, hold)])
    (pictures,) = stream(generator, [candidates])
    found = rms(pictures, photo)
    best = int(found.argmin())
    return Projection(
        candidates[[best]], tried[first], float(found[0]), float(found[best]), pictures[0], pictures[best]
    )


def follow(
    generator: Generator,
    target: Tensor,
    w: Tensor,
    chosen: list[int],
    steps: int,
    seed: int,
    look: Perceptual | None,
    told: Told,
    hold: bool,
) -> Tensor:
    """w [TRIED, …]: from the `chosen` of them, each downhill on its own. -> [STARTS, …]"""
    layers = w.shape[1:-1]  # () or (num_ws,)
    flat = (w if not layers else w[:, 0]).clone()  # no inference tensor: a gradient is wanted
    sought, held = split_label(generator, flat) if hold else (flat, flat[:, :0])
    mean, spread, held = sought.mean(0), sought.std(0), held[chosen]
    usual = length(sought, mean, spread)
    wanted = look(target) if look else []
    random = torch.Generator().manual_seed(seed)
    point = sought[chosen].requires_grad_()
    optimizer = torch.optim.Adam([point], betas=(0.9, 0.999))
    for step in range(steps):
        share = step / steps
        optimizer.param_groups[0]["lr"] = RATE * float(spread.mean()) * ramp(share)
        noise = torch.randn(point.shape, generator=random).to(point.device)
        moved = point + noise * spread * (NOISE * max(0.0, 1.0 - share / NOISY) ** 2)
        whole = torch.cat([moved, held], 1)
        images = generator.synthesis(whole if not layers else whole[:, None].expand(-1, *layers, -1))
        loss = pixel_error(images, target) + TYPICAL * unusual(length(moved, mean, spread), usual)
        if look:
            loss = loss + FEATURES * distance(look(images.clamp(-1.0, 1.0)), wanted)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        told(step + 1, steps)
    found = torch.cat([point.detach(), held], 1)
    return found if not layers else found[:, None].repeat(1, *layers, 1)


def ramp(share: float) -> float:
    """0 to 1 and back to 0, as a cosine at the end (Karras et al. 2020, appendix D)."""
    falling = min(1.0, (1.0 - share) / COOL)
    return min(1.0, (share + 1e-3) / WARM) * (0.5 - 0.5 * math.cos(math.pi * falling))


def pixel_error(images: Tensor, target: Tensor) -> Tensor:
    """[N,C,H,W], [1,C,H,W] in [-1, 1] -> [N]: mean squared differences, averaged over scales, each half the last: far
    from the photo the coarse ones show the way. What lies beyond black or white, which some generators draw, is no
    error where the photo is black or white."""
    beyond = (target.abs() >= 1.0) & (images * target > 1.0)
    difference, errors = (images - target).masked_fill(beyond, 0.0), []
    while True:
        errors.append(difference.square().mean((1, 2, 3)))
        if min(difference.shape[2:]) < 2 * SMALLEST:
            return torch.stack(errors).mean(0)
        difference = avg_pool2d(difference, 2)


def length(w: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """[N,D] -> [N]: the mean square of w's coordinates, each scaled to mean 0 and variance 1. About 1 for every latent
    of N(0, I), the more exactly the more numbers it has: seeds lie in a shell."""
    return ((w - mean) / spread).square().mean(1)


def unusual(lengths: Tensor, usual: Tensor) -> Tensor:
    """lengths [N] of latents, and [M] of those that seeds have -> [N]: squared, the standard deviations beyond FREE."""
    return ((lengths - usual.mean()).abs() / usual.std() - FREE).clamp_min(0.0).square()


def rms(pictures: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """uint8 [N,H,W,C], [H,W,C] -> [N], root mean square difference in levels of 255"""
    errors: np.ndarray = np.sqrt(np.square(pictures.astype(np.float32) - photo).mean((1, 2, 3)))
    return errors
