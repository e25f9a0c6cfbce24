"""Networks for photos of celebrities at 96 x 80: four layers with stride 2 and TensorFlow's "same" padding.

The published size is 96 x 80 with a base of 6 x 5. Any multiple of 16 works.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from mien.networks.sizes import Size, demand
from mien.runtime.draws import Dropout

SHRINK = 16  # four layers with stride 2


def check(resolution: Size) -> None:
    demand(resolution, lambda size: not any(side % SHRINK for side in size), "both sides must be multiples of 16")


class SameConv2d(nn.Conv2d):
    """Kernel 3, stride 2, even sizes halved. As in TensorFlow, one pixel is padded after the image and none before
    it.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 3, 2)

    def forward(self, image: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(image, (0, 1, 0, 1)))


class SameConvTranspose2d(nn.ConvTranspose2d):
    """The adjoint of `SameConv2d`: sizes doubled. The extra row and column at the end are removed."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 3, 2)

    def forward(self, image: Tensor, output_size: list[int] | None = None) -> Tensor:
        return super().forward(image)[:, :, :-1, :-1]


def initialize(module: nn.Module) -> None:
    """Initialize weights uniformly (Glorot & Bengio 2010) and biases to 0, as Keras does by default."""
    if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class CelebAGenerator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in [-1, 1].

    The published network ends in a sigmoid, for images in [0, 1]. This one ends in 2 * sigmoid - 1. Only the third
    transposed convolution has a batch norm.
    """

    def __init__(self, resolution: tuple[int, int], channels: int, latent_dim: int = 64, width: int = 64):
        super().__init__()
        check(resolution)
        self.latent_dim = latent_dim
        base = (width, resolution[0] // SHRINK, resolution[1] // SHRINK)
        outputs = [width, 4 * width, 2 * width, 2 * width, width]
        layers: list[nn.Module] = [
            nn.Linear(latent_dim, base[0] * base[1] * base[2]),
            nn.LeakyReLU(0.01, inplace=True),
            nn.Unflatten(1, base),
        ]
        for step, (inputs, doubled) in enumerate(pairwise(outputs)):
            layers.append(SameConvTranspose2d(inputs, doubled))
            if step == 2:
                layers.append(nn.BatchNorm2d(doubled))
            layers.append(nn.LeakyReLU(0.01, inplace=True))
        layers.append(nn.Conv2d(outputs[-1], channels, 3, padding=1))
        self.layers = nn.Sequential(*layers, nn.Sigmoid())
        self.apply(initialize)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return 2.0 * self.layers(z) - 1.0


class CelebADiscriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> logits [N]. Only the second convolution has a batch norm."""

    def __init__(self, resolution: tuple[int, int], channels: int, width: int = 64, dropout: float = 0.1):
        super().__init__()
        check(resolution)
        outputs = [channels, width // 2, width, 2 * width, 2 * width]
        layers: list[nn.Module] = []
        for step, (inputs, halved) in enumerate(pairwise(outputs)):
            layers.append(SameConv2d(inputs, halved))
            if step == 1:
                layers.append(nn.BatchNorm2d(halved))
            layers += [nn.LeakyReLU(0.01, inplace=True), Dropout(dropout)]
        pixels = resolution[0] // SHRINK * (resolution[1] // SHRINK)
        self.feature_dim = outputs[-1] * pixels
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(self.feature_dim, 1))
        self.apply(initialize)

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return self.layers[:-1](image)

    def score(self, features: Tensor) -> Tensor:
        return self.layers[-1](features).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
