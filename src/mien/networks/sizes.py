"""The image sizes that an architecture can generate, and the error for other sizes."""

from __future__ import annotations

from collections.abc import Callable

from mien.errors import UsageError
from mien.media.pixels import SMALLEST_SIDE, resolution_text

Size = tuple[int, int]  # (height, width)

EVEN = "both sides must halve without remainder until the shorter one is 4 to 7"


def even_halvings(resolution: Size) -> list[Size]:
    """Sizes from the image down to the base: (96, 80) -> [(96,80), (48,40), (24,20), (12,10), (6,5)].

    Raises UsageError for a size that breaks the rule `EVEN`.
    """
    demand(resolution, halves_evenly, EVEN)
    sizes = [resolution]
    while min(sizes[-1]) >= 8:
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes


def halves_evenly(resolution: Size) -> bool:
    height, width = resolution
    while min(height, width) >= 8:
        if height % 2 or width % 2:
            return False
        height, width = height // 2, width // 2
    return True


def demand(resolution: Size, works: Callable[[Size], bool], rule: str) -> None:
    """Check that this size works. Raises UsageError with the rule and the nearest size that works."""
    if works(resolution):
        return
    near = resolution_text(*nearest(resolution, works))
    raise UsageError(f"--resolution {resolution_text(*resolution)}: {rule} for this recipe's networks; try {near}")


def nearest(resolution: Size, works: Callable[[Size], bool]) -> Size:
    """Return the nearest size that works: the smallest sum of differences in rows and columns from `resolution`."""
    height, width = resolution
    reach = SMALLEST_SIDE
    while True:
        # The search covers all sizes up to this distance, so no size outside is nearer than the best one found.
        found = [
            (abs(down) + abs(right), (height + down, width + right))
            for down in range(-reach, reach + 1)
            for right in range(abs(down) - reach, reach - abs(down) + 1)
            if min(height + down, width + right) >= SMALLEST_SIDE and works((height + down, width + right))
        ]
        if found:
            return min(found)[1]
        reach *= 2
