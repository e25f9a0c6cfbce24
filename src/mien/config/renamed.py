"""Flags with a new name. The old name works for one release and prints one line."""

from __future__ import annotations

from mien.runtime.console import say

RENAMED = {
    ("generate", "sweep"): "attribute_grid",
    ("directions", "read"): "label_directions",
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
