"""The start files that mien ships: networks that know the built-in faces. `find_start` finds one for a recipe."""

from __future__ import annotations

import math
from pathlib import Path

from torch import nn

from mien.config.spec import Spec
from mien.recipes.recipe import Recipe, from_json
from mien.runs import tensor_files
from mien.runs.records import Header

FOLDER = Path(__file__).parent
UNLEARNED = ("bf16_stages", "contrast")  # the precision, and the scale of new weights: trained weights suit any value


def find_start(recipe: Recipe, any_size: bool = True) -> Path | None:
    """Return the file whose networks have the recipe's settings, of the nearest size. None if there is none.

    any_size: whether networks of another size will do. Raises FileError for a damaged file.
    """
    found = []
    for path in sorted(FOLDER.glob("*.safetensors")):
        other = from_json(tensor_files.read_header(path, Header)["recipe"], path)
        if same_networks(recipe, other) and (any_size or recipe.resolution == other.resolution):
            found.append((distance(recipe, other), path))
    return min(found)[1] if found else None


def same_networks(one: Recipe, other: Recipe) -> bool:
    """Return whether both recipes build equal networks, apart from size and channels."""
    if one.discriminator is None or other.discriminator is None or one.game.of is not other.game.of:
        return False
    pairs = (one.generator, other.generator), (one.discriminator, other.discriminator)
    return all(learned(first.network) == learned(second.network) for first, second in pairs)


def learned(network: Spec[nn.Module]) -> tuple[object, dict[str, object]]:
    arguments = {name: value for name, value in network.complete().items() if name not in UNLEARNED}
    return network.of, arguments


def distance(one: Recipe, other: Recipe) -> tuple[bool, float]:
    """Return (another shape, the ratio of the numbers of pixels as a logarithm): the smallest is the nearest size."""
    ratio = math.prod(one.resolution) / math.prod(other.resolution)
    return one.resolution != other.resolution, abs(math.log(ratio))
