"""Fold batch norm into the convolution before it, for networks in evaluation only."""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

M = TypeVar("M", bound=nn.Module)


class ConvNorm(nn.Sequential):
    """A convolution without bias, batch norm, activation. `folded` joins the first two into one convolution."""

    def __init__(self, conv: nn.Conv2d, activation: nn.Module | None = None, epsilon: float = 1e-3):
        super().__init__()
        self.conv = conv
        self.bn: nn.Module = nn.BatchNorm2d(conv.out_channels, eps=epsilon)
        self.activation = activation or nn.Identity()


def folded(network: M) -> M:
    """Return `network` with each ConvNorm as one convolution, the same function. Changes it; it must be in eval
    mode.
    """
    for module in network.modules():
        if isinstance(module, ConvNorm) and isinstance(module.bn, nn.BatchNorm2d):
            module.conv = fuse_conv_bn_eval(module.conv, module.bn)
            module.bn = nn.Identity()
    return network
