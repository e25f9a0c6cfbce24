"""Which augmentation a training gets: the recipe's own, the one asked for, or one for few images."""

from __future__ import annotations

import torch

from mien.augmentation.ada import ADA
from mien.augmentation.diffaugment import Augmentation, DiffAugment
from mien.errors import UsageError
from mien.losses.adversarial import says
from mien.recipes.recipe import Recipe

FEW = 5_000  # images: both papers gain most below some thousands
NAMED: dict[str, Augmentation | None] = {"none": None, "diffaugment": DiffAugment(), "ada": ADA()}


def asked(recipe: Recipe, name: str, changes: tuple[str, ...]) -> Recipe:
    """The recipe with the augmentation of `--augment` ("auto": its own), then with the changes of `--set`, which may
    be ones of that augmentation. Raises UsageError where they do not fit."""
    if name not in ("auto", *NAMED):
        raise UsageError(f"--augment {name}: it must be one of auto, {', '.join(NAMED)}")
    wanted = recipe.augment if name == "auto" else NAMED[name]
    if wanted is not None and not can(recipe):
        game = recipe.game.of.__name__
        raise UsageError(f"--augment {name}: {game}, the game of {recipe.name}, takes no augmentation: leave it out")
    if type(wanted) is not type(recipe.augment):  # the same kind stays with the recipe's own numbers
        recipe = recipe.replace(augment=wanted)
    recipe = recipe.override(changes)
    if isinstance(recipe.augment, ADA) and recipe.augment.p is None and not decides(recipe):
        raise UsageError(
            f"--augment ada: with {type(recipe.loss).__name__} the sign of a logit says nothing to adapt to: "
            "take --augment diffaugment, or a fixed --set augment.p=0.3"
        )
    return recipe


def settled(recipe: Recipe, name: str, changes: tuple[str, ...], count: int, device: torch.device) -> Recipe:
    """With "auto" and few images a recipe that has no augmentation gets one, unless `--set augment=none`.

    Not ADA on a processor: its warps would take about half as long as a step of a small network.
    """
    own = recipe.augment is not None or any(change.startswith("augment=") for change in changes)
    if name != "auto" or own or count >= FEW or not can(recipe):
        return recipe
    return recipe.replace(augment=DiffAugment() if device.type == "cpu" or not decides(recipe) else ADA())


def can(recipe: Recipe) -> bool:
    return recipe.accepts("augment")


def decides(recipe: Recipe) -> bool:
    """Whether the discriminator calls an image real by a logit above 0."""
    return says(recipe.loss, "positive_means_real")


def words(recipe: Recipe, count: int) -> list[str]:
    """Of the first lines: what is used, and that there are few images, which is why one should."""
    if recipe.augment is None:
        return []
    return [f"{type(recipe.augment).__name__.lower()}{f': {count:,} images are few' if count < FEW else ''}"]
