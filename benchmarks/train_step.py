"""A training round of mien against the textbook script, in turns in one process: medians of paired ratios.

    python benchmarks/train_step.py                     # paper's width, batch 128
    python benchmarks/train_step.py --width 32 --batch 64

Both sides have the same mathematics (binary cross-entropy, one D and one G step, the same fakes for both). First with
pictures in memory on both sides, then with the plain script decoding a folder of 178x218 JPEGs in a DataLoader, as
such scripts do, while mien reads its prepared set.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from plain_dcgan import from_folder, from_memory, plain_step

from mien import recipes
from mien.data.batches import Batches
from mien.data.drawn import draw_many
from mien.spec import Spec
from mien.training.loop import train


def mien_step(pixels: np.ndarray, width: int, batch: int) -> Callable[[], None]:
    """One round of mien's loop with the published DCGAN, statistics and moving average included."""
    recipe = recipes.find("dcgan")
    recipe = replace(
        recipe,
        generator=Spec(recipe.generator.of, width=width),
        discriminator=Spec(recipe.discriminator.of, width=width),
    )
    training = recipe.build(torch.device("cpu"))
    batches = Batches(pixels, batch_size=batch)
    rounds = train(training.players, batches, batch, training.ema, float("inf"))

    def step() -> None:
        training.statistics.add(next(rounds).statistics)

    return step


def paired(ours: Callable[[], None], theirs: Callable[[], None], pairs: int, steps: int) -> tuple[float, float, float]:
    """Medians: seconds a round of ours and theirs, and theirs/ours pair by pair."""

    def timed(step: Callable[[], None]) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        return (time.perf_counter() - start) / steps

    timed(ours), timed(theirs)
    times = [(timed(ours), timed(theirs)) for _ in range(pairs)]
    ratios = [their / our for our, their in times]
    return (
        statistics.median(our for our, _ in times),
        statistics.median(their for _, their in times),
        statistics.median(ratios),
    )


def write_jpegs(folder: Path, count: int) -> None:
    drawn = draw_many(count, 218, 178, seed=1).images
    for index, pixels in enumerate(drawn):
        Image.fromarray(pixels).save(folder / f"{index:05d}.jpg", quality=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3, help="rounds a measurement")
    parser.add_argument("--pictures", type=int, default=2000)
    options = parser.parse_args()
    torch.manual_seed(0)
    pixels = draw_many(options.pictures, 64, 64, seed=0).images
    floats = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    ours = mien_step(pixels, options.width, options.batch)
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}; width {options.width}, "
        f"batch {options.batch}, {options.pairs} pairs of {options.steps} rounds"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_jpegs(Path(folder), options.pictures)
        for label, batches in (
            ("images in memory on both sides", from_memory(floats, options.batch)),
            ("plain script decodes 178x218 JPEGs", from_folder(Path(folder), options.batch)),
        ):
            our, their, ratio = paired(ours, plain_step(batches, options.width), options.pairs, options.steps)
            print(
                f"{label}: mien {options.batch / our:.0f} img/s, plain {options.batch / their:.0f} img/s, "
                f"ratio {ratio:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
