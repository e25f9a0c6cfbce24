"""The networks of NTU ML2022 homework 6: DCGAN with 5 x 5 transposed convolutions and a fully connected start.

At 64 x 64 the layers are the published ones. Other sizes are reached by halving, so `sizes.EVEN` must hold: 64, 128, 96
(base 6 x 6), 96x80 (base 6 x 5), 48 ….
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from mien.networks.dcgan import initialize, widths
from mien.networks.sizes import even_halvings


class HW6Generator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in [-1, 1].

    No layer has a bias. output_bias: the last layer has one, as in mien 0.1.0 and its snapshots.
    """

    EARLIER_DEFAULTS: ClassVar[dict[str, Any]] = {"output_bias": True}

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        latent_dim: int = 100,
        width: int = 64,
        output_bias: bool = False,
    ):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = even_halvings(resolution)
        outputs = widths(width, len(sizes) - 1)[::-1]
        base = (outputs[0], *sizes[-1])
        numbers = base[0] * base[1] * base[2]
        norm = nn.BatchNorm1d(numbers)
        layers: list[nn.Module] = [
            nn.Linear(latent_dim, numbers, bias=False),
            norm,
            nn.ReLU(inplace=True),
            nn.Unflatten(1, base),
        ]
        for inputs, doubled in pairwise(outputs):
            layers.append(nn.ConvTranspose2d(inputs, doubled, 5, 2, 2, output_padding=1, bias=False))
            layers += [nn.BatchNorm2d(doubled), nn.ReLU(inplace=True)]
        layers.append(nn.ConvTranspose2d(outputs[-1], channels, 5, 2, 2, output_padding=1, bias=output_bias))
        self.layers = nn.Sequential(*layers, nn.Tanh())
        self.apply(initialize)
        nn.init.normal_(norm.weight, 1.0, 0.02)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.layers(z)


class HW6Discriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> logits or scores [N]. A sigmoid belongs to the loss.

    norm: in all but the first and last layer. A gradient penalty needs "instance": with batch norm a score would
    depend on the other images of the batch (Gulrajani et al. 2017, section 4).
    """

    def __init__(
        self,
        resolution: tuple[int, int],
        channels: int,
        width: int = 64,
        norm: Literal["batch", "instance"] = "batch",
    ):
        super().__init__()
        sizes = even_halvings(resolution)
        outputs = [channels, *widths(width, len(sizes) - 1)]
        layers: list[nn.Module] = []
        for step, (inputs, halved) in enumerate(pairwise(outputs)):
            layers.append(nn.Conv2d(inputs, halved, 4, 2, 1))
            if step > 0:
                # With one channel in each group, this is instance norm. Its second gradient is faster.
                layers.append(nn.BatchNorm2d(halved) if norm == "batch" else nn.GroupNorm(halved, halved))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
        self.feature_dim = outputs[-1] * sizes[-1][0] * sizes[-1][1]
        self.layers = nn.Sequential(*layers, nn.Conv2d(outputs[-1], 1, sizes[-1]))
        self.apply(initialize)

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,C,H,W]."""
        return self.layers[:-1](image)

    def score(self, features: Tensor) -> Tensor:
        return self.layers[-1](features).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
