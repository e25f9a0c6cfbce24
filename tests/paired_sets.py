"""Small prepared sets with sources, for the tests of translation."""

from pathlib import Path

import numpy as np

from mien import recipes
from mien.data.prepared import PreparedSet

TINY = ("generator.width=2", "discriminator.width=2", "resolution=16x16")


def a_set(layout="paired A|B", sources=3):
    """Pictures filled with 10, 11, 12 …; sources with 100, 101 …"""

    def filled(start, count):
        return (start + np.arange(count, dtype=np.uint8))[:, None, None, None] * np.ones((1, 16, 16, 3), np.uint8)

    info = {"source": "faces", "layout": layout, "label_names": ["x"]}
    labels = np.eye(3, 1, dtype=np.float32)
    return PreparedSet(Path("faces"), filled(10, 3), labels, None, filled(100, sources) if sources else None, info)


def of(name, *changes):
    return recipes.find(name).override((*TINY, *changes))
