"""The networks of R3GAN (Huang et al. 2024, "The GAN is dead; long live the GAN!", section 4 and appendix).

Generator and discriminator are residual networks that mirror each other. They have no normalization, mapping network,
noise, minibatch statistics or tanh.

The base has 4 x 4 pixels. The first `full` stages from the base up have `width` channels. Each further stage has half
the channels of the stage before. Each stage halves or doubles the size, so `sizes.EVEN` must hold: 64, 128, 96 (base 6
x 6), 96x80 (base 6 x 5) ….

Initial weights are N(0, gain^2 / fan_in). In a residual block, gain is sqrt(2 / (1 + 0.2^2)) * L^(-1/4) for L blocks.
The first factor preserves magnitudes through a leaky ReLU of slope 0.2. The last convolution of a block starts at 0
(Fixup, Zhang et al. 2019, for branches of three layers). Then activations neither explode nor vanish at any depth
without normalization. Elsewhere gain is 1.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

from mien.networks.resample import BINOMIAL, LINEAR, Kernel, downsample2, upsample2
from mien.networks.sizes import Size, even_halvings
from mien.runtime.device import has_fast_bfloat16

SLOPE = 0.2
Resampling = Literal["binomial", "linear"]
KERNELS: dict[Resampling, Kernel] = {"binomial": BINOMIAL, "linear": LINEAR}
EARLIER_DEFAULTS = {"resampling": "linear"}  # recipes of mien 0.1.0 name no filter; their weights fit this one


def widths(width: int, full: int, count: int) -> list[int]:
    """Channels of each of `count` stages from the base up: 768, 768, 768, 768, 384, 192 …"""
    return [max(1, width >> max(0, step + 1 - full)) for step in range(count)]


class PointwiseConv(nn.Linear):
    """A 1 x 1 convolution: [N,inputs,H,W] -> [N,outputs,H,W], in the type of its input.

    It is computed as a matrix product over the channels, which are adjacent in channels-last memory. Its second
    gradient then consists of products too. With a gradient penalty, a block takes 20 to 33 % less time on a CPU (64
    channels at 32 px, 16 at 64 px).
    """

    def __init__(self, inputs: int, outputs: int, gain: float = 1.0, bias: bool = False):
        super().__init__(inputs, outputs, bias)
        initialize(self, gain, inputs)

    def forward(self, x: Tensor) -> Tensor:
        return linear(x.permute(0, 2, 3, 1), *weights(self, x)).permute(0, 3, 1, 2)


class GroupedConv(nn.Conv2d):
    """A grouped 3 x 3 convolution that preserves the size, in the type of its input.

    group_width: channels of one group. If it does not divide the width, the greatest common divisor is used.
    """

    def __init__(self, width: int, group_width: int, gain: float):
        each = math.gcd(width, min(group_width, width))
        super().__init__(width, width, 3, padding=1, groups=width // each)
        initialize(self, gain, each * 3**2)

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, *weights(self, x), padding=1, groups=self.groups)


def initialize(layer: nn.Linear | nn.Conv2d, gain: float, fan_in: int) -> None:
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(fan_in))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def weights(layer: nn.Linear | nn.Conv2d, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return weight and bias in the type of x."""
    return layer.weight.to(x.dtype), None if layer.bias is None else layer.bias.to(x.dtype)


