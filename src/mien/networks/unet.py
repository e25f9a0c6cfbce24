"""The U-Net of pix2pix (Isola et al. 2017, appendix 6.1): layers down to about one pixel and up again.

Skip connections join the layers of equal size. The image is halved while both sides are even, at most eight times: 256
x 256 ends as one pixel, as published.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mien.networks.dcgan import initialize_translator, widths
from mien.networks.norm import Norm, normalization
from mien.networks.sizes import Size, demand
from mien.runtime.draws import Dropout

MOST_HALVINGS, LEAST_HALVINGS = 8, 3
WITH_DROPOUT = 3  # steps up, from the smallest size on


def halvings(resolution: Size) -> int:
    """How often both sides halve without remainder: (256, 256) -> 8; (96, 80) -> 4."""
    count, (height, width) = 0, resolution
    while count < MOST_HALVINGS and height % 2 == width % 2 == 0:
        count, height, width = count + 1, height // 2, width // 2
    return count


class UNetGenerator(nn.Module):
    """Source [N,channels,H,W] in [-1, 1] -> image of the same shape; H and W may be any multiples of `multiple`.

    norm: "instance" equals the paper's batch norm at its batch of 1, in training and in evaluation (section 3.3).
    dropout: the only noise of the paper. Evaluation uses no dropout.
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 64,
        norm: Norm = "instance",
        dropout: float = 0.5,
    ):
        super().__init__()
        enough = f"both sides must be multiples of {2**LEAST_HALVINGS}"
        demand(resolution, lambda size: halvings(size) >= LEAST_HALVINGS, enough)
        steps = halvings(resolution)
        self.multiple = 2**steps
        outputs = widths(width, steps)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step, smaller in enumerate(outputs):
            layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if step else []
            layers.append(nn.Conv2d(outputs[step - 1] if step else channels, smaller, 4, 2, 1, bias=False))
            if 0 < step < steps - 1:  # no norm on a single pixel: the pixel equals its mean
                layers.append(normalization(norm, smaller))
            self.down.append(nn.Sequential(*layers))
        for step in reversed(range(steps)):
            joined = outputs[step] * (1 if step == steps - 1 else 2)
            if step == 0:
                last = nn.ConvTranspose2d(joined, channels, 4, 2, 1)
                self.up.append(nn.Sequential(nn.ReLU(), last, nn.Tanh()))
                break
            larger = outputs[step - 1]
            layers = [nn.ReLU(), nn.ConvTranspose2d(joined, larger, 4, 2, 1, bias=False), normalization(norm, larger)]
            if step >= steps - WITH_DROPOUT:
                layers.append(Dropout(dropout))
            self.up.append(nn.Sequential(*layers))
        self.apply(initialize_translator)

    def forward(self, source: Tensor) -> Tensor:
        x, sizes = source, []
        for down in self.down:
            x = down(x)
            sizes.append(x)
        x = self.up[0](sizes.pop())
        for up in self.up[1:]:
            x = up(torch.cat([x, sizes.pop()], 1))
        return x
