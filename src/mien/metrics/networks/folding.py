"""Batch norm folded into the convolutions before it, for networks that are only ever evaluated."""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

M = TypeVar("M", bound=nn.Module)


class ConvNorm(nn.Sequential):
    """conv without bias, batch norm, activation; `folded` makes one convolution of the first two."""

    def __init__(self, conv: nn.Conv2d, activation: nn.Module | None = None, epsilon: float = 1e-3):
        super().__init__()
        self.conv = conv
        self.bn: nn.Module = nn.BatchNorm2d(conv.out_channels, eps=epsilon)
        self.activation = activation or nn.Identity()


def folded(network: M) -> M:
    """The same function, with each ConvNorm one convolution. Changes and returns `network`, which must be in eval."""
    for module in network.modules():
        if isinstance(module, ConvNorm) and isinstance(module.bn, nn.BatchNorm2d):
            module.conv = fuse_conv_bn_eval(module.conv, module.bn)
            module.bn = nn.Identity()
    return network
