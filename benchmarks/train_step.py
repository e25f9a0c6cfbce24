"""Compares a training round of mien with the textbook script, block by block in turns: medians of paired ratios.

    python benchmarks/train_step.py                     # the paper's width, batch 128
    python benchmarks/train_step.py --width 32 --batch 64
    python benchmarks/train_step.py --bf16              # mien's convolutions in bfloat16

Both sides have the same mathematics: binary cross-entropy, one D and one G step, the same fakes for both. First both
have images in memory. Then the plain script decodes a folder of 178x218 JPEGs in a DataLoader, and mien reads its
prepared set.

Each side has its own process and sleeps during the other's block. In one shared process the plain script would reuse
large pieces of memory that mien has already mapped. That would save some 200,000 page faults a round. A block is one
epoch, so the DataLoader decodes exactly what the block trains on.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from plain_dcgan import from_folder, from_memory, plain_step

from mien import recipes
from mien.config.spec import Spec
from mien.data.batches import Batches
from mien.data.synthetic.draw import draw_many
from mien.training.loop import train


def mien_step(pixels: np.ndarray, width: int, batch: int, bf16: bool) -> Callable[[], None]:
    """Returns one round of mien's loop with the published DCGAN, statistics and moving average included."""
    recipe = recipes.find("dcgan")
    recipe = recipe.replace(
        generator=Spec(recipe.generator.network.of, width=width),
        discriminator=Spec(recipe.discriminator.network.of, width=width),
        bf16=bf16,
    )
    training = recipe.build(torch.device("cpu"))
    batches = Batches(pixels, batch_size=batch)
    rounds = train(training.players, batches, batch, training.ema, float("inf"))

    def step() -> None:
        training.statistics.add(next(rounds).statistics)

    return step


def plain_in_memory(pixels: np.ndarray, width: int, batch: int) -> Callable[[], None]:
    floats = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    return plain_step(from_memory(floats, batch), width)


def plain_from_folder(folder: Path, width: int, batch: int) -> Callable[[], None]:
    return plain_step(from_folder(folder, batch), width)


def serve(connection: Connection, make_step: Callable[[], Callable[[], None]]) -> None:
    """In its own process: for each received number, runs this many rounds and sends back their seconds."""
    torch.manual_seed(0)
    step = make_step()
    for rounds in iter(connection.recv, 0):
        start = time.perf_counter()
        for _ in range(rounds):
            step()
        connection.send(time.perf_counter() - start)


class Side:
    """A candidate that waits in its own process."""

    def __init__(self, make_step: Callable[[], Callable[[], None]]):
        self.connection, theirs = get_context("spawn").Pipe()
        self.process = get_context("spawn").Process(target=serve, args=(theirs, make_step))
        self.process.start()

    def seconds(self, rounds: int) -> float:
        """Returns the seconds per round, over a block of `rounds`."""
        self.connection.send(rounds)
        return self.connection.recv() / rounds

    def end(self) -> None:
        self.connection.send(0)
        self.process.join()


def paired(ours: Side, theirs: Side, pairs: int, rounds: int) -> tuple[float, float, float]:
    """Returns medians: seconds per round of mien and of the script, and the script's/mien's pair by pair. A first pair
    warms up."""
    times = [(ours.seconds(rounds), theirs.seconds(rounds)) for _ in range(pairs + 1)][1:]
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
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=8, help="rounds a block")
    parser.add_argument("--bf16", action="store_true", help="set bf16=true for mien; the script stays in float32")
    options = parser.parse_args()
    width, batch, count = options.width, options.batch, options.rounds * options.batch
    pixels = draw_many(count, 64, 64, seed=0).images
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}; width {width}, "
        f"batch {batch}, {options.pairs} pairs of {options.rounds} rounds"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_jpegs(Path(folder), count)
        ours = Side(partial(mien_step, pixels, width, batch, options.bf16))
        for label, make_step in (
            ("images in memory on both sides", partial(plain_in_memory, pixels, width, batch)),
            ("plain script decodes 178x218 JPEGs", partial(plain_from_folder, Path(folder), width, batch)),
        ):
            theirs = Side(make_step)
            our, their, ratio = paired(ours, theirs, options.pairs, options.rounds)
            theirs.end()
            print(
                f"{label}: mien {batch / our:.0f} img/s, plain {batch / their:.0f} img/s, ratio {ratio:.2f}", flush=True
            )
        ours.end()


if __name__ == "__main__":
    main()
