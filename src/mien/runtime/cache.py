"""Where prepared sets and other results that can be made again are kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """$MIEN_CACHE, or mien below $XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("MIEN_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mien"
