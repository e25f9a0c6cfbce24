"""Normalization as a choice: over the batch, or over each image alone."""

from __future__ import annotations

from typing import Literal

from torch import nn

Norm = Literal["batch", "instance"]


def normalization(norm: Norm, channels: int, affine: bool = True) -> nn.Module:
    """[N,channels,H,W] -> the same shape. affine: with a learned scale and shift; batch norm always has them.

    One channel a group is instance norm, by a kernel that is quicker when differentiated twice.
    """
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.GroupNorm(channels, channels, affine=affine)
