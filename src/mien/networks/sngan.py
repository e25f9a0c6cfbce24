"""The residual networks of SNGAN (Miyato et al. 2018, appendix B.4), in the widths of the mimicry library's SNGAN-64.

Upsampling repeats pixels, and downsampling averages 2 x 2 pixels. A 1 x 1 convolution on the shortcut gives the same
result before and after it. It is at the small side, where it needs a quarter of the work. Sizes are halved, so
`sizes.EVEN` must hold: 64, 128, 96 (base 6 x 6), 96x80 (base 6 x 5), 48 ….
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate
from torch.nn.utils.parametrizations import spectral_norm

from mien.networks.sizes import even_halvings

LARGEST_MULTIPLE = 16  # widths double with depth up to 16 x the first


def widths(width: int, count: int) -> list[int]:
    """Return the channels of each block: 64, 128, 256, 512, 1024, 1024 …"""
    return [width * min(2**step, LARGEST_MULTIPLE) for step in range(count)]


def convolution(inputs: int, outputs: int, kernel: int, gain: float) -> nn.Conv2d:
    """Return a convolution that preserves the size, with Glorot weights (Glorot & Bengio 2010) and bias 0, as in
    Chainer.
    """
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.xavier_uniform_(layer.weight, gain)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


def linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class GrowingBlock(nn.Module):
    """[N,inputs,H,W] -> [N,outputs,2H,2W]: batch norm, ReLU, repeat, convolve, batch norm, ReLU, convolve."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = convolution(inputs, outputs, 3, gain=2**0.5)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.conv2 = convolution(outputs, outputs, 3, gain=2**0.5)
        self.shortcut = convolution(inputs, outputs, 1, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(doubled(torch.relu(self.norm1(x))))
        h = self.conv2(torch.relu(self.norm2(h)))
        return h + doubled(self.shortcut(x))


def doubled(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="nearest")


class SNGANGenerator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in [-1, 1]."""

    def __init__(self, resolution: tuple[int, int], channels: int, latent_dim: int = 128, width: int = 64):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = even_halvings(resolution)
        outputs = widths(width, len(sizes))[::-1]
        self.base = (outputs[0], *sizes[-1])
        self.start = linear(latent_dim, self.base[0] * self.base[1] * self.base[2])
        self.blocks = nn.Sequential(*(GrowingBlock(*pair) for pair in pairwise(outputs)))
        self.norm = nn.BatchNorm2d(outputs[-1])
        self.last = convolution(outputs[-1], channels, 3, gain=1.0)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.blocks(self.start(z).unflatten(1, self.base))
        return torch.tanh(self.last(torch.relu(self.norm(h))))


class ShrinkingBlock(nn.Module):
    """[N,inputs,H,W] -> [N,outputs,H/2,W/2], every weight divided by its largest singular value.

    first: the input is the image. Then no ReLU precedes the first convolution, and that convolution already has all
    output channels.
    """

    def __init__(self, inputs: int, outputs: int, first: bool):
        super().__init__()
        self.first = first
        hidden = outputs if first else inputs
        self.conv1 = spectral_norm(convolution(inputs, hidden, 3, gain=2**0.5))
        self.conv2 = spectral_norm(convolution(hidden, outputs, 3, gain=2**0.5))
        self.shortcut = spectral_norm(convolution(inputs, outputs, 1, gain=1.0))

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(x if self.first else torch.relu(x))
        h = self.conv2(torch.relu(h))
        return avg_pool2d(h, 2) + self.shortcut(avg_pool2d(x, 2))


class SNGANDiscriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> scores [N].

    It has one block more than the generator, as in SNGAN-64: 64 pixels become 2 x 2, and the last layer takes their
    sum. Each pass in training mode does one power iteration (Miyato et al. 2018, algorithm 1). Its vectors are buffers,
    saved and loaded with the weights.
    """

    def __init__(self, resolution: tuple[int, int], channels: int, width: int = 64):
        super().__init__()
        outputs = widths(width, len(even_halvings(resolution)))
        pairs = list(pairwise([channels, *outputs]))
        self.blocks = nn.Sequential(*(ShrinkingBlock(*pair, first=step == 0) for step, pair in enumerate(pairs)))
        self.feature_dim = outputs[-1]
        self.last = spectral_norm(linear(self.feature_dim, 1))

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return torch.relu(self.blocks(image)).sum((2, 3))

    def score(self, features: Tensor) -> Tensor:
        return self.last(features).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
