"""Twice or half the height and width through a small symmetric filter, as StyleGAN2 and R3GAN have it.

[1,3,3,1] is what both take (Karras et al. 2020, appendix B). R3GAN's authors set [1,2,1], and their code convolves it
with [1,1] before use, which is the same. The bare [1,2,1] has an odd number of taps: each doubling then shifts the
image by half a pixel and fades towards one edge. mien 0.1.0 had it in R3GAN, whose snapshots keep it.

Up (put zeros between the pixels, convolve) and down (convolve, keep each second pixel) are each other's transpose. They
are therefore written as each other's gradient: torch's own second gradient of a depthwise convolution takes a
processor ten to a hundred times as long as the convolution, and gradient penalties need it at every step. Both are
quickest in channels-last memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d

from mien.networks.autograd import apply

Kernel = tuple[float, ...]
"""Weights of the filter along one axis; what they add up to is divided out."""

BINOMIAL: Kernel = (1, 3, 3, 1)
LINEAR: Kernel = (1, 2, 1)


def upsample2(x: Tensor, kernel: Kernel = BINOMIAL) -> Tensor:
    """[N,C,H,W] -> [N,C,2H,2W], differentiable any number of times; beyond the edges lie zeros."""
    return apply(Up, x, kernel, 4.0)  # three of four pixels are zeros that were put in: four times the rest


def downsample2(x: Tensor, kernel: Kernel = BINOMIAL) -> Tensor:
    """[N,C,H,W], both even, -> [N,C,H/2,W/2], differentiable any number of times; beyond the edges lie zeros."""
    return apply(Down, x, kernel, 1.0)


class Up(torch.autograd.Function):
    """y[2i+k-p] += gain * f[k] * x[i] along both axes, with p = (taps - 1) // 2."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Kernel, gain: float) -> Tensor:
        ctx.settings = (kernel, gain)
        taps = len(kernel)
        weight = square(kernel, gain, x.dtype, x.device).expand(x.shape[1], 1, -1, -1)
        return conv_transpose2d(x, weight, None, 2, (taps - 1) // 2, taps % 2, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return apply(Down, gradient, *ctx.settings), None, None


class Down(torch.autograd.Function):
    """y[i] = gain * sum over k of f[k] * x[2i+k-p] along both axes, with p = (taps - 1) // 2."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Kernel, gain: float) -> Tensor:
        ctx.settings = (kernel, gain)
        weight = square(kernel, gain, x.dtype, x.device).expand(x.shape[1], 1, -1, -1)
        return conv2d(x, weight, None, 2, (len(kernel) - 1) // 2, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return apply(Up, gradient, *ctx.settings), None, None


@lru_cache(maxsize=64)
def square(kernel: Kernel, gain: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[taps,taps] that add up to `gain`. Kept, for a copy to the device would wait for it."""
    taps = torch.tensor(kernel, dtype=torch.float64)
    taps = taps / taps.sum()
    return (gain * torch.outer(taps, taps)).to(device, dtype)
