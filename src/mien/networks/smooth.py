"""The low-pass filter beside StyleGAN2's strided convolutions (Karras et al. 2020, appendix B; Zhang 2019)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from mien.networks.autograd import apply
from mien.networks.resample import BINOMIAL, square


def smooth(x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """[N,C,H,W] -> [N,C,H+2*padding-3,W+2*padding-3], each pixel the weighted mean of 4 x 4, times `gain`.

    Beyond the edges lie zeros. Differentiable any number of times.
    """
    return apply(Smooth, x, padding, gain)


class Smooth(torch.autograd.Function):
    """The filter as a function with a gradient. The filter is symmetric, so its transpose is itself with other padding.

    It is hand-written, because torch's second gradient of a depthwise convolution is slow on a CPU (see `resample`).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, padding: int, gain: float) -> Tensor:
        ctx.settings = (len(BINOMIAL) - 1 - padding, gain)
        weight = square(BINOMIAL, gain, x.dtype, x.device).expand(x.shape[1], 1, -1, -1)
        return conv2d(x, weight, None, 1, padding, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return apply(Smooth, gradient, *ctx.settings), None, None
