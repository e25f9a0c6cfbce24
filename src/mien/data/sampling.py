"""Choose evenly spread indices."""

from __future__ import annotations

import numpy as np


def spread(count: int, most: int) -> np.ndarray:
    """Return at most `most` of 0 … count-1, evenly spread: int [N]."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(int)
