"""The modulated convolution of StyleGAN2 (Karras et al. 2020, section 2.2).

The style of an image scales the input channels of the convolution (eq. 1). Each output channel is then divided by the
standard deviation that follows for inputs of variance 1 (eq. 3).

Here the factors scale the input and the output instead of the weights. The result is algebraically the same, and all
images share one convolution. Weights in bfloat16 are not rounded a second time. On a CPU, a grouped convolution with
one weight for each image takes about as long with 16 or 32 channels. It takes 1.6 times as long with 64 channels and 5
times with 128 (`benchmarks/modulated.py`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from mien.networks.equalized import EqualizedLinear
from mien.networks.smooth import smooth


class ModulatedConv2d(nn.Module):
    """x [N,inputs,H,W], w [N,w_dim] -> [N,outputs,H,W], or [N,outputs,2H,2W] if `up`.

    up: insert zeros between the pixels, convolve, smooth. The inserted zeros are not multiplied. demodulate: divide by
    the expected standard deviation. gain: as in `equalized`. Computes in the type of x, and the styles in the type of
    w.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        w_dim: int,
        up: bool = False,
        demodulate: bool = True,
        gain: float = 1.0,
    ):
        super().__init__()
        self.style = EqualizedLinear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = gain / math.sqrt(inputs * kernel**2)
        self.pad, self.up, self.demodulate, self.gain = kernel // 2, up, demodulate, gain

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w) * self.scale
        x = x * spread(style, x)
        weight = self.weight.to(x.dtype)
        if self.up:
            y = smooth(conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1, gain=4.0)
        else:
            y = conv2d(x, weight, padding=self.pad)
        return y * spread(self.gain * self.demodulation(style), x) if self.demodulate else y

    def demodulation(self, style: Tensor) -> Tensor:
        """Return 1 / sqrt(sum over inputs and kernel of (style * weight)^2): [N,inputs] -> [N,outputs]."""
        return (style.square() @ self.weight.square().sum((2, 3)).T + 1e-8).rsqrt()


def spread(factors: Tensor, x: Tensor) -> Tensor:
    """Return [N,C] as [N,C,1,1] in the type of x."""
    return factors.to(x.dtype)[:, :, None, None]
