"""A run's recipe as a table: dotted paths, values, and what differs from the recipe of that name."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.errors import MienError
from mien.media.pixels import resolution_text
from mien.reports.run_data import Facts, is_number

if TYPE_CHECKING:
    from mien.recipes.recipe import Recipe

OF_ITS_OWN_FLAG = {  # not repeated as --set
    *("resolution", "channels", "batch_size", "name", "augment"),
    *("condition", "condition.kind", "condition.dim", "condition.names", "condition.encoder"),
}
NAMED = 4  # words of a vocabulary that are shown


@dataclass(frozen=True)
class Setting:
    """usual: the recipe's value as text, "" where that has no such setting; None where nothing can be compared."""

    path: str
    value: Any
    usual: str | None

    @property
    def text(self) -> str:
        return value_text(self.value)

    @property
    def differs(self) -> bool:
        return self.usual is not None and self.usual != self.text


@dataclass(frozen=True)
class Usual:
    """A recipe as it is without changes: its docstring's first line, and its settings."""

    summary: str
    settings: dict[str, Any]


def usual_recipe(name: str) -> Usual | None:
    """None for a recipe that this version of mien does not have (a user's own, or an older one)."""
    from mien import recipes

    made = recipes.known().get(name)
    if made is None:
        return None
    return Usual((made.__doc__ or "").strip().partition("\n")[0], spelled_out(recipes.find(name)))


def spelled_out(recipe: Recipe) -> dict[str, Any]:
    """Every setting by its dotted path, with those that the recipe leaves to a class's own default."""
    from mien.config.overrides import paths
    from mien.config.serialization import encode

    unsaid = {path: value for path, value, _ in paths(recipe) if not isinstance(value, dict)}
    return {**unsaid, **flat(encode(recipe))}


def settings(recipe: dict[str, Any], usual: Usual | None) -> list[Setting]:
    """In the order of recipe.json."""
    if usual is None:
        return [Setting(path, value, None) for path, value in flat(recipe).items() if path != "name"]
    own = flat(recipe)
    there = {path: value_text(value) for path, value in usual.settings.items()}
    return [Setting(path, value, there.get(path, "")) for path, value in own.items() if path != "name"]


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """{"a": {"class": "m:C", "b": 1}} -> {"a": "C", "a.b": 1}; the outermost class is left out."""
    found: dict[str, Any] = {}
    for key, part in value.items():
        if key == "class":
            if prefix:
                found[prefix.removesuffix(".")] = str(part).rpartition(":")[2]
        elif isinstance(part, dict):
            found |= flat(part, f"{prefix}{key}.")
        else:
            found[prefix + key] = part
    return found


def value_text(value: Any) -> str:
    """As --set takes it: true, none, 64x64, 0.0005. Of a vocabulary, which it does not take, the start."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        return f"{len(value)}: {', '.join(value[:NAMED])}{', …' if len(value) > NAMED else ''}"
    if isinstance(value, list | tuple):
        return "x".join(value_text(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def reproduce(facts: Facts, changed: list[Setting]) -> str:
    """The run's training as one command with everything spelled out; "" where its files do not say enough."""
    config, recipe = facts.config, facts.recipe
    size = recipe.get("resolution")
    if not config.get("data") or not is_number(config.get("seed")) or not facts.images:
        return ""
    if not isinstance(size, list) or len(size) != 2:
        return ""
    words = ["mien", "train", facts.recipe_name, "--data", str(config["data"]), "--resolution", resolution_text(*size)]
    words += ["--batch", value_text(recipe.get("batch_size")), "--budget", f"{facts.images / 1000:.12g}kimg"]
    words += ["--seed", value_text(config["seed"])]
    condition, augment = (part_of(recipe, name) for name in ("condition", "augment"))
    if condition:
        words += ["--cond", str(condition.get("kind"))]
    if encoder := condition.get("encoder"):
        words += ["--encoder", str(encoder)]
    for setting in changed:
        if setting.path not in OF_ITS_OWN_FLAG:
            words += ["--set", f"{setting.path}={setting.text}"]
    # Said even if there is none: left out, it would depend on the number of pictures.
    words += ["--augment", str(augment.get("class")).rpartition(":")[2].lower() if augment else "none"]
    return shlex.join(words)


def part_of(recipe: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within the recipe; {} where none stands there, or in its place something that is none."""
    part = recipe.get(name)
    return part if isinstance(part, dict) else {}


def compared(facts: Facts) -> tuple[Usual | None, list[Setting]]:
    """The recipe as it usually is, if it is known, and the run's own settings."""
    try:
        usual = usual_recipe(facts.recipe_name)
    except MienError:
        usual = None
    return usual, settings(facts.recipe, usual)
