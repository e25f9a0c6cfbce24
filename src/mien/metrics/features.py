"""An extractor: a network that turns images into features and class logits.

It records everything that its numbers depend on: the sha256 of the weights, and how images are resized.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.resize import Resize, resize
from mien.runtime.device import to_device

AT_ONCE = 8  # images: activations between two layers then fit the CPU's caches, which takes 10 % less time than 32
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Extractor:
    """uint8 images -> float32 features and logits. sha256: of the weights' file."""

    network: FeatureNetwork
    sha256: str
    resize: Resize
    device: torch.device
    published: bool = True  # False: other weights than the published ones, so its numbers compare with no others

    @property
    def name(self) -> str:
        return self.network.name

    def key(self) -> str:
        """Return the key of cached features of real images."""
        return f"{self.name} {self.sha256} {self.resize} {self.device.type}"

    @torch.inference_mode()
    def __call__(self, pixels: np.ndarray) -> dict[str, Tensor]:
        """Return {"features" [N,D], "logits" [N,K]} of uint8 [N,H,W,3]: float32, on the CPU."""
        images = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device)
        seen = [self.look(part) for part in images.split(self.at_once(len(images)))]
        return {name: torch.cat(parts).float().cpu() for name, parts in zip(("features", "logits"), zip(*seen))}

    def at_once(self, count: int) -> int:
        """Return the number of images that go through the network together, of `count` images."""
        return AT_ONCE if self.device.type == "cpu" else count

    def look(self, images: Tensor) -> tuple[Tensor, Tensor]:
        size = self.network.size
        images = self.network.prepare(resize(images, size, size, self.resize))
        # TensorFloat-32 would cost three digits. A search for the fastest kernel would cost the same digits.
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            found: tuple[Tensor, Tensor] = self.network(images.contiguous(memory_format=torch.channels_last))
        return found


def ready(network: M, device: torch.device) -> M:
    """Return the network for forward passes only: on its device, in the fastest layout for its convolutions."""
    return to_device(network, device, channels_last=True).eval().requires_grad_(False)
