"""Augmentation of the discriminator's images, real and fake alike, and DiffAugment. ADA has its own file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mien.batch import Batch, Memory, Transform
from mien.errors import UsageError
from mien.games.extra import Extra
from mien.runtime import draws


class Augmentation(Extra):
    """The settings of an augmentation. `at` returns the transform of a batch, differentiable twice."""

    def at(self, batch: Batch, memory: Memory) -> Transform:
        """Return the transform of this batch. It may use torch's random numbers, and store tensors in `memory`."""
        raise TypeError(f"{type(self).__name__} must define at(batch, memory) -> transform")

    def options(self) -> dict[str, Any]:
        return {"augment": self.at}


@dataclass(frozen=True)
class DiffAugment(Augmentation):
    """Each image is always changed, by its own random numbers (Zhao et al. 2020, section 4 and appendix).

    policy: any of color, translation and cutout, in the order in which they act.
    """

    policy: str = "color,translation,cutout"

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts() if part not in POLICIES]
        if unknown:
            raise UsageError(f"DiffAugment: policy {self.policy!r}: {unknown[0]!r} is none of {', '.join(POLICIES)}")

    def parts(self) -> list[str]:
        return [part.strip() for part in self.policy.split(",")]

    def at(self, batch: Batch, memory: Memory) -> Transform:
        return self.changed

    def changed(self, image: Tensor) -> Tensor:
        for part in self.parts():
            image = POLICIES[part](image)
        return image


def color(image: Tensor) -> Tensor:
    """Change brightness by up to 0.5 either way, then saturation times 0 to 2, then contrast times 0.5 to 1.5."""
    brightness, saturation, contrast = draws.uniform(
        3, len(image), 1, 1, 1, axis=1, dtype=image.dtype, device=image.device
    )
    image = image + (brightness - 0.5)
    image = torch.lerp(image.mean(1, keepdim=True), image, 2 * saturation)
    return torch.lerp(image.mean((1, 2, 3), keepdim=True), image, 0.5 + contrast)


def translation(image: Tensor) -> Tensor:
    """Shift by integer pixels, up to an eighth of each side either way. The new border is 0, a middle grey."""
    for axis in (2, 3):
        side = image.shape[axis]
        reach = (side + 4) // 8  # rounded half up, as the authors have it: 3 at 20 pixels
        shift = draws.integers(-reach, reach + 1, len(image), 1, device=image.device)
        source = torch.arange(side, device=image.device) - shift
        inside = (source >= 0) & (source < side)
        # A pixel is read once, or else only where its value is dropped: sums of gradients have one summand in all.
        image = image.gather(axis, along(source.clamp(0, side - 1), axis).expand_as(image)) * along(inside, axis)
    return image


def cutout(image: Tensor) -> Tensor:
    """Set a rectangle of half the height and half the width to 0, with its centre anywhere in the image."""
    cut = torch.ones((), dtype=torch.bool, device=image.device)
    for axis in (2, 3):
        side = image.shape[axis]
        size = (side + 1) // 2
        first = draws.integers(0, side + 1 - size % 2, len(image), 1, device=image.device) - size // 2
        place = torch.arange(side, device=image.device)
        cut = cut & along((place >= first) & (place < first + size), axis)
    return image * ~cut


def along(values: Tensor, axis: int) -> Tensor:
    """[N,side] -> [N,1,side,1] or [N,1,1,side]: to go with the axis 2 or 3 of images."""
    return values[:, None, :, None] if axis == 2 else values[:, None, None, :]


POLICIES = {"color": color, "translation": translation, "cutout": cutout}
