from pathlib import Path

import numpy as np

from mien.data.prepared import PreparedSet
from mien.evaluation.translated_sets import chosen_sources


def test_sources_are_chosen_by_their_own_number():
    """Unpaired sets have two sizes: three images here, ten sources."""
    images, sources = (np.zeros((count, 4, 4, 3), np.uint8) for count in (3, 10))
    unpaired = PreparedSet(Path("set"), images, None, None, sources, {})
    assert chosen_sources(unpaired, 20).tolist() == list(range(10))
    few = chosen_sources(unpaired, 4).tolist()
    assert len(set(few)) == 4 and max(few) > 3
