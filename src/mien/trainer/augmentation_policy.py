"""The choice of the augmentation: the recipe's own, the requested one, or one for a small data set."""

from __future__ import annotations

import torch

from mien.augmentation.ada import ADA
from mien.augmentation.diffaugment import Augmentation, DiffAugment
from mien.errors import UsageError
from mien.losses.adversarial import says
from mien.recipes.recipe import Recipe

FEW = 5_000  # images; in both papers, smaller sets gain most
NAMED: dict[str, Augmentation | None] = {"none": None, "diffaugment": DiffAugment(), "ada": ADA()}


def with_augmentation(recipe: Recipe, name: str, changes: tuple[str, ...]) -> Recipe:
    """Return the recipe with the augmentation of `--augment` ("auto": its own), then with the changes of `--set`.

    The changes may concern that augmentation. Raises UsageError for a wrong name and for a change that does not fit.
    """
    if name not in ("auto", *NAMED):
        raise UsageError(f"--augment {name}: it must be one of auto, {', '.join(NAMED)}")
    chosen = recipe.augment if name == "auto" else NAMED[name]
    if chosen is not None and not accepts_augmentation(recipe):
        game = recipe.game.of.__name__
        raise UsageError(
            f"--augment {name}: {game}, the game of {recipe.name}, takes no augmentation: leave --augment out"
        )
    if type(chosen) is not type(recipe.augment):  # an augmentation of the same class keeps the recipe's numbers
        recipe = recipe.replace(augment=chosen)
    recipe = recipe.override(changes)
    if isinstance(recipe.augment, ADA) and recipe.augment.p is None and not logit_sign_means_real(recipe):
        raise UsageError(
            f"--augment ada: with {type(recipe.loss).__name__} the sign of a logit does not mean real or fake, so p "
            "cannot adapt: use --augment diffaugment, or a fixed --set augment.p=0.3"
        )
    return recipe


def with_default_augmentation(
    recipe: Recipe, name: str, changes: tuple[str, ...], count: int, device: torch.device
) -> Recipe:
    """Return the recipe, with an augmentation added for "auto" and few images, unless `--set augment=none` is given.

    On a CPU this is never ADA, because its warps would take about half as long as a step of a small network.
    """
    own = recipe.augment is not None or any(change.startswith("augment=") for change in changes)
    if name != "auto" or own or count >= FEW or not accepts_augmentation(recipe):
        return recipe
    return recipe.replace(augment=DiffAugment() if device.type == "cpu" or not logit_sign_means_real(recipe) else ADA())


def accepts_augmentation(recipe: Recipe) -> bool:
    return recipe.accepts("augment")


def logit_sign_means_real(recipe: Recipe) -> bool:
    """Return whether a logit above 0 means that the discriminator takes an image for real."""
    return says(recipe.loss, "positive_means_real")


def summary_lines(recipe: Recipe, count: int) -> list[str]:
    """Return the line of the summary that names the augmentation, and says if the images are few."""
    if recipe.augment is None:
        return []
    return [f"{type(recipe.augment).__name__.lower()}{f': {count:,} images are few' if count < FEW else ''}"]
