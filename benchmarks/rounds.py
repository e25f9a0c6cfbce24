"""Compares the rounds of each recipe with those of another checkout of mien, in turns: is any recipe slower?

    git worktree add ../before v0.1.0
    python benchmarks/rounds.py ../before/src
    python benchmarks/rounds.py ../before/src --recipes dcgan,wgan-gp --pairs 9

Each side is a process of its own with one thread. Both train on the same random images. A block is a complete period
of the lazy terms. The result is the median of the paired ratios of CPU time: above 1, this checkout is faster. Wide
recipes are narrowed (`NARROW`), so that a round takes seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BATCH, PX = 16, 64
R3GAN = {"width": 96, "blocks": 1}
NARROW: dict[str, dict[str, int]] = {
    "r3gan": R3GAN, "r3gan-cifar10": R3GAN, "r3gan-ffhq256": R3GAN, "stylegan2": {"width": 8, "most": 64},
    "stylegan2-paper256": {"width": 8, "most": 64}, "sngan": {"width": 16},
    "cyclegan": {"width": 8}, "pix2pix": {"width": 16}, "pix2pix-gan": {"width": 16}, "pix2pix-l1": {"width": 16},
}  # fmt: skip
CONDITIONAL = ("acgan", "acgan-laptop")  # they train on labels, which this script does not make


def serve() -> None:
    """In a process of its own, with either checkout: trains a block for each line that it reads."""
    import torch

    try:
        from mien.batch import Batch
    except ModuleNotFoundError:  # 0.1.0
        from mien.turn import Batch  # type: ignore[import-not-found, no-redef]
    from mien import recipes
    from mien.training.loop import train

    torch.set_num_threads(1)
    rounds: Iterator[Any] = iter(())
    for line in sys.stdin:
        name, blocks = line.split()
        if int(blocks) == 0:
            narrow = [
                f"{side}.{key}={value}"
                for key, value in NARROW.get(name, {}).items()
                for side in SIDES
                if (name, side) != ("pix2pix-l1", "discriminator")
            ]
            recipe = recipes.find(name).override((f"resolution={PX}x{PX}", f"batch_size={BATCH}", *narrow))
            training = recipe.build(torch.device("cpu"))
            image = torch.rand(BATCH, recipe.channels, PX, PX, generator=torch.Generator().manual_seed(0)) * 2 - 1
            source = None if recipe.sources == "none" else image.flip(0)
            batch = Batch(image, source=source, seed=1, images=1_000_000)
            rounds = train(training.players, lambda *_, batch=batch: repeat(batch), BATCH, training.ema, math.inf)
            period = math.lcm(*(term.every for player in training.players for term in player.terms.values()))
            report(period=period)
            continue
        begin = time.process_time()
        for _ in range(int(blocks)):
            next(rounds)
        report(seconds=time.process_time() - begin)


SIDES = ("generator", "discriminator")


def report(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


class Side:
    def __init__(self, source: Path):
        environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=source
        )

    def ask(self, name: str, rounds: int) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{name} {rounds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def compare(name: str, own: Side, other: Side, pairs: int) -> None:
    period = math.lcm(own.ask(name, 0)["period"], other.ask(name, 0)["period"])
    own.ask(name, 1), other.ask(name, 1)
    ratios = []
    for _ in range(pairs):
        mine, theirs = own.ask(name, period)["seconds"], other.ask(name, period)["seconds"]
        ratios.append(theirs / mine)
    print(
        f"| `{name}` | {1000 * mine / period / BATCH:.1f} | **{statistics.median(ratios):.2f}** | "
        f"{min(ratios):.2f} to {max(ratios):.2f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", type=Path, help="the folder src of another checkout")
    parser.add_argument("--recipes", default="", help="their names, with commas; default: all without a condition")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    if options.other is None:
        parser.error("name the folder src of another checkout")
    from mien import recipes

    names = (
        options.recipes.split(",") if options.recipes else [one for one in recipes.known() if one not in CONDITIONAL]
    )
    print("| recipe | ms of CPU time for an image | the other's time / own | from, to |")
    print("|---|---|---|---|")
    own, other = Side(ROOT / "src"), Side(options.other.resolve())
    for name in names:
        compare(name, own, other, options.pairs)
    own.end(), other.end()


if __name__ == "__main__":
    main()
