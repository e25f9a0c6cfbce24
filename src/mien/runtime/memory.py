"""The memory that this process may use."""

from __future__ import annotations

import ctypes
import os
import threading
import time
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


def keep_small(seconds: float = 30.0) -> None:
    """Keep a server's memory small: its threads share two heaps of glibc, which returns freed memory each `seconds`.

    Otherwise each thread has a heap of its own, of no use to the others, and a heap keeps what a busy minute has freed:
    150 MB in the studio. Call it before other threads start. Other systems do nothing.
    """

    def trim() -> None:
        while True:
            time.sleep(seconds)
            glibc.malloc_trim(0)

    with suppress(OSError, AttributeError, TypeError):
        glibc = ctypes.CDLL(None)
        glibc.mallopt(M_ARENA_MAX, HEAPS)
        if glibc.malloc_trim:
            threading.Thread(target=trim, daemon=True).start()


def limit(file: Path) -> int:
    """Return the number in a container's file; UNKNOWN if there is none."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max" means no limit
        return UNKNOWN
