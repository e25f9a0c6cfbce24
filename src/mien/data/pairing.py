"""Images with sources, for a translation."""

from __future__ import annotations

from mien.data.prepared import PreparedSet
from mien.errors import UsageError

PAIRS = "pairs: files A|B side by side, folders A and B of the same names, or drawn-lines"
TWO_SETS = "two sets: folders trainA and trainB, or drawn-unpaired"


def select_sources(prepared: PreparedSet, sources: str, direction: str, recipe: str) -> PreparedSet:
    """Return the prepared set with its sides swapped for direction "BtoA"; unchanged for a recipe without sources.

    sources: "none", "paired" or "unpaired", as the game requires. recipe: its name, for messages. Raises UsageError for
    images without sources, and for two sets if pairs are required.
    """
    if sources == "none":
        return prepared
    what = f"--data {prepared.info['source']} ({prepared.info['layout']})"
    if prepared.sources is None:
        raise UsageError(f"{what}: {recipe} learns from {PAIRS if sources == 'paired' else TWO_SETS}")
    if sources == "paired" and not prepared.paired:
        raise UsageError(f"{what}: {recipe} learns from {PAIRS}; for two sets there is cyclegan")
    return prepared.swapped() if direction == "BtoA" else prepared
