"""CycleGAN's generator (Zhu et al. 2017, appendix 7.2; Johnson et al. 2016): residual blocks at a quarter size."""

from __future__ import annotations

from torch import Tensor, nn

from mien.networks.dcgan import initialize_translator
from mien.networks.norm import Norm, normalization
from mien.networks.sizes import demand

SMALL = 128  # pixels: up to here 6 blocks, 9 above


class ResidualBlock(nn.Module):
    """A residual block: [N,channels,H,W] -> the same shape. Two convolutions compute the change that is added."""

    def __init__(self, channels: int, norm: Norm, affine: bool):
        super().__init__()
        self.layers = nn.Sequential(
            *reflected(channels, channels, 3, norm, affine),
            nn.ReLU(inplace=True),
            *reflected(channels, channels, 3, norm, affine),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def reflected(inputs: int, outputs: int, kernel: int, norm: Norm, affine: bool) -> list[nn.Module]:
    """A convolution that preserves the size. The image is reflected at its edges, not padded with zeros."""
    convolution = nn.Conv2d(inputs, outputs, kernel, bias=False)
    return [nn.ReflectionPad2d(kernel // 2), convolution, normalization(norm, outputs, affine)]


class ResNetTranslator(nn.Module):
    """Source [N,channels,H,W] in [-1, 1] -> image of the same shape; H and W may be any multiples of `multiple`.

    blocks: 0 takes the paper's number, 6 where the shorter side has at most 128 pixels and 9 above.
    affine: instance norm learns a scale and a shift; the paper's does not.
    """

    multiple = 4

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 64,
        blocks: int = 0,
        norm: Norm = "instance",
        affine: bool = True,
    ):
        super().__init__()
        demand(resolution, lambda size: all(side % 4 == 0 for side in size), "both sides must be multiples of 4")
        blocks = blocks or (6 if min(resolution) <= SMALL else 9)
        layers = [*reflected(channels, width, 7, norm, affine), nn.ReLU(inplace=True)]
        for inputs in (width, 2 * width):
            layers += [nn.Conv2d(inputs, 2 * inputs, 3, 2, 1, bias=False)]
            layers.append(normalization(norm, 2 * inputs, affine))
            layers.append(nn.ReLU(inplace=True))
        layers += [ResidualBlock(4 * width, norm, affine) for _ in range(blocks)]
        for inputs in (4 * width, 2 * width):
            layers.append(nn.ConvTranspose2d(inputs, inputs // 2, 3, 2, 1, output_padding=1, bias=False))
            layers += [normalization(norm, inputs // 2, affine), nn.ReLU(inplace=True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, channels, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(initialize_translator)

    def forward(self, source: Tensor) -> Tensor:
        return self.layers(source)
