"""The folder of the cache: prepared sets and other results that can be computed again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """Return $MIEN_CACHE, or else the folder mien in $XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("MIEN_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mien"
