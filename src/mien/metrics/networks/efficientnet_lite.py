"""EfficientNet-Lite0: Tan and Le 2019, "EfficientNet", table 1, trained on ImageNet.

It has no squeeze-and-excitation and uses ReLU6, as in TensorFlow's efficientnet/lite. `tensors_of` reads the file of
the PyPI package.
"""

from __future__ import annotations

import re

from torch import Tensor, nn
from torch.nn.functional import pad

from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.networks.folding import ConvNorm

# (blocks, kernel, stride of the first, expansion, outputs)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SamePad(nn.Module):
    """TensorFlow's SAME padding: the output has ceil(side / stride) pixels. An odd pixel is added below and right."""

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        missing = [max((-(-side // self.stride) - 1) * self.stride + self.kernel - side, 0) for side in x.shape[2:]]
        below, right = missing
        return pad(x, (right // 2, right - right // 2, below // 2, below - below // 2))


def conv(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, active: bool = True
) -> nn.Module:
    symmetric = stride == 1  # with stride 1, the padding of a convolution equals SAME
    padding = kernel // 2 if symmetric else 0
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    whole = ConvNorm(layer, nn.ReLU6(inplace=True) if active else None)
    return whole if symmetric else nn.Sequential(SamePad(kernel, stride), whole)


class Block(nn.Module):
    """A block: expand, convolve each channel separately, project. If the shapes are equal, the input is added."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        expand = [conv(inputs, inner)] if expansion > 1 else []
        depthwise = conv(inner, inner, kernel, stride, groups=inner)
        self.layers = nn.Sequential(*expand, depthwise, conv(inner, outputs, active=False))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.adds else self.layers(x)


class EfficientNetLite0(FeatureNetwork):
    """[N,3,224,224] -> features [N,1280] and logits [N,1000]"""

    name, size = "efficientnet-lite0", 224

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        blocks: list[Block] = []
        inputs = 32
        for count, kernel, stride, expansion, outputs in STAGES:
            for index in range(count):
                blocks.append(Block(inputs, outputs, kernel, 1 if index else stride, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = conv(320, 1280)
        self.fc = nn.Linear(1280, 1000)

    def prepare(self, pixels: Tensor) -> Tensor:
        """Scale float [0, 255] to about [-1, 1], as in the training of the Lite networks, in place."""
        return pixels.sub_(127).div_(128)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.head(self.blocks(self.stem(x))).mean((2, 3))
        return features, self.fc(features)


def tensors_of(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of an `EfficientNetLite0` from the file of the PyPI package.

    Its modules have other names but the same order: stem, blocks (expand, depthwise, project), head, fc.
    """
    names = [name for name in published if not name.endswith("num_batches_tracked")]
    state = EfficientNetLite0().state_dict()
    ours = [name for name in state if not name.endswith("num_batches_tracked")]
    return dict(zip(ours, (published[name] for name in sorted(names, key=place)), strict=True))


def place(name: str) -> tuple[int, int, int]:
    """Return the position in this network of a published tensor: (block, layer in the block, tensor of the layer)."""
    block = re.match(r"_blocks\.(\d+)\.", name)
    layer = name.split(".")[-2]
    layers = {"_expand_conv": 0, "_bn0": 0, "_depthwise_conv": 1, "_bn1": 1, "_project_conv": 2, "_bn2": 2}
    ends = {"_conv_stem": -1, "_bn0": -1, "_conv_head": 99, "_bn1": 99, "_fc": 100}
    tensor = ("weight", "bias", "running_mean", "running_var").index(name.split(".")[-1])
    after_conv = 10 if layer.startswith("_bn") else 0
    if block:
        return int(block[1]), layers[layer], after_conv + tensor
    return ends[layer], 0, after_conv + tensor
