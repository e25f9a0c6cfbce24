"""Prints how fast `prepare` is against a plain Pillow loop, and whether the images are the same.

    python benchmarks/prepare.py [--pictures 10000] [--repeats 5] [--size 64]

It makes JPEGs of 178x218 (the size of CelebA's) at quality 90 in a temporary folder. Then both run by turns, so other
work on the machine affects both alike. Only the ratio counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from mien.data.prepare import prepare
from mien.data.synthetic.draw import draw_many

WIDTH, HEIGHT, QUALITY, DIFFERENT = 178, 218, 90, 250


def make_pictures(folder: Path, count: int) -> None:
    """Writes built-in faces with the grain and the soft light of photos, so that they compress like photos."""
    faces = draw_many(DIFFERENT, HEIGHT, WIDTH, seed=0).images.astype(np.float32)
    random = np.random.default_rng(0)
    for index in range(count):
        light = Image.fromarray(random.uniform(-60, 60, (5, 5)).astype(np.float32)).resize((WIDTH, HEIGHT), 3)
        grain = random.normal(0, 5, (HEIGHT, WIDTH, 1))
        pixels = np.clip(faces[index % DIFFERENT] + np.asarray(light)[..., None] + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:06d}.jpg", quality=QUALITY)


def plain(folder: Path, size: int) -> np.ndarray:
    """One process with Pillow: open, convert, crop the centre, resize, copy into an array."""
    paths = sorted(folder.iterdir())
    images = np.empty((len(paths), size, size, 3), np.uint8)
    for index, path in enumerate(paths):
        image = Image.open(path).convert("RGB")
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)
        images[index] = np.asarray(image)
    return images


def processor_seconds() -> float:
    """Returns the user and system time of this process and of its ended workers, without other jobs."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=None)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, cache = Path(scratch) / "pictures", Path(scratch) / "cache"
        folder.mkdir()
        make_pictures(folder, args.pictures)
        total = sum(entry.stat().st_size for entry in os.scandir(folder))
        print(
            f"{args.pictures:,} JPEGs of {WIDTH}x{HEIGHT}, {total / args.pictures / 1000:.1f} kB each, to {args.size}"
        )
        times: dict[str, list[float]] = {"plain": [], "mien": []}
        work: dict[str, list[float]] = {"plain": [], "mien": []}
        for _ in range(args.repeats):
            start, used = time.perf_counter(), processor_seconds()
            reference = plain(folder, args.size)
            times["plain"].append(time.perf_counter() - start)
            work["plain"].append(processor_seconds() - used)
            start, used = time.perf_counter(), processor_seconds()
            ready = prepare(folder, args.size, args.size, cache=cache, workers=args.workers, rebuild=True)
            times["mien"].append(time.perf_counter() - start)
            work["mien"].append(processor_seconds() - used)
        for name, seconds in times.items():
            median = statistics.median(seconds)
            each = statistics.median(work[name]) / args.pictures * 1e6
            speed = f"{args.pictures / median:6,.0f} pictures/s, {each:.0f} us of processor time a picture"
            print(f"{name:6} {median:6.2f} s median of {args.repeats}, {speed}")
        ratios = [slow / fast for slow, fast in zip(times["plain"], times["mien"])]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"ratio  {statistics.median(ratios):.2f} (median of the pairs; {spread})")
        difference = np.abs(ready.images.astype(np.int16) - reference)
        inner = difference[:, 2:-2, 2:-2]
        print(f"pixels differ by {difference.mean():.3f} levels on average, {difference.max()} at most")
        print(f"       ({inner.mean():.3f} and {inner.max()} without the two outermost pixels)")
        start = time.perf_counter()
        prepare(folder, args.size, args.size, cache=cache)
        print(f"again, from the cache: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()
