"""A run's recipe as a table: dotted paths, values, and what differs from the recipe of that name."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.errors import MienError
from mien.media.pixels import resolution_text
from mien.reports.run_data import RunData
from mien.runtime.typed_json import is_number

if TYPE_CHECKING:
    from mien.recipes.recipe import Recipe

FLAT = ("network", "data", "extras")  # not named in the paths of --set
UNNAMED = (":Side", ":DataOptions")
EXTRAS = ("classifier", "mode_seeking")  # their weights say that they are there
HAVE_FLAGS = {  # not repeated as --set
    *("resolution", "channels", "batch_size", "name", "augment"),
    *("condition", "condition.kind", "condition.dim", "condition.names", "condition.encoder"),
}
SHOWN_NAMES = 4  # of a long list of names


@dataclass(frozen=True)
class Setting:
    """default: the recipe's own value as text; "" if it lacks the setting; None if the recipe is unknown."""

    path: str
    value: Any
    default: str | None

    @property
    def text(self) -> str:
        return value_text(self.value)

    @property
    def differs(self) -> bool:
        return self.default is not None and self.default != self.text


@dataclass(frozen=True)
class RecipeDefaults:
    """A recipe without changes: the first line of its docstring, and its settings."""

    summary: str
    settings: dict[str, Any]


def recipe_defaults(name: str) -> RecipeDefaults | None:
    """The recipe of that name; None if this version of mien does not have it (a user's own, or a removed one)."""
    from mien import recipes

    made = recipes.known().get(name)
    if made is None:
        return None
    return RecipeDefaults((made.__doc__ or "").strip().partition("\n")[0], spelled_out(recipes.find(name)))


def spelled_out(recipe: Recipe) -> dict[str, Any]:
    """Every setting by its dotted path, also those that the recipe leaves to the default of a class."""
    from mien.config.serialization import encode

    defaults = {path: value for path, value in recipe.settings().items() if not isinstance(value, dict)}
    return {**defaults, **flat(encode(recipe))}


def settings_of(recipe: dict[str, Any], defaults: RecipeDefaults | None) -> list[Setting]:
    """The settings of a recipe.json in its order, without the name."""
    if defaults is None:
        return [Setting(path, value, None) for path, value in flat(recipe).items() if path != "name"]
    there = {path: value_text(value) for path, value in defaults.settings.items()}
    gone = [name for name in (*EXTRAS, "augment") if name in there and name not in part_of(recipe, "extras")]
    own = flat(recipe) | dict.fromkeys(gone)
    return [Setting(path, value, there.get(path, "")) for path, value in own.items() if path != "name"]


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """{"a": {"class": "m:C", "b": 1}} -> {"a": "C", "a.b": 1}, by the paths of --set. The classes of the recipe itself,
    of its sides and of its data options are left out."""
    found: dict[str, Any] = {}
    for key, part in value.items():
        if key == "class":
            if prefix and not str(part).endswith(UNNAMED):
                found[prefix.removesuffix(".")] = str(part).rpartition(":")[2]
        elif isinstance(part, dict):
            found |= flat(part, prefix if key in FLAT else f"{prefix}{key}.")
        else:
            found[prefix + key] = part
    return found


def value_text(value: Any) -> str:
    """A value as --set takes it: true, none, 64x64, 0.0005. Of a long list of names only the first ones."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        return f"{len(value)}: {', '.join(value[:SHOWN_NAMES])}{', …' if len(value) > SHOWN_NAMES else ''}"
    if isinstance(value, list | tuple):
        return "x".join(value_text(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def reproduce(run: RunData, changed: list[Setting]) -> str:
    """The run's training as one command that depends on no default; "" if its files do not say enough."""
    config, recipe = run.config, run.recipe
    size = part_of(recipe, "data").get("resolution")
    if not config.get("data") or not is_number(config.get("seed")) or not run.images:
        return ""
    if not isinstance(size, list) or len(size) != 2:
        return ""
    words = ["mien", "train", run.recipe_name, "--data", str(config["data"]), "--resolution", resolution_text(*size)]
    words += ["--batch", value_text(recipe.get("batch_size")), "--budget", f"{run.images / 1000:.12g}kimg"]
    words += ["--seed", value_text(config["seed"])]
    if init := config.get("init"):
        words += ["--init", str(init)]
    condition, augment = part_of(recipe, "condition"), part_of(part_of(recipe, "extras"), "augment")
    if condition:
        words += ["--cond", str(condition.get("class" if condition.get("kind") == "own" else "kind"))]
    code = config.get("code")
    for file in code if isinstance(code, list | tuple) else ():
        words += ["--code", str(file)]
    if encoder := condition.get("encoder"):
        words += ["--encoder", str(encoder)]
    for setting in changed:
        if setting.path not in HAVE_FLAGS and not (setting.path in EXTRAS and setting.value is not None):
            words += ["--set", f"{setting.path}={setting.text}"]
    # Named even if there is none: the default depends on the number of images.
    words += ["--augment", str(augment.get("class")).rpartition(":")[2].lower() if augment else "none"]
    return shlex.join(words)


def part_of(recipe: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside the recipe; {} if there is none under this name."""
    part = recipe.get(name)
    return part if isinstance(part, dict) else {}


def compare_with_recipe(run: RunData) -> tuple[RecipeDefaults | None, list[Setting]]:
    """The recipe's defaults, None if it is unknown, and the run's settings."""
    try:
        defaults = recipe_defaults(run.recipe_name)
    except MienError:
        defaults = None
    return defaults, settings_of(in_todays_names(run.recipe), defaults)


def in_todays_names(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe.json in the names of this version. One that cannot be decoded (of a user's file) stays as it is."""
    from mien.config.serialization import encode
    from mien.recipes.recipe import from_json

    try:
        found: dict[str, Any] = encode(from_json(recipe))
    except MienError:
        return recipe
    return found
