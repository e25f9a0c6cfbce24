"""The modulated convolution of StyleGAN2 (Karras et al. 2020, section 2.2).

Each image scales the convolution's input channels by its style (eq. 1), and each output channel is then divided by
the standard deviation that follows for inputs of variance 1 (eq. 3). Scaling a weight's input channel is scaling that
channel of the input, and dividing its output channel is dividing the output, so all images share one convolution:
exact algebra, and the factors stay out of weights that bfloat16 would round once more. A grouped convolution with a
weight for each image takes a processor about as long with 16 or 32 channels, 1.6 times as long with 64 and 5 times
with 128 (`benchmarks/modulated.py`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from mien.networks.equalized import EqualizedLinear
from mien.networks.smooth import smooth


class ModulatedConv2d(nn.Module):
    """x [N,inputs,H,W], w [N,w_dim] -> [N,outputs,H,W], or twice as high and wide.

    up: zeros between the pixels, convolve, smooth; the zeros are never multiplied. demodulate: divide by the expected
    standard deviation. gain: as in `equalized`. Computes in the type of x, the styles in that of w.
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
        """1 / sqrt(sum over inputs and kernel of (style * weight)^2): [N,inputs] -> [N,outputs]."""
        return (style.square() @ self.weight.square().sum((2, 3)).T + 1e-8).rsqrt()


def spread(factors: Tensor, x: Tensor) -> Tensor:
    """[N,C] -> [N,C,1,1] in the type of x."""
    return factors.to(x.dtype)[:, :, None, None]
