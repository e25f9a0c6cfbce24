"""The DCGAN-64 of tutorials, for comparison: sigmoid and BCELoss, `.item()` at each step, DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


def weights_init(module: nn.Module) -> None:
    name = type(module).__name__
    if "Conv" in name:
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif "BatchNorm" in name:
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def generator(width: int) -> nn.Module:
    layers: list[nn.Module] = [nn.ConvTranspose2d(100, width * 8, 4, 1, 0, bias=False)]
    for inputs, outputs in ((8, 4), (4, 2), (2, 1)):
        layers += [nn.BatchNorm2d(width * inputs), nn.ReLU(True)]
        layers += [nn.ConvTranspose2d(width * inputs, width * outputs, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(True), nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers).apply(weights_init)


def discriminator(width: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for inputs, outputs in ((1, 2), (2, 4), (4, 8)):
        layers += [nn.Conv2d(width * inputs, width * outputs, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(width * outputs), nn.LeakyReLU(0.2, True)]
    layers += [nn.Conv2d(width * 8, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers).apply(weights_init)


class Pictures(Dataset):
    """A folder of images, decoded and resized at each access, as torchvision's ImageFolder does."""

    def __init__(self, folder: Path, size: int = 64):
        self.paths, self.size = sorted(folder.iterdir()), size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Tensor:
        with Image.open(self.paths[index]) as file:
            picture = file.convert("RGB")
        width, height = picture.size
        scale = self.size / min(width, height)
        picture = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
        left, top = (picture.width - self.size) // 2, (picture.height - self.size) // 2
        pixels = np.array(picture.crop((left, top, left + self.size, top + self.size)))
        return (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - 0.5) / 0.5


def from_folder(folder: Path, batch: int) -> Iterator[Tensor]:
    loader = DataLoader(Pictures(folder), batch_size=batch, shuffle=True, num_workers=2, drop_last=True)
    while True:
        yield from loader


def from_memory(images: Tensor, batch: int) -> Iterator[Tensor]:
    """Yields float [N,3,H,W] from memory, shuffled each epoch."""
    while True:
        for chosen in torch.randperm(len(images)).split(batch):
            if len(chosen) == batch:
                yield images[chosen]


def plain_step(batches: Iterator[Tensor], width: int) -> Callable[[], None]:
    """Returns one round of the textbook loop, as a function without arguments."""
    return plain_training(batches, width)[0]


def plain_training(batches: Iterator[Tensor], width: int) -> tuple[Callable[[], None], Callable[[int], np.ndarray]]:
    """Returns the round, and a function that generates n images (uint8 [n,64,64,3]) as tutorials do: the last weights,
    batch norm in training mode, 64 at a time."""
    net_g, net_d = generator(width), discriminator(width)
    criterion = nn.BCELoss()
    optimizer_d = torch.optim.Adam(net_d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(net_g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    log: list[tuple[float, ...]] = []

    def step() -> None:
        real = next(batches)
        size = real.size(0)
        net_d.zero_grad()
        label = torch.full((size,), 1.0)
        output = net_d(real).view(-1)
        error_real = criterion(output, label)
        error_real.backward()
        d_x = output.mean().item()
        fake = net_g(torch.randn(size, 100, 1, 1))
        label.fill_(0.0)
        output = net_d(fake.detach()).view(-1)
        error_fake = criterion(output, label)
        error_fake.backward()
        d_g_z1 = output.mean().item()
        error_d = error_real + error_fake
        optimizer_d.step()
        net_g.zero_grad()
        label.fill_(1.0)
        output = net_d(fake).view(-1)
        error_g = criterion(output, label)
        error_g.backward()
        d_g_z2 = output.mean().item()
        optimizer_g.step()
        log.append((error_d.item(), error_g.item(), d_x, d_g_z1, d_g_z2))

    @torch.no_grad()
    def draw(count: int) -> np.ndarray:
        drawn = torch.cat([net_g(torch.randn(64, 100, 1, 1)) for _ in range(-(-count // 64))])[:count]
        return ((drawn + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()

    return step, draw
