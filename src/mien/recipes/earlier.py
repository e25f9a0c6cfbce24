"""Compatibility with earlier versions: recipe.json files from before `Side`, and old names of settings."""

from __future__ import annotations

from typing import Any

from mien.runtime.console import say

SIDE, EXTRAS = "mien.recipes.side", "mien.recipes.extras"
MOVED = "mien.recipes.recipe"
PATHS = {
    "generator_terms": "generator.terms",
    "generator_optimizer": "generator.optimizer",
    "gan_weight": "generator.loss_weight",
    "discriminator_terms": "discriminator.terms",
    "discriminator_optimizer": "discriminator.optimizer",
    "discriminator_updates": "discriminator.updates",
    "constrain": "discriminator.constraint",
    "frozen_layers": "discriminator.frozen_layers",
    "auxiliary": "classifier.weight",
    "name_fakes": "classifier.fakes",
    "game.twins": "game.paired_labels",
}
"""Old name of a setting, or of a group of settings -> new name."""

DATA = ("resolution", "channels", "mirror", "jitter", "direction")


def renamed(assignment: str) -> str:
    """Return `KEY=VALUE` with the key's new name. Prints a warning for an old name."""
    path, equals, value = assignment.partition("=")
    new = "mode_seeking.weight" if path == "mode_seeking" and value != "none" else path
    for old, now in PATHS.items():
        if path == old or path.startswith(f"{old}."):
            new = now + path.removeprefix(old)
    if new != path:
        say(f"warning: --set {path} is now called {new}: the old name works in this release only")
    return f"{new}{equals}{value}"


def converted(data: Any) -> Any:
    """Return recipe.json of any version in the form of this version. Other data is returned unchanged."""
    if not isinstance(data, dict) or not data.keys() & {*PATHS, *DATA}:
        return data
    sides: dict[str, dict[str, Any]] = {}
    for side in ("discriminator", "generator"):
        sides[side] = {"class": f"{SIDE}:Side"}
        if side in data:
            sides[side]["network"] = data[side]
    for old, new in PATHS.items():
        side, _, name = new.partition(".")
        if old in data and side in sides:
            sides[side][name] = data[old]
    found: dict[str, Any] = {key: part for key, part in data.items() if key not in (*PATHS, *DATA, *sides)}
    found |= sides
    if isinstance(clip := data.get("constrain"), dict):  # the class has moved as well
        sides["discriminator"]["constraint"] = {**clip, "class": str(clip.get("class")).replace(MOVED, SIDE)}
    if "discriminator" in data and data["discriminator"] is None:
        found["discriminator"] = None
    found["data"] = {"class": f"{SIDE}:DataOptions", **{name: data[name] for name in DATA if name in data}}
    found["extras"] = extras(found.pop("augment", None), found.pop("mode_seeking", 0), data)
    return found


def extras(augment: Any, mode_seeking: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Return the extras, in the order of their terms in the earlier version."""
    found: dict[str, Any] = {}
    if data.get("auxiliary") or data.get("name_fakes"):
        fields = {"weight": data.get("auxiliary", 0.0), "fakes": data.get("name_fakes", False)}
        found["classifier"] = {"class": f"{EXTRAS}:AuxiliaryClassifier", **fields}
    if mode_seeking:
        found["mode_seeking"] = {"class": f"{EXTRAS}:ModeSeeking", "weight": mode_seeking}
    if augment is not None:
        found["augment"] = augment
    return found
