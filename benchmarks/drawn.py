"""Prints how fast mien renders the built-in faces, and in how many of them an anime-face cascade finds a face.

    python benchmarks/drawn.py [--count 4096] [--repeats 5] [--cascade lbpcascade_animeface.xml]

The number is the median over the repeats of faces per second, at 64 and 128 pixels, on one core and on all. It
includes the start of the worker processes. The cascade's rate needs OpenCV and the cascade's file.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np

from mien.data.synthetic.draw import draw, draw_many, sample_face

CASCADE_FACES = 1000


def faces_per_second(count: int, size: int, workers: int, repeats: int) -> float:
    """Returns the median rate of `draw_many`."""
    rates = []
    for repeat in range(repeats):
        started = time.perf_counter()
        draw_many(count, size, size, seed=repeat, workers=workers)
        rates.append(count / (time.perf_counter() - started))
    return statistics.median(rates)


def found_share(cascade: Path, size: int = 64) -> float:
    """Returns the share of faces in which the cascade finds a face."""
    import cv2

    detector = cv2.CascadeClassifier(str(cascade))
    found = 0
    for index in range(CASCADE_FACES):
        picture = np.asarray(draw(sample_face(0, index), size, size))
        gray = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        found += len(detector.detectMultiScale(gray, scaleFactor=1.1, minNeighbors=5, minSize=(22, 22))) > 0
    return found / CASCADE_FACES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cascade", type=Path, help="lbpcascade_animeface.xml")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    for size in (64, 128):
        for workers in sorted({1, cores}):
            rate = faces_per_second(arguments.count, size, workers, arguments.repeats)
            print(f"{size} px, {workers} worker(s): {rate:,.0f} faces/s (median of {arguments.repeats})", flush=True)
    if arguments.cascade:
        print(f"cascade: a face in {found_share(arguments.cascade):.1%} of {CASCADE_FACES} pictures of 64 px")


if __name__ == "__main__":
    main()
