"""Flags, arguments and attributes with a new name. The old name works for one release and prints one line."""

from __future__ import annotations

from typing import Any

from mien.runtime.console import say

RENAMED = {
    ("generate", "sweep"): "attribute_grid",
    ("directions", "read"): "label_directions",
    ("translate", "pictures"): "images",
}
"""(verb, old name) -> new name, as Python writes them."""


def current_name(verb: str, name: str, dashes: bool = True) -> str:
    """Return the current name of a flag; print one line for an old name. dashes: write "--attribute-grid" there."""
    new = RENAMED.get((verb, name))
    if new is None:
        return name
    old, shown = (f"--{word.replace('_', '-')}" if dashes else word for word in (name, new))
    say(f"{old} is now called {shown}: the old name works in this release only")
    return new


class OldName:
    """The old name of an attribute: `asked = OldName("conditioned_on")` in the class. Its first use prints one line."""

    def __init__(self, new: str):
        self.new, self.was_used = new, False

    def __set_name__(self, owner: type, name: str) -> None:
        self.old = f"{owner.__name__}.{name}"

    def __get__(self, instance: object, owner: type) -> Any:
        if not self.was_used:
            self.was_used = True
            say(f"{self.old} is now called {self.new}: the old name works in this release only")
        return getattr(owner if instance is None else instance, self.new)
