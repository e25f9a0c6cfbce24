"""The networks of StyleGAN2 (Karras et al. 2019, 2020), written from the papers.

A mapping network turns z into w. Every convolution of the generator takes a style from w. Each size makes its own
image, and the generator adds the images of all sizes ("skip" architecture). The discriminator is residual. Sizes are
halved, so `sizes.EVEN` must hold: 64, 128, 96 (base 6 x 6), 96x80 (base 6 x 5) ….

width: channels at 64 pixels. Each doubling of the size halves the channels, and each halving doubles them, up to
`most`. At every resolution, 256 is 32768 / size of the papers at half width.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mien.networks.equalized import GAIN, EqualizedConv2d, EqualizedLinear, activate
from mien.networks.modulated import ModulatedConv2d
from mien.networks.resample import downsample2, upsample2
from mien.networks.sizes import Size, even_halvings
from mien.networks.smooth import smooth
from mien.runtime import draws

MEAN_DECAY = 0.995  # of the mean w, in each step (truncation: Karras et al. 2019, appendix B; the number: code of ADA)


def widths(resolution: Size, width: int, most: int) -> list[int]:
    """Return the channels at each size, the base first. A base of 4 to 7 counts as 4: 96 pixels have the widths of
    64.
    """
    count = len(even_halvings(resolution))
    return [max(1, min(width * 64 // (4 * 2**step), most)) for step in range(count)]


def at_precision(x: Tensor, low: bool, full: torch.dtype) -> Tensor:
    """Return x in bfloat16 on a GPU if `low`, else in `full`: most CPUs are far slower in bfloat16."""
    return x.to(torch.bfloat16 if low and x.is_cuda else full)


class Mapping(nn.Module):
    """z [N,latent_dim] -> w [N,w_dim]; z is scaled to the sphere of radius sqrt(latent_dim) first."""

    def __init__(self, latent_dim: int, w_dim: int, layers: int):
        super().__init__()
        outputs = [latent_dim, *[w_dim] * layers]
        self.layers = nn.ModuleList(EqualizedLinear(*pair, gain=GAIN, rate=0.01) for pair in pairwise(outputs))

    def forward(self, z: Tensor) -> Tensor:
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            x = activate(layer(x))
        return x


class StyleLayer(nn.Module):
    """Modulated 3 x 3 convolution, noise with a learned strength, bias, leaky ReLU.

    Each training step draws new noise. Evaluation uses one fixed noise for all images, saved with the weights. Without
    noise, images would be smoother than those that the discriminator judged. With new noise, the image of a seed would
    depend on earlier draws.
    """

    def __init__(self, inputs: int, outputs: int, size: Size, w_dim: int, up: bool):
        super().__init__()
        self.convolution = ModulatedConv2d(inputs, outputs, 3, w_dim, up=up, gain=GAIN)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))
        self.noise: Tensor
        self.register_buffer("noise", torch.randn(1, 1, *size))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        y = self.convolution(x, w)
        noise = draws.normal(len(y), *self.noise.shape[1:], device=y.device) if self.training else self.noise
        y = y + (noise * (self.strength * GAIN)).to(y.dtype)
        return activate(y + (self.bias * GAIN).to(y.dtype)[:, None, None])


class Level(nn.Module):
    """The layers at one size: features of the smaller size (or the base) -> features, and the image of this size.

    Each convolution takes one style, and the image takes one: 2 styles at the base, 3 at other sizes.
    """

    def __init__(self, inputs: int, outputs: int, size: Size, w_dim: int, channels: int, base: bool):
        super().__init__()
        first = [] if base else [StyleLayer(inputs, outputs, size, w_dim, up=True)]
        self.layers = nn.ModuleList([*first, StyleLayer(outputs, outputs, size, w_dim, up=False)])
        self.to_rgb = ModulatedConv2d(outputs, channels, 1, w_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        *styles, last = w.unbind(1)
        for layer, style in zip(self.layers, styles, strict=True):
            x = layer(x, style)
        return x, self.to_rgb(x, last).to(w.dtype) + self.bias[:, None, None]


class StyleGAN2Generator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in about [-1, 1]. No layer limits the range.

    num_ws: styles of an image, two for each size. The last style of a size is the first of the next size. w_mean
    [w_dim]: the mean w of training, for truncation. bf16_stages: number of the largest sizes that compute in bfloat16
    on a GPU.
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        latent_dim: int = 512,
        w_dim: int = 512,
        width: int = 256,
        most: int = 512,
        mapping_layers: int = 8,
        bf16_stages: int = 4,
    ):
        super().__init__()
        sizes, outputs = even_halvings(resolution)[::-1], widths(resolution, width, most)
        self.latent_dim, self.w_dim, self.num_ws = latent_dim, w_dim, 2 * len(sizes)
        self.full_levels = len(sizes) - bf16_stages
        self.mapper = Mapping(latent_dim, w_dim, mapping_layers)
        self.w_mean: Tensor
        self.register_buffer("w_mean", torch.zeros(w_dim))
        self.start = nn.Parameter(torch.randn(1, outputs[0], *sizes[0]))
        pairs = list(pairwise([outputs[0], *outputs]))
        self.levels = nn.ModuleList(
            Level(*pair, size, w_dim, channels, base=step == 0) for step, (pair, size) in enumerate(zip(pairs, sizes))
        )

    def mapping(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """z [N,latent_dim] -> w [N,num_ws,w_dim], the same style at every size.

        truncation: 1 leaves w unchanged, 0 returns the mean (Karras et al. 2019, appendix B).
        """
        w = self.mapper(z)
        if self.training:
            self.w_mean.lerp_(w.detach().mean(0), 1.0 - MEAN_DECAY)
        if truncation != 1.0:
            w = torch.lerp(self.w_mean, w, truncation)
        return w[:, None].expand(-1, self.num_ws, -1)

    def synthesis(self, w: Tensor) -> Tensor:
        """w [N,num_ws,w_dim] -> images [N,channels,*resolution]"""
        x, image = self.start.expand(w.shape[0], -1, -1, -1), None  # len(w) would fix the batch of an export
        for step, level in enumerate(self.levels):
            x = at_precision(x, step >= self.full_levels, w.dtype)
            x, share = level(x, w[:, max(2 * step - 1, 0) : 2 * step + 2])
            image = share if image is None else upsample2(image) + share
        assert image is not None
        return image

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(z, label))


class ResidualBlock(nn.Module):
    """[N,inputs,H,W] -> [N,outputs,H/2,W/2]: two 3 x 3 convolutions, the second strided, and a 1 x 1 shortcut.

    Each of the two is divided by sqrt(2), so that the sum preserves the variance. The gains contain this factor.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = EqualizedConv2d(inputs, inputs, 3, gain=GAIN, pad=1)
        self.conv2 = EqualizedConv2d(inputs, outputs, 3, gain=GAIN / 2**0.5, stride=2)
        self.shortcut = EqualizedConv2d(inputs, outputs, 1, gain=1 / 2**0.5, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = activate(self.conv1(x))
        h = activate(self.conv2(smooth(h, padding=2)))
        return h + self.shortcut(downsample2(x))


def minibatch_deviation(x: Tensor, most: int = 4) -> Tensor:
    """Minibatch standard deviation: [N,C,H,W] -> [N,1,H,W] (Karras et al. 2018, section 3).

    The deviation is computed over groups of at most `most` images and averaged over all features. Equal images give 0,
    so the discriminator detects mode collapse.
    """
    group = next(size for size in range(min(most, len(x)), 0, -1) if len(x) % size == 0)
    grouped = x.unflatten(0, (group, -1))
    deviation = (grouped.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    return deviation.repeat(group)[:, None, None, None].expand(-1, 1, *x.shape[2:])


class StyleGAN2Discriminator(nn.Module):
    """Images [N,channels,*resolution] -> logits [N].

    bf16_stages: number of the largest sizes that compute in bfloat16 on a GPU. group: largest number of images in a
    group of the minibatch standard deviation.
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 256,
        most: int = 512,
        bf16_stages: int = 4,
        group: int = 4,
    ):
        super().__init__()
        height, breadth = even_halvings(resolution)[-1]
        outputs = widths(resolution, width, most)[::-1]
        self.bf16_stages, self.group = bf16_stages, group
        self.from_rgb = EqualizedConv2d(channels, outputs[0], 1, gain=GAIN)
        self.blocks = nn.ModuleList(ResidualBlock(*pair) for pair in pairwise(outputs))
        self.last = EqualizedConv2d(outputs[-1] + 1, outputs[-1], 3, gain=GAIN, pad=1)
        self.hidden = EqualizedLinear(outputs[-1] * height * breadth, outputs[-1], gain=GAIN)
        self.out = EqualizedLinear(outputs[-1], 1)
        self.feature_dim = outputs[-1]

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        full = image.dtype
        x = activate(self.from_rgb(at_precision(image, self.bf16_stages > 0, full)))
        for step, block in enumerate(self.blocks):
            x = block(at_precision(x, step < self.bf16_stages, full))
        x = x.to(full)
        x = activate(self.last(torch.cat([x, minibatch_deviation(x, self.group)], 1)))
        return activate(self.hidden(x.flatten(1)))

    def score(self, features: Tensor) -> Tensor:
        return self.out(features).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
