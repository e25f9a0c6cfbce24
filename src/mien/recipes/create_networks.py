"""The networks of a recipe, for the user's own training loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from mien import recipes
from mien.errors import UsageError


def create_networks(
    recipe: str,
    *,
    resolution: int | tuple[int, int] = 64,
    channels: int = 3,
    set: Mapping[str, Any] | None = None,
) -> tuple[nn.Module, nn.Module]:
    """Return the generator and the discriminator of a recipe, initialized from torch's global random state.

    recipe: a name from `mien.list_recipes()`, or "my_gan.py:name". resolution: pixels, or (height, width). channels: 1
    or 3. set: settings of the recipe, {"generator.width": 32}.

    The generator takes z [N, generator.latent_dim], or the source [N,C,H,W] of a translation; it gives [N,C,H,W], about
    in [-1, 1]. The discriminator takes [N,C,H,W] and gives logits [N], or [N,P] for P patches. Raises UsageError for a
    recipe that is unknown or has other networks than these two.
    """
    height, width = (resolution, resolution) if isinstance(resolution, int) else resolution
    changes = {"resolution": f"{height}x{width}", "channels": channels, **(set or {})}
    game = recipes.find(recipe).override(tuple(f"{path}={value}" for path, value in changes.items())).build_game()
    found = [*game.generators.values(), *game.discriminators.values()]
    if (len(game.generators), len(game.discriminators)) != (1, 1):
        names = ", ".join([*game.generators, *game.discriminators])
        raise UsageError(f"{recipe} has {len(found)} networks ({names}): take them from mien.recipes.find({recipe!r})")
    return found[0], found[1]
