"""DCGAN (Radford et al. 2016): strided convolutions, batch normalization, no fully connected layer.

At 64 x 64 and 96 x 96 the layers are the published ones. The same rule gives every other height and width. The
discriminator halves the size (rounded down) until the shorter side is 4 to 7. The generator uses the same sizes in
reverse order.

filtered: a low-pass filter follows each resampling, and convolutions of 3 replace those of 4, as in StyleGAN2 (Karras
et al. 2020, appendix B; Zhang 2019). Strided layers without a filter leave a checkerboard in the images and in the
gradients of G. A new network needs hours of training to remove it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mien.networks.smooth import smooth

LARGEST_MULTIPLE = 8  # widths double with depth up to 8 x the first (512 in the paper)


def stages(resolution: tuple[int, int], filtered: bool = False) -> list[tuple[int, int]]:
    """Sizes (height, width) from the image down to the base: (96, 80) -> [(96,80), (48,40), (24,20), (12,10), (6,5)].

    96 x 96, and any square of 3 * 2^k, starts with a step of three: the "5-3-1" layer, 96 -> 32. Not if filtered.
    """
    sizes = [resolution]
    if outer_stride(resolution) == 3 and not filtered:
        sizes.append((resolution[0] // 3, resolution[1] // 3))
    while min(sizes[-1]) >= 8:
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes


def outer_stride(resolution: tuple[int, int]) -> int:
    third = resolution[0] // 3
    power_of_two = third >= 8 and third & (third - 1) == 0
    return 3 if resolution[0] == resolution[1] == 3 * third and power_of_two else 2


def widths(width: int, count: int) -> list[int]:
    """Channels after each of `count` steps away from the image: 64, 128, 256, 512, 512 …"""
    return [width * min(2**step, LARGEST_MULTIPLE) for step in range(count)]


def initialize(module: nn.Module) -> None:
    """Convolutions N(0, 0.02), batch norm weights N(1, 0.02), biases 0 (section 4)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def initialize_translator(module: nn.Module) -> None:
    """As `initialize`, and each bias of a convolution begins as 0 (pix2pix, CycleGAN)."""
    initialize(module)
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
        nn.init.zeros_(module.bias)


def weight_of(layer: nn.Module) -> Tensor:
    """The weight [A,B,H,W] of a convolution."""
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    return layer.weight


class DCGANGenerator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in [-1, 1].

    contrast: scales the initial weights of the last layer. At 1, as published, the first images of width 64 are nearly
    gray. The images of a narrower network are grayer. It then needs hundreds of steps to reach black and white.
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        latent_dim: int = 100,
        width: int = 64,
        contrast: float = 1.0,
        filtered: bool = False,
    ):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = stages(resolution, filtered)[::-1]
        outputs = [*widths(width, len(sizes) - 1)[::-1], channels]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent_dim, outputs[0], sizes[0], bias=False)]
        for step, (small, large) in enumerate(pairwise(sizes)):
            layers += [nn.BatchNorm2d(outputs[step]), nn.ReLU(inplace=True)]
            layers += grow(outputs[step], outputs[step + 1], small, large, filtered)
        self.layers = nn.Sequential(*layers, nn.Tanh())
        self.apply(initialize)
        with torch.no_grad():
            last = next(layer for layer in reversed(self.layers) if isinstance(layer, nn.ConvTranspose2d))
            last.weight.mul_(contrast)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        # At one pixel, a transposed convolution is a matrix product with a channels-last result: ten times as fast.
        weight = weight_of(self.layers[0]).permute(0, 2, 3, 1)
        base = (z @ weight.flatten(1)).unflatten(1, weight.shape[1:])
        return self.layers[1:](base.permute(0, 3, 1, 2))


def grow(
    inputs: int, outputs: int, small: tuple[int, int], large: tuple[int, int], filtered: bool = False
) -> list[nn.Module]:
    """Kernel 4, stride 2, padding 1 (kernel 5, stride 3 for the step of three), one more row where `large` is odd.

    Filtered: kernel 3, stride 2, without padding. This gives one row and column too many, which the filter removes.
    """
    stride = round(large[0] / small[0])
    missing = (large[0] - stride * small[0], large[1] - stride * small[1])
    if not filtered:
        return [nn.ConvTranspose2d(inputs, outputs, stride + 2, stride, 1, output_padding=missing, bias=False)]
    # Only one of four neighbouring pixels at the double size is not an inserted zero.
    convolution = nn.ConvTranspose2d(inputs, outputs, 3, stride, output_padding=missing, bias=False)
    return [convolution, Smooth(padding=1, gain=4.0)]


class Smooth(nn.Module):
    """[N,C,H,W] -> [N,C,H+2*padding-3,W+2*padding-3]: the weighted mean of 4 x 4 pixels, times `gain`."""

    def __init__(self, padding: int, gain: float = 1.0):
        super().__init__()
        self.padding, self.gain = padding, gain

    def forward(self, x: Tensor) -> Tensor:
        return smooth(x, self.padding, self.gain)


class DCGANDiscriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> logits [N]; batch norm in all but the first and last layer."""

    def __init__(self, resolution: tuple[int, int], channels: int, width: int = 64, filtered: bool = False):
        super().__init__()
        sizes = stages(resolution, filtered)
        outputs = [channels, *widths(width, len(sizes) - 1)]
        layers: list[nn.Module] = []
        for step, (large, small) in enumerate(pairwise(sizes)):
            if filtered:
                layers += [Smooth(padding=2), nn.Conv2d(outputs[step], outputs[step + 1], 3, 2, bias=False)]
            else:
                stride = round(large[0] / small[0])
                layers.append(nn.Conv2d(outputs[step], outputs[step + 1], stride + 2, stride, 1, bias=False))
            if step > 0:
                layers.append(nn.BatchNorm2d(outputs[step + 1]))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        layers.append(nn.Conv2d(outputs[-1], 1, sizes[-1], bias=False))
        self.feature_dim = outputs[-1] * sizes[-1][0] * sizes[-1][1]
        self.layers = nn.Sequential(*layers)
        self.apply(initialize)

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return self.layers[:-1](image).permute(0, 2, 3, 1).flatten(1)

    def score(self, features: Tensor) -> Tensor:
        # At one pixel, a convolution is a matrix product too.
        return features @ weight_of(self.layers[-1]).permute(0, 2, 3, 1).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
