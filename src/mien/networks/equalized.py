"""Layers with an equalized learning rate (Karras et al. 2018, section 4.1; StyleGAN2 uses them).

Weights start at N(0, 1). Each use scales them to He's standard deviation, 1 / sqrt(fan in). Adam's steps do not depend
on the size of a weight. With this scaling, they have the same relative size for all weights.

gain: the factor for the activation behind a layer, sqrt(2) for a leaky ReLU. It is applied to weights and bias, because
there are far more activations: leaky_relu(a * x) = a * leaky_relu(x) for a > 0.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

GAIN = math.sqrt(2.0)
SLOPE = 0.2


def activate(x: Tensor) -> Tensor:
    return leaky_relu(x, SLOPE)


class EqualizedLinear(nn.Module):
    """[N,inputs] -> [N,outputs]. rate: multiplies the learning rate (0.01 in the mapping network). bias: initial
    value.
    """

    def __init__(self, inputs: int, outputs: int, gain: float = 1.0, rate: float = 1.0, bias: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.shift = gain * rate / math.sqrt(inputs), gain * rate

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight * self.scale, self.bias * self.shift)


class EqualizedConv2d(nn.Module):
    """[N,inputs,H,W] -> [N,outputs,H/stride,W/stride]; computes in the type of its input."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        gain: float = 1.0,
        bias: bool = True,
        stride: int = 1,
        pad: int = 0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.gain = gain / math.sqrt(inputs * kernel**2), gain
        self.stride, self.pad = stride, pad

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else (self.bias * self.gain).to(x.dtype)
        return conv2d(x, (self.weight * self.scale).to(x.dtype), bias, self.stride, self.pad)
