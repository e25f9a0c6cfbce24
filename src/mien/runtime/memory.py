"""The memory that this process may use."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path

UNKNOWN = 1 << 40  # bytes
M_ARENA_MAX, HEAPS = -8, 2  # of mallopt(3)
LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)  # of a container: new and old Linux


def memory() -> int:
    """Return the bytes of memory of this machine, or of the container if that has fewer."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        found = UNKNOWN
    return min(found, *(limit(Path(file)) for file in LIMITS))


def share_heaps() -> None:
    """Let all threads use two heaps of glibc. Call it before they start; other systems do nothing.

    Otherwise each thread of a server gets a heap of its own, and what it has freed there is of no use to the others.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def limit(file: Path) -> int:
    """Return the number in a container's file; UNKNOWN if there is none."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max" means no limit
        return UNKNOWN
