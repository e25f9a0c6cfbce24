"""mien recipes: what can be trained, or all settings of one recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tyro


@dataclass(frozen=True)
class Listing:
    """Rows of (name, text): recipes with what they are, or settings with their values."""

    kind: str
    rows: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {self.kind: self.rows}

    def __str__(self) -> str:
        longest = max(map(len, self.rows))
        return "\n".join(f"{name:<{longest}}  {text}" for name, text in self.rows.items())


def recipes(name: tyro.conf.Positional[str | None] = None) -> Listing:
    """List the recipes; with a name, list its settings as --set takes them.

    Args:
        name: A recipe, or my_gan.py:name.
    """
    from mien import recipes as shelf
    from mien.spec import paths

    if name is None:
        return Listing("recipes", {key: (made.__doc__ or "").splitlines()[0] for key, made in shelf.known().items()})
    return Listing("settings", {path: value for path, value, _ in paths(shelf.find(name))})
