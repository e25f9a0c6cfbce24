"""Inception v3 of FID, ported from TensorFlow: Szegedy et al. 2015, "Rethinking the Inception Architecture".

The published weights (2015-12-05) need exactly this arithmetic. Average pools exclude the padding from their mean. The
pool of the last block takes the maximum. Batch norm has eps 1e-3, and there are 1008 classes. Modules have the names of
the published files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from mien.metrics.networks.feature_network import FeatureNetwork
from mien.metrics.networks.folding import ConvNorm

Size = int | tuple[int, int]
Pool = Callable[[Tensor], Tensor]


def conv(inputs: int, outputs: int, kernel: Size, padding: Size = 0, stride: int = 1) -> ConvNorm:
    return ConvNorm(nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.ReLU(inplace=True))


def mean_pool(x: Tensor) -> Tensor:
    return avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def largest_pool(x: Tensor) -> Tensor:
    return max_pool2d(x, 3, stride=1, padding=1)


class Inception(FeatureNetwork):
    """[N,3,299,299] -> features [N,2048] and logits [N,1008] without bias, as the Inception Score needs them."""

    name, size = "inception", 299

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = conv(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = conv(32, 32, 3)
        self.Conv2d_2b_3x3 = conv(32, 64, 3, 1)
        self.Conv2d_3b_1x1 = conv(64, 80, 1)
        self.Conv2d_4a_3x3 = conv(80, 192, 3)
        self.Mixed_5b = Block35(192, pool=32)
        self.Mixed_5c = Block35(256, pool=64)
        self.Mixed_5d = Block35(288, pool=64)
        self.Mixed_6a = To17(288)
        self.Mixed_6b = Block17(768, 128)
        self.Mixed_6c = Block17(768, 160)
        self.Mixed_6d = Block17(768, 160)
        self.Mixed_6e = Block17(768, 192)
        self.Mixed_7a = To8(768)
        self.Mixed_7b = Block8(1280, mean_pool)
        self.Mixed_7c = Block8(2048, largest_pool)
        self.fc = nn.Linear(2048, 1008)

    def prepare(self, pixels: Tensor) -> Tensor:
        """Scale float [0, 255] to about [-1, 1), in place."""
        return pixels.sub_(128).div_(128)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = max_pool2d(x, 3, 2)  # [N,64,73,73]
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
        x = max_pool2d(x, 3, 2)  # [N,192,35,35]
        x = self.Mixed_6a(self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x))))  # [N,768,17,17]
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(x))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # [N,2048,8,8]
        features = x.mean((2, 3))
        return features, features @ self.fc.weight.T


class Block35(nn.Module):
    """Figure 5 of the paper at 35x35 -> 224 + `pool` channels."""

    def __init__(self, inputs: int, pool: int):
        super().__init__()
        self.branch1x1 = conv(inputs, 64, 1)
        self.branch5x5_1 = conv(inputs, 48, 1)
        self.branch5x5_2 = conv(48, 64, 5, 2)
        self.branch3x3dbl_1 = conv(inputs, 64, 1)
        self.branch3x3dbl_2 = conv(64, 96, 3, 1)
        self.branch3x3dbl_3 = conv(96, 96, 3, 1)
        self.branch_pool = conv(inputs, pool, 1)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(mean_pool(x))], 1)


class To17(nn.Module):
    """35x35 -> 17x17, with 480 more channels."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3 = conv(inputs, 384, 3, stride=2)
        self.branch3x3dbl_1 = conv(inputs, 64, 1)
        self.branch3x3dbl_2 = conv(64, 96, 3, 1)
        self.branch3x3dbl_3 = conv(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, max_pool2d(x, 3, 2)], 1)


class Block17(nn.Module):
    """Figure 6 of the paper at 17x17, with n = 7 -> 768 channels."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.branch1x1 = conv(inputs, 192, 1)
        self.branch7x7_1 = conv(inputs, width, 1)
        self.branch7x7_2 = conv(width, width, (1, 7), (0, 3))
        self.branch7x7_3 = conv(width, 192, (7, 1), (3, 0))
        self.branch7x7dbl_1 = conv(inputs, width, 1)
        self.branch7x7dbl_2 = conv(width, width, (7, 1), (3, 0))
        self.branch7x7dbl_3 = conv(width, width, (1, 7), (0, 3))
        self.branch7x7dbl_4 = conv(width, width, (7, 1), (3, 0))
        self.branch7x7dbl_5 = conv(width, 192, (1, 7), (0, 3))
        self.branch_pool = conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(mean_pool(x))], 1)


class To8(nn.Module):
    """17x17 -> 8x8, with 512 more channels."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3_1 = conv(inputs, 192, 1)
        self.branch3x3_2 = conv(192, 320, 3, stride=2)
        self.branch7x7x3_1 = conv(inputs, 192, 1)
        self.branch7x7x3_2 = conv(192, 192, (1, 7), (0, 3))
        self.branch7x7x3_3 = conv(192, 192, (7, 1), (3, 0))
        self.branch7x7x3_4 = conv(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([three, self.branch7x7x3_4(seven), max_pool2d(x, 3, 2)], 1)


class Block8(nn.Module):
    """Figure 7 of the paper at 8x8 -> 2048 channels."""

    def __init__(self, inputs: int, pool: Pool):
        super().__init__()
        self.pool = pool
        self.branch1x1 = conv(inputs, 320, 1)
        self.branch3x3_1 = conv(inputs, 384, 1)
        self.branch3x3_2a = conv(384, 384, (1, 3), (0, 1))
        self.branch3x3_2b = conv(384, 384, (3, 1), (1, 0))
        self.branch3x3dbl_1 = conv(inputs, 448, 1)
        self.branch3x3dbl_2 = conv(448, 384, 3, 1)
        self.branch3x3dbl_3a = conv(384, 384, (1, 3), (0, 1))
        self.branch3x3dbl_3b = conv(384, 384, (3, 1), (1, 0))
        self.branch_pool = conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        parts = [self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three)]
        parts += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([*parts, self.branch_pool(self.pool(x))], 1)


def tensors_of(published: dict[str, Any]) -> dict[str, Tensor]:
    """Return the state of an `Inception` from a published file. Batch counters are ignored; not every file has them."""
    return {name: tensor for name, tensor in published.items() if not name.endswith("num_batches_tracked")}
