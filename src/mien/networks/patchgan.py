"""The PatchGAN discriminator (Isola et al. 2017, section 3.2): one logit for each patch of the image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mien.networks.dcgan import initialize_translator, widths
from mien.networks.norm import Norm, normalization
from mien.networks.sizes import demand

SMALLEST = 4  # pixels a side after the strided layers: two more layers each remove one pixel


class PatchDiscriminator(nn.Module):
    """Images [N,channels,H,W] in [-1, 1] -> logits [N,P], one for each of P patches that overlap.

    sees_source: the source of a translation [N,channels,H,W] is joined to the image by channels, as the condition.
    layers: strided layers; a patch is 70 x 70 pixels with 3, 34 with 2, 16 with 1. A small image gets fewer layers.
    affine: instance norm learns a scale and a shift (pix2pix); CycleGAN's does not.
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 64,
        layers: int = 3,
        norm: Norm = "instance",
        sees_source: bool = False,
        affine: bool = True,
    ):
        super().__init__()
        demand(resolution, lambda size: min(size) >= 2 * SMALLEST, f"both sides must be {2 * SMALLEST} or more")
        while min(resolution) // 2**layers < SMALLEST:
            layers -= 1
        inputs = channels * (2 if sees_source else 1)
        outputs = widths(width, layers + 1)
        parts: list[nn.Module] = [nn.Conv2d(inputs, outputs[0], 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for step in range(1, layers + 1):
            stride = 2 if step < layers else 1
            parts.append(nn.Conv2d(outputs[step - 1], outputs[step], 4, stride, 1, bias=False))
            parts += [normalization(norm, outputs[step], affine), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*parts, nn.Conv2d(outputs[-1], 1, 4, 1, 1))
        self.apply(initialize_translator)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        seen = image if condition is None else torch.cat([condition, image], 1)
        return self.layers(seen).flatten(1)
