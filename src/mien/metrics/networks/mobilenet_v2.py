"""MobileNetV2 (Sandler et al. 2018, table 2), trained on ImageNet: a second extractor besides EfficientNet-Lite0.

`tensors_of` reads the usual published file, which a PyPI package contains.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.networks.folding import ConvNorm

# (expansion, outputs, blocks, stride of the first)
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
EPSILON = 1e-5  # of the batch norms
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colors, in [0, 1]


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, active: bool = True) -> ConvNorm:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return ConvNorm(layer, nn.ReLU6(inplace=True) if active else None, EPSILON)


class Block(nn.Module):
    """A block: expand, convolve each channel separately, project (figure 4d). If the shapes are equal, the input is
    added.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        expand = [conv(inputs, inner)] if expansion > 1 else []
        depthwise = conv(inner, inner, 3, stride, groups=inner)
        self.layers = nn.Sequential(*expand, depthwise, conv(inner, outputs, active=False))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.adds else self.layers(x)


class MobileNetV2(FeatureNetwork):
    """[N,3,224,224] -> features [N,1280] and logits [N,1000]"""

    name, size = "mobilenet-v2", 224

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        blocks: list[Block] = []
        inputs = 32
        for expansion, outputs, count, stride in STAGES:
            for index in range(count):
                blocks.append(Block(inputs, outputs, 1 if index else stride, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = conv(320, 1280)
        self.fc = nn.Linear(1280, 1000)

    def prepare(self, pixels: Tensor) -> Tensor:
        """Scale float [0, 255] to ImageNet's mean 0 and standard deviation 1, in place."""
        mean, deviation = (torch.tensor(part, device=pixels.device).view(3, 1, 1) for part in (MEAN, DEVIATION))
        return pixels.sub_(255 * mean).div_(255 * deviation)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.head(self.blocks(self.stem(x))).mean((2, 3))
        return features, self.fc(features)


def tensors_of(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a `MobileNetV2` from the published file, whose modules are numbered in the same order."""
    names = [name for name in published if not name.endswith("num_batches_tracked")]
    ours = [name for name in MobileNetV2().state_dict() if not name.endswith("num_batches_tracked")]
    return dict(zip(ours, (published[name] for name in sorted(names, key=place)), strict=True))


def place(name: str) -> tuple[bool, list[int], int]:
    """Return the sort key of a published tensor: features before classifier, module numbers, tensor of a layer."""
    tensor = ("weight", "bias", "running_mean", "running_var").index(name.split(".")[-1])
    return name.startswith("classifier"), [int(number) for number in re.findall(r"\d+", name)], tensor
