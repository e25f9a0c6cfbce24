"""Prints the cost of augmentation: a round with none, with DiffAugment and with ADA, by turns; and ADA's transform
alone.

    python benchmarks/augment.py                            # dcgan-laptop, batch 64
    python benchmarks/augment.py --recipe dcgan --batch 128

Times are CPU times, so other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from mien import recipes
from mien.augmentation.ada import ADA
from mien.augmentation.diffaugment import Augmentation, DiffAugment
from mien.batch import Batch
from mien.data.batches import Batches
from mien.data.synthetic.draw import draw_many
from mien.training.loop import train

KINDS: dict[str, Augmentation | None] = {"none": None, "diffaugment": DiffAugment(), "ada": ADA(p=0.5)}


def rounds_of(name: str, augment: Augmentation | None, pixels: object, batch: int) -> Callable[[], object]:
    training = recipes.find(name).replace(augment=augment).build(torch.device("cpu"))
    steps = train(training.players, Batches(pixels, batch_size=batch), batch, training.ema, float("inf"))
    return lambda: next(steps)


def seconds(step: Callable[[], object]) -> float:
    begun = time.process_time()
    step()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="dcgan-laptop")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=16)
    options = parser.parse_args()
    pixels = draw_many(4 * options.batch, 64, 64, seed=0).images
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {options.recipe}")
    sides = {kind: rounds_of(options.recipe, augment, pixels, options.batch) for kind, augment in KINDS.items()}
    turns = [{kind: seconds(step) for kind, step in sides.items()} for _ in range(options.rounds + 1)][1:]
    for kind in sides:
        cost = statistics.median(turn[kind] for turn in turns) / options.batch
        ratio = statistics.median(turn[kind] / turn["none"] for turn in turns)
        print(f"{kind:12} {1000 * cost:6.2f} ms a picture and round, {ratio:.2f} of none")
    image = Batches(pixels, batch_size=options.batch).at(0, "discriminator").image
    for kind in ("diffaugment", "ada"):
        transform = KINDS[kind].at(Batch(image), {})  # type: ignore[union-attr]
        cost = statistics.median(seconds(partial(transform, image)) for _ in range(options.rounds)) / options.batch
        print(f"{kind:12} {1000 * cost:6.2f} ms a picture, the transform alone")


if __name__ == "__main__":
    main()
