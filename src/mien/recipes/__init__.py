"""Recipes: what to train, one short file a family. `find` also takes a user's file: "my_gan.py:hinge"."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace

from mien.config.serialization import add_user_file
from mien.errors import UsageError
from mien.recipes.recipe import RECIPES, Recipe, recipe_name


def known() -> dict[str, Callable[[], Recipe]]:
    """Return mien's own recipes by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(RECIPES.items()))


def find(name: str) -> Recipe:
    """Return the recipe of this name, or of `path/to/file.py:function`. Raises UsageError with the nearest name."""
    function = recipe_function(name)
    try:
        made = function()
    except TypeError as error:
        if "Recipe.__init__()" not in str(error):
            raise
        raise UsageError(f"{name}: {error}: write dcgan().replace(…) in place of replace(dcgan(), …)") from None
    if not isinstance(made, Recipe):
        raise UsageError(f"{name} returned {type(made).__name__}, not a Recipe")
    return replace(made, name=recipe_name(function))


def about(name: str) -> str:
    """Return the recipe's description: its docstring."""
    return inspect.getdoc(recipe_function(name)) or ""


def recipe_function(name: str) -> Callable[[], Recipe]:
    path, separator, own = name.rpartition(":")
    if separator and path.endswith(".py"):
        found = getattr(add_user_file(path), own, None)
        if not callable(found):
            raise UsageError(f"{path} has no recipe function {own!r}")
        function: Callable[[], Recipe] = found
        return function
    recipes = known()
    if name not in recipes:
        near = difflib.get_close_matches(name, recipes, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(recipes)}"
        raise UsageError(f"no recipe {name!r}: {hint} (your own: my_gan.py:name)")
    return recipes[name]
