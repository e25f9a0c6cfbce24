"""Networks for points on a line or a plane, as images of one pixel: perceptrons, and a line that shifts."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def perceptron(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    """`depth` hidden layers of `width`, LeakyReLU 0.2 after each: inputs -> width -> … -> width -> outputs."""
    layers: list[nn.Module] = []
    for step in range(depth):
        layers += [nn.Linear(inputs if step == 0 else width, width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


class PointGenerator(nn.Module):
    """z [N,latent_dim] -> points [N,channels,*resolution], without bounds: no tanh at the end."""

    def __init__(
        self, resolution: tuple[int, int], channels: int, latent_dim: int = 8, width: int = 128, depth: int = 3
    ):
        super().__init__()
        self.latent_dim = latent_dim
        self.shape = (channels, *resolution)
        self.layers = perceptron(latent_dim, math.prod(self.shape), width, depth)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.layers(z).unflatten(1, self.shape)


class PointDiscriminator(nn.Module):
    """Points [N,channels,*resolution] -> logits [N]."""

    def __init__(self, resolution: tuple[int, int], channels: int, width: int = 128, depth: int = 3):
        super().__init__()
        self.layers = perceptron(channels * math.prod(resolution), 1, width, depth)
        self.feature_dim = width

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return self.layers[:-1](image.flatten(1))

    def score(self, features: Tensor) -> Tensor:
        return self.layers[-1](features).squeeze(1)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))


class ShiftedLine(nn.Module):
    """z [N,1] -> points (theta, spread * z) [N,2,1,1]: a vertical line. Its position `theta` is the only parameter.

    Source: Arjovsky et al. 2017, example 1.
    """

    latent_dim = 1

    def __init__(self, resolution: tuple[int, int], channels: int, start: float = 2.0, spread: float = 0.5):
        super().__init__()
        self.spread = spread
        self.theta = nn.Parameter(torch.tensor(start))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return torch.cat([self.theta.expand_as(z), self.spread * z], dim=1)[:, :, None, None]
