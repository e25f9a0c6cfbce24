"""Prints the distance between images of one label, generated and real.

    python benchmarks/within_label.py runs/00007-acgan-laptop-anime-64 anime-64.zip hair eyes

The distance is the mean absolute difference of all pairs, of pixels in [-1, 1], over the most frequent labels of the
data. A generator that ignores z has 0.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import combinations

import numpy as np
import torch

import mien
from mien.data.prepare import prepare
from mien.media.pixels import from_pixels

LABELS, PICTURES = 24, 8  # the most frequent ones; of each


def main() -> None:
    run, data, *wanted = sys.argv[1:]
    generator = mien.load(run)
    names = generator.recipe.condition.names
    columns = [number for number, name in enumerate(names) if name.partition("=")[0] in wanted]
    pictures = prepare(data, *generator.resolution)
    places = defaultdict(list)
    for place, row in enumerate(np.asarray(pictures.labels)[:, columns]):
        if row.sum() == len(wanted):
            places[tuple(columns[number] for number in np.flatnonzero(row))].append(place)
    real, drawn = [], []
    for label, own in sorted(places.items(), key=lambda item: -len(item[1]))[:LABELS]:
        asked = dict(names[number].split("=") for number in label)
        real.append(apart(pictures.images[own[:PICTURES]]))
        drawn.append(apart(np.stack([np.asarray(one) for one in generator(range(PICTURES), attributes=asked)])))
    print(f"{run}: {np.mean(drawn):.3f} apart within a label; real ones {np.mean(real):.3f}")


def apart(pixels):
    """Returns the mean distance of the images, uint8 [N,H,W,C]."""
    images = from_pixels(torch.from_numpy(pixels))
    return np.mean([(one - other).abs().mean().item() for one, other in combinations(images, 2)])


if __name__ == "__main__":
    main()
