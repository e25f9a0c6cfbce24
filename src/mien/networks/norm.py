"""The choice of a normalization: batch norm or instance norm."""

from __future__ import annotations

from typing import Literal

from torch import nn

Norm = Literal["batch", "instance"]


def normalization(norm: Norm, channels: int, affine: bool = True) -> nn.Module:
    """Return a normalization layer: [N,channels,H,W] -> the same shape.

    affine: learn a scale and a shift. Batch norm always has them. Group norm with one channel in each group is instance
    norm. Its second gradient is faster.
    """
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.GroupNorm(channels, channels, affine=affine)
