"""mien recipes: list the recipes, or the settings of one recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult


@dataclass(frozen=True)
class Listing(VerbResult):
    """Rows of (name, text): all recipes, or the settings of one recipe. about: the description of that recipe."""

    kind: str
    rows: dict[str, Any]
    about: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {self.kind: self.rows, **({"about": self.about} if self.about else {})}

    def __str__(self) -> str:
        longest = max(map(len, self.rows))
        head = [self.about, ""] if self.about else []
        return "\n".join([*head, *(f"{name:<{longest}}  {text}" for name, text in self.rows.items())])


def recipes(name: tyro.conf.Positional[str | None] = None) -> Listing:
    """List the recipes. With a name, describe that recipe and list its settings for --set.

    Args:
        name: A recipe, or my_gan.py:name.
    """
    from mien import recipes as shelf

    if name is None:
        return Listing("recipes", {key: shelf.about(key).partition("\n")[0] for key in shelf.known()})
    made = shelf.find(name)
    return Listing("settings", made.settings(), shelf.about(name))
