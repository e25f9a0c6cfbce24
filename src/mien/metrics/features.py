"""An extractor: a network that turns images into features and class logits, with everything that its numbers depend
on: which weights (by sha256), and how images are resized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.resize import Resize, resize
from mien.runtime.device import to_device

AT_ONCE = 8  # images: what lies between two layers then stays in a processor's caches, a tenth quicker than 32
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Extractor:
    """uint8 images -> float32 features and logits. sha256: of the weights' file."""

    network: FeatureNetwork
    sha256: str
    resize: Resize
    device: torch.device
    published: bool = True  # False: other weights than the published ones, so nothing else compares with its numbers

    @property
    def name(self) -> str:
        return self.network.name

    def key(self) -> str:
        """What is kept of the real images goes by it."""
        return f"{self.name} {self.sha256} {self.resize} {self.device.type}"

    @torch.inference_mode()
    def __call__(self, pixels: np.ndarray) -> dict[str, Tensor]:
        """uint8 [N,H,W,3] -> {"features" [N,D], "logits" [N,K]}, float32, in memory of the processor."""
        images = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device)
        seen = [self.look(part) for part in images.split(self.at_once(len(images)))]
        return {name: torch.cat(parts).float().cpu() for name, parts in zip(("features", "logits"), zip(*seen))}

    def at_once(self, count: int) -> int:
        """How many of `count` images go through the network together."""
        return AT_ONCE if self.device.type == "cpu" else count

    def look(self, images: Tensor) -> tuple[Tensor, Tensor]:
        size = self.network.size
        images = self.network.prepare(resize(images, size, size, self.resize))
        # TensorFloat-32 would cost three digits, a search for the quickest kernel the same digits again.
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            found: tuple[Tensor, Tensor] = self.network(images.contiguous(memory_format=torch.channels_last))
        return found


def ready(network: M, device: torch.device) -> M:
    """For forward passes alone: on its device, in the layout that its convolutions are quickest in."""
    return to_device(network, device, channels_last=True).eval().requires_grad_(False)
