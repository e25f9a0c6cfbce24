"""What `mien train` trains when it is given no recipe: chosen from images, hardware and time.

On a CPU it is the recipe with the better or more varied faces after that time (benchmarks/results/quality.md). On a GPU
it is R3GAN in its published widths: it has the best published scores of a training from scratch.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

import torch

from mien import recipes
from mien.config.schedules import Cosine, Number
from mien.media.pixels import resolution_text
from mien.networks.sizes import halves_evenly
from mien.recipes.r3gan import penalties
from mien.recipes.recipe import Recipe
from mien.trainer.augmentation_policy import FEW

R3GAN_BATCH = 256  # as published; less where memory is short
PICTURES_A_GIGABYTE = 4  # at 64 px: a cautious guess until it is measured
PATIENCE = 900.0  # seconds from which r3gan-laptop is no worse than dcgan-laptop at 64 px, on two cores


@dataclass(frozen=True)
class Facts:
    """What a choice depends on. size: (height, width). memory: bytes of the GPU, 0 without one. seconds: the budget,
    infinite where it is counted in images."""

    size: tuple[int, int]
    pictures: int
    memory: int
    cores: int
    bf16: bool
    seconds: float = math.inf

    @property
    def side(self) -> float:
        return math.sqrt(self.size[0] * self.size[1])


def facts(size: tuple[int, int], pictures: int, device: torch.device, seconds: float = math.inf) -> Facts:
    on_gpu = device.type == "cuda"
    memory = torch.cuda.get_device_properties(device).total_memory if on_gpu else 0
    return Facts(size, pictures, memory, os.cpu_count() or 1, on_gpu and torch.cuda.is_bf16_supported(), seconds)


def choose(known: Facts) -> tuple[Recipe, list[str]]:
    """The recipe, and why, in three lines."""
    recipe, lines = on_gpu(known) if known.memory else on_processor(known)
    few = f"{known.pictures:,} images " + ("are few: augmented" if known.pictures < FEW else "need no augmentation")
    precision = "the top stages in bfloat16" if known.bf16 else "float32"
    return recipe.replace(resolution=known.size), [*lines, f"{few}; {precision}"]


def on_processor(known: Facts) -> tuple[Recipe, list[str]]:
    cores = f"{known.cores} processor core{'s' if known.cores > 1 else ''}"
    if not halves_evenly(known.size) or known.seconds < PATIENCE * (known.side / 64) ** 2:
        recipe = recipes.find("dcgan-laptop")
        gamma = r1_weight(recipe)
        return recipe, [
            f"no GPU: on {cores} this one draws faces soonest",
            f"half the published width, batch {recipe.batch_size}, R1's gamma {gamma:g}",
        ]
    recipe = recipes.find("r3gan-laptop")
    gamma = 2.0 * (known.side / 64) ** 3
    recipe = recipe.replace(discriminator_terms=penalties(gamma, schedule_length(recipe)))
    return recipe, [
        f"no GPU, but time: on {cores} this one draws the most varied faces after half an hour",
        f"a sixth of the published width, batch {recipe.batch_size}; gamma {gamma:.2g}: 2 at 64 px, times 8 with each "
        "doubling of the side",
    ]


def on_gpu(known: Facts) -> tuple[Recipe, list[str]]:
    if not halves_evenly(known.size):
        recipe = recipes.find("dcgan")
        size = resolution_text(*known.size)
        return recipe, [
            f"a GPU, but {size} px do not halve evenly, as r3gan asks: dcgan draws any size",
            f"width 64, batch {recipe.batch_size}, as published",
        ]
    gamma, batch = r3gan_gamma(known), r3gan_batch(known)
    published = recipes.find("r3gan")
    decay = schedule_length(published)
    recipe = published.replace(discriminator_terms=penalties(gamma, decay), batch_size=batch)
    gigabytes = known.memory / 2**30
    return recipe, [
        "a GPU: this has the best published quality from scratch",
        f"batch {batch} for {gigabytes:.0f} GiB; gamma {gamma:.2g}: 2 at 64 px, times 8 with each doubling of the side",
    ]


def r3gan_gamma(known: Facts) -> float:
    """2 (side / 64)^3 (70,000 / images)^(1/4): docs/recipes/r3gan.md says what it rests on, and where it fails."""
    gamma: float = 2.0 * (known.side / 64) ** 3 * (70_000 / known.pictures) ** 0.25
    return gamma


def r3gan_batch(known: Facts) -> int:
    """A power of two from 8 to the published batch."""
    room = known.memory / 2**30 * PICTURES_A_GIGABYTE * (64 / known.side) ** 2
    return int(min(R3GAN_BATCH, max(8, 2 ** math.floor(math.log2(max(room, 1))))))


def schedule_length(recipe: Recipe) -> int:
    weight = r1_weight(recipe)
    assert isinstance(weight, Cosine)
    return weight.images


def r1_weight(recipe: Recipe) -> Number:
    assert recipe.discriminator is not None  # of the recipes that are chosen from
    return recipe.discriminator.terms["r1"].weight
