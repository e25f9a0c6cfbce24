"""The choice of a recipe when `mien train` is given none: from images, hardware and time.

On a CPU mien chooses the recipe with the better or more varied faces after that time (benchmarks/results/quality.md). A
recipe whose networks mien ships for this size needs only minutes (benchmarks/speedrun). On a GPU it chooses R3GAN in
its published widths, which has the best published scores of a training from scratch.
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
from mien.trainer import starts
from mien.trainer.augmentation_policy import FEW

R3GAN_BATCH = 256  # as published; smaller if the GPU has little memory
PICTURES_A_GIGABYTE = 4  # at 64 px; a low estimate, not measured
LAZY = 4  # steps from one penalty of r3gan-laptop to the next
R3GAN_SECONDS = 900.0  # seconds from which r3gan-laptop is no worse than dcgan-laptop at 64 px, on two cores


@dataclass(frozen=True)
class Facts:
    """The facts that the choice depends on.

    size: (height, width). memory: bytes of the GPU, 0 without one. seconds: the budget, infinite if it is in images.
    started: whether the training may start from networks that mien ships.
    """

    size: tuple[int, int]
    pictures: int
    memory: int
    cores: int
    bf16: bool
    seconds: float = math.inf
    started: bool = False

    @property
    def side(self) -> float:
        return math.sqrt(self.size[0] * self.size[1])


def facts(
    size: tuple[int, int], pictures: int, device: torch.device, seconds: float = math.inf, started: bool = False
) -> Facts:
    on_gpu = device.type == "cuda"
    memory = torch.cuda.get_device_properties(device).total_memory if on_gpu else 0
    bf16 = on_gpu and torch.cuda.is_bf16_supported()
    return Facts(size, pictures, memory, os.cpu_count() or 1, bf16, seconds, started)


def choose(known: Facts) -> tuple[Recipe, list[str]]:
    """Return the recipe, and the reasons in three lines."""
    recipe, lines = for_gpu(known) if known.memory else for_cpu(known)
    few = f"{known.pictures:,} images " + ("are few: augmented" if known.pictures < FEW else "need no augmentation")
    precision = "the top stages in bfloat16" if known.bf16 else "float32"
    return recipe.replace(resolution=known.size), [*lines, f"{few}; {precision}"]


def for_cpu(known: Facts) -> tuple[Recipe, list[str]]:
    cores = f"{known.cores} processor core{'s' if known.cores > 1 else ''}"
    knows_faces = known.started and knows(known.size)
    if not halves_evenly(known.size) or (not knows_faces and known.seconds < R3GAN_SECONDS * (known.side / 64) ** 2):
        recipe = recipes.find("dcgan-laptop")
        gamma = r1_weight(recipe)
        return recipe, [
            f"no GPU: on {cores} this recipe generates faces after the shortest time",
            f"half the published width, batch {recipe.batch_size}, R1's gamma {gamma:g}",
        ]
    recipe = recipes.find("r3gan-laptop")
    gamma = 2.0 * (known.side / 64) ** 3
    recipe = recipe.replace(discriminator_terms=penalties(gamma, schedule_length(recipe), every=LAZY))
    why = f"no GPU, but time: on {cores} this recipe generates the most varied faces after half an hour"
    if knows_faces:
        why = f"no GPU: mien has networks of this recipe that know faces, so {cores} need only minutes"
    return recipe, [
        why,
        f"a sixth of the published width, batch {recipe.batch_size}; {gamma_text(gamma)}",
    ]


def knows(size: tuple[int, int]) -> bool:
    """Return whether mien ships networks of r3gan-laptop for this size."""
    return starts.find_start(recipes.find("r3gan-laptop").replace(resolution=size), any_size=False) is not None


def for_gpu(known: Facts) -> tuple[Recipe, list[str]]:
    if not halves_evenly(known.size):
        recipe = recipes.find("dcgan")
        size = resolution_text(*known.size)
        return recipe, [
            f"a GPU, but {size} px do not halve evenly, which r3gan needs: dcgan generates any size",
            f"width 64, batch {recipe.batch_size}, as published",
        ]
    gamma, batch = r3gan_gamma(known), r3gan_batch(known)
    published = recipes.find("r3gan")
    decay = schedule_length(published)
    recipe = published.replace(discriminator_terms=penalties(gamma, decay), batch_size=batch)
    gigabytes = known.memory / 2**30
    return recipe, [
        "a GPU: this has the best published quality from scratch",
        f"batch {batch} for {gigabytes:.0f} GiB; {gamma_text(gamma)}",
    ]


def gamma_text(gamma: float) -> str:
    return f"R1/R2 weight gamma {gamma:.2g} (the rule: 2 at 64 px, 8 times as much at 128 px)"


def r3gan_gamma(known: Facts) -> float:
    """Return 2 (side / 64)^3 (70,000 / images)^(1/4). docs/recipes/r3gan.md gives the reasons and the limits."""
    gamma: float = 2.0 * (known.side / 64) ** 3 * (70_000 / known.pictures) ** 0.25
    return gamma


def r3gan_batch(known: Facts) -> int:
    """Return a power of two from 8 to the published batch."""
    room = known.memory / 2**30 * PICTURES_A_GIGABYTE * (64 / known.side) ** 2
    return int(min(R3GAN_BATCH, max(8, 2 ** math.floor(math.log2(max(room, 1))))))


def schedule_length(recipe: Recipe) -> int:
    weight = r1_weight(recipe)
    assert isinstance(weight, Cosine)
    return weight.images


def r1_weight(recipe: Recipe) -> Number:
    assert recipe.discriminator is not None  # true for every recipe that is chosen here
    return recipe.discriminator.terms["r1"].weight