class Block(nn.Module):
    """x + f(x) on [N,width,H,W]. f: 1 x 1 to twice the width, grouped 3 x 3, 1 x 1 back to the width.

    group_width: channels of one group. blocks: number of blocks in the network (L above).
    """

    def __init__(self, width: int, group_width: int, blocks: int):
        super().__init__()
        gain = math.sqrt(2 / (1 + SLOPE**2)) * blocks**-0.25
        self.conv1 = PointwiseConv(width, 2 * width, gain, bias=True)
        self.conv2 = GroupedConv(2 * width, group_width, gain)
        self.conv3 = PointwiseConv(2 * width, width, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        h = leaky_relu(self.conv1(x), SLOPE)
        h = leaky_relu(self.conv2(h), SLOPE)
        return x + self.conv3(h)


class Stage(nn.Sequential):
    """Layers at one size. bf16: they compute in bfloat16 where that is fast.

    On a processor they do so in training alone. Images then do not depend on the processor that generates them.
    """

    def __init__(self, *layers: nn.Module, bf16: bool):
        super().__init__(*layers)
        self.bf16 = bf16

    def forward(self, x: Tensor) -> Tensor:
        own = next(self.parameters()).dtype
        wanted = self.bf16 and (x.is_cuda or (self.training and own == torch.float32))
        reduced = wanted and has_fast_bfloat16(x.device)
        x = x.to(torch.bfloat16 if reduced else own)
        for layer in self:
            x = layer(x)
        return x


class Up(nn.Module):
    """Double the size: [N,inputs,H,W] -> [N,outputs,2H,2W].

    If the width changes, a 1 x 1 convolution precedes the upsampling. After it, the result would be equal at four times
    the work.
    """

    def __init__(self, inputs: int, outputs: int, resampling: Resampling = "binomial"):
        super().__init__()
        self.width, self.kernel = width_change(inputs, outputs), KERNELS[resampling]

    def forward(self, x: Tensor) -> Tensor:
        return upsample2(self.width(x), self.kernel)


class Down(nn.Module):
    """Halve the size: [N,inputs,H,W] -> [N,outputs,H/2,W/2], the mirror of `Up`."""

    def __init__(self, inputs: int, outputs: int, resampling: Resampling = "binomial"):
        super().__init__()
        self.width, self.kernel = width_change(inputs, outputs), KERNELS[resampling]

    def forward(self, x: Tensor) -> Tensor:
        return self.width(downsample2(x, self.kernel))


def width_change(inputs: int, outputs: int) -> nn.Module:
    return nn.Identity() if inputs == outputs else PointwiseConv(inputs, outputs)


class GenerativeBasis(nn.Module):
    """z [N,latent_dim] -> [N,width,*size]: a learned image for each channel, times a linear function of z."""

    def __init__(self, latent_dim: int, width: int, size: Size):
        super().__init__()
        self.linear = nn.Linear(latent_dim, width, bias=False)
        self.basis = nn.Parameter(torch.randn(1, width, *size))
        initialize(self.linear, 1.0, latent_dim)

    def forward(self, z: Tensor) -> Tensor:
        return self.linear(z)[:, :, None, None] * self.basis


class DiscriminativeBasis(nn.Module):
    """[N,width,*size] -> [N,width] -> logits [N]: a depthwise convolution over all pixels, then a linear layer.

    It has no bias, because the loss depends only on differences of logits.
    """

    def __init__(self, width: int, size: Size):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(1, width, *size) / math.sqrt(math.prod(size)))
        self.linear = nn.Linear(width, 1, bias=False)
        initialize(self.linear, 1.0, width)

    def features(self, x: Tensor) -> Tensor:
        """Return features [N,width]."""
        return (x * self.basis).sum((2, 3))

    def score(self, features: Tensor) -> Tensor:
        return self.linear(features).squeeze(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.features(x))


class R3GANGenerator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in about [-1, 1]. No layer limits the range.

    full: number of stages with `width` channels. group_width: channels in a group of the 3 x 3 convolutions. The
    published cardinality (number of groups) is 2 * width / group_width. blocks: residual blocks in each stage.
    bf16_stages: number of the largest stages that compute in bfloat16, as `Stage` says. resampling: the filter between
    two sizes. "linear" is the filter of mien 0.1.0, for its snapshots.
    """

    EARLIER_DEFAULTS: ClassVar[dict[str, Any]] = EARLIER_DEFAULTS

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        latent_dim: int = 64,
        width: int = 768,
        full: int = 4,
        group_width: int = 16,
        blocks: int = 2,
        bf16_stages: int = 4,
        resampling: Resampling = "binomial",
    ):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = even_halvings(resolution)
        channels_of = widths(width, full, len(sizes))
        self.head = GenerativeBasis(latent_dim, channels_of[0], sizes[-1])
        stages: list[list[nn.Module]] = [[Up(*pair, resampling)] for pair in pairwise(channels_of)]
        stages = [[], *stages]
        for stage, count in zip(stages, channels_of, strict=True):
            stage += [Block(count, group_width, blocks * len(stages)) for _ in range(blocks)]
        stages[-1].append(PointwiseConv(channels_of[-1], channels))
        small = len(stages) - bf16_stages
        self.stages = nn.Sequential(*(Stage(*stage, bf16=step >= small) for step, stage in enumerate(stages)))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.stages(self.head(z)).to(z.dtype)


class R3GANDiscriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> logits [N]. Settings as for the generator."""

    EARLIER_DEFAULTS: ClassVar[dict[str, Any]] = EARLIER_DEFAULTS

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 768,
        full: int = 4,
        group_width: int = 16,
        blocks: int = 2,
        bf16_stages: int = 4,
        resampling: Resampling = "binomial",
    ):
        super().__init__()
        sizes = even_halvings(resolution)
        channels_of = widths(width, full, len(sizes))[::-1]
        stages: list[list[nn.Module]] = [[Down(*pair, resampling)] for pair in pairwise(channels_of)]
        stages = [[PointwiseConv(channels, channels_of[0])], *stages]
        for stage, count in zip(stages, channels_of, strict=True):
            stage += [Block(count, group_width, blocks * len(stages)) for _ in range(blocks)]
        self.stages = nn.Sequential(*(Stage(*stage, bf16=step < bf16_stages) for step, stage in enumerate(stages)))
        self.head = DiscriminativeBasis(channels_of[-1], sizes[-1])
        self.feature_dim = channels_of[-1]

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return self.head.features(self.stages(image).to(image.dtype))

    def score(self, features: Tensor) -> Tensor:
        return self.head.score(features)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
