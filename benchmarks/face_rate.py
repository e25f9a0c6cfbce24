"""Prints the share of images in which each face detector finds a face: real anime faces, real human faces, built-in
faces, noise and shuffled patches.

    python benchmarks/face_rate.py --anime anime.zip --humans people.zip [--pictures 1000] [--size 64] [--cascade FILE]

Shuffled patches are the anime faces, cut into 16 squares and joined in another order: all of the texture and none of
the face. `mien weights fetch anime-cascade` downloads the anime cascade.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from mien.data.prepare import prepare
from mien.data.synthetic.draw import draw_many
from mien.media.pixels import as_rgb
from mien.metrics.detectors import choose_detector


def some(data: str, size: int, count: int) -> np.ndarray:
    """Returns uint8 [<=count,size,size,3], spread evenly over the set."""
    ready = prepare(data, size, size)
    chosen = np.linspace(0, len(ready) - 1, min(count, len(ready))).round().astype(int)
    return as_rgb(ready.images[chosen])


def shuffled(pictures: np.ndarray, parts: int = 4) -> np.ndarray:
    count, side, _, channels = pictures.shape
    patch = side // parts
    random = np.random.default_rng(0)
    cut = pictures.reshape(count, parts, patch, parts, patch, channels).swapaxes(2, 3)
    cut = cut.reshape(count, parts * parts, patch, patch, channels)
    mixed = np.stack([squares[random.permutation(parts * parts)] for squares in cut])
    mixed = mixed.reshape(count, parts, parts, patch, patch, channels).swapaxes(2, 3)
    return np.ascontiguousarray(mixed.reshape(count, side, side, channels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--anime", required=True)
    parser.add_argument("--humans", required=True)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--cascade", type=Path)
    args = parser.parse_args()
    count, size = args.pictures, args.size
    anime = some(args.anime, size, count)
    sets = {
        "real anime faces": anime,
        "real human faces": some(args.humans, size, count),
        "drawn faces": draw_many(count, size, size, seed=0).images,
        "noise": np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8),
        "shuffled patches": shuffled(anime),
    }
    for detector in (choose_detector(str(args.cascade) if args.cascade else "anime"), choose_detector("human")):
        print(f"{detector.name}:")
        for name, pictures in sets.items():
            start = time.perf_counter()
            found = detector(pictures)
            each = (time.perf_counter() - start) / len(pictures) * 1000
            print(
                f"  {name:18} {found.mean():7.1%} of {len(pictures):,} at {size} px, {each:.1f} ms a picture",
                flush=True,
            )


if __name__ == "__main__":
    main()
