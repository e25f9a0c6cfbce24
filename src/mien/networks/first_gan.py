"""A naive first GAN without the rules of DCGAN. It collapses, and so shows why the other networks exist.

It has no normalization, plain and strided convolutions, and fully connected layers at the ends. A fully connected layer
fits one size only. Height and width must be multiples of 4 and at least 48.
"""

from __future__ import annotations

from torch import Tensor, nn

from mien.networks.sizes import Size, demand

STEPS = 4  # the discriminator's convolutions


def after_convolution(side: int) -> int:
    """Kernel 4, stride 2, no padding: 64 -> 31 -> 14 -> 6 -> 2."""
    return (side - 4) // 2 + 1


def after_all(side: int) -> int:
    for _ in range(STEPS):
        side = after_convolution(side)
    return side


def works(resolution: Size) -> bool:
    return all(side % 4 == 0 and after_all(side) >= 1 for side in resolution)


def check(resolution: Size) -> None:
    demand(resolution, works, "both sides must be multiples of 4 from 48 on")


class FirstGenerator(nn.Module):
    """z [N,latent_dim] -> images [N,channels,*resolution] in [-1, 1].

    The unpadded edges cancel out: a quarter, doubled, minus 1, doubled, minus 1, plus 3 (16, 32, 31, 62, 61, 64).
    """

    def __init__(self, resolution: tuple[int, int], channels: int, latent_dim: int = 100, width: int = 64):
        super().__init__()
        check(resolution)
        self.latent_dim = latent_dim
        quarter = (resolution[0] // 4, resolution[1] // 4)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, width // 2 * quarter[0] * quarter[1]),
            nn.Unflatten(1, (width // 2, *quarter)),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width // 2, 2 * width, 4, 2, 1),
            nn.Conv2d(2 * width, 2 * width, 4, 1, 1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, 2 * width, 4, 2, 1),
            nn.Conv2d(2 * width, width, 4, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, channels, 4, 1, 3),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.layers(z)


class FirstDiscriminator(nn.Module):
    """Images [N,channels,*resolution] in [-1, 1] -> logits [N]; the sigmoid is part of the loss."""

    def __init__(self, resolution: tuple[int, int], channels: int, width: int = 64):
        super().__init__()
        check(resolution)
        outputs = [channels, width // 2, width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for step in range(STEPS):
            layers += [nn.Conv2d(outputs[step], outputs[step + 1], 4, 2), nn.ReLU(inplace=True)]
        pixels = after_all(resolution[0]) * after_all(resolution[1])
        self.feature_dim = outputs[-1] * pixels
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(self.feature_dim, 1))

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the last layer, [N,feature_dim]."""
        return self.layers[:-1](image)

    def score(self, features: Tensor) -> Tensor:
        return self.layers[-1](features).flatten()

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))
