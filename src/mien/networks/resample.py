"""Double or halve height and width with a small symmetric filter, as in StyleGAN2 and R3GAN.

Both use [1,3,3,1] (Karras et al. 2020, appendix B). The code of R3GAN sets [1,2,1] and convolves it with [1,1] before
use, which gives the same filter. [1,2,1] alone has an odd number of taps. Each doubling then shifts the image by half a
pixel and fades towards one edge. R3GAN in mien 0.1.0 used it, so its snapshots still do.

Up inserts zeros between the pixels and convolves. Down convolves and takes every second pixel. Each is the transpose of
the other, so each is written as the gradient of the other. The second gradient of a depthwise convolution in torch
takes 10 to 100 times as long as the convolution on a CPU. Gradient penalties need it in every step. Both are fastest in
channels-last memory.
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
    """Double the size: [N,C,H,W] -> [N,C,2H,2W]. Differentiable any number of times. Zeros pad the edges."""
    return apply(Up, x, kernel, 4.0)  # three of four pixels are inserted zeros: gain 4 restores the mean


def downsample2(x: Tensor, kernel: Kernel = BINOMIAL) -> Tensor:
    """Halve the size: [N,C,H,W], H and W even, -> [N,C,H/2,W/2]. Differentiable any number of times. Zeros pad the
    edges.
    """
    return apply(Down, x, kernel, 1.0)


class Up(torch.autograd.Function):
    """y[2i+k-p] += gain * f[k] * x[i] along both axes, with p = (taps - 1) // 2."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Kernel, gain: float) -> Tensor:
        ctx.settings = (kernel, gain)
        taps, own = len(kernel), x.dtype
        if own == torch.bfloat16 and x.is_cpu:
            x = x.float()  # oneDNN has no fast transposed depthwise convolution in bfloat16: 8 to 90 times as long
        weight = square(kernel, gain, x.dtype, x.device).expand(x.shape[1], 1, -1, -1)
        return conv_transpose2d(x, weight, None, 2, (taps - 1) // 2, taps % 2, groups=x.shape[1]).to(own)

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
    """Return the filter [taps,taps] with sum `gain`. It is cached, because a copy to the device waits for the
    device.
    """
    taps = torch.tensor(kernel, dtype=torch.float64)
    taps = taps / taps.sum()
    return (gain * torch.outer(taps, taps)).to(device, dtype)
