"""Trains a recipe on mien's built-in faces and writes its networks to a start file, which mien ships.

    python benchmarks/pretrain.py r3gan-laptop --budget 4h [--data drawn-varied:40000@64] [--seed 0] [--set KEY=VALUE]
    python benchmarks/pretrain.py --run runs/00007-r3gan-laptop-drawn [--budget +2h]

The second form continues a run, or only writes its file if there is no budget. The file is
`src/mien/trainer/starts/RECIPE-SIZE.safetensors` unless --output names another. The last lines print its size and
what 16 bits change in the images of the averaged generator.
"""

import argparse
from pathlib import Path

import numpy as np

import mien
from mien.inference.generator import load
from mien.runs.directory import RunDirectory
from mien.runs.start_file import write_start
from mien.trainer import starts

SEEDS = range(256)


def trained(arguments: argparse.Namespace) -> RunDirectory:
    if arguments.run is None:
        budget = arguments.budget or "2h"
        options = {"data": arguments.data, "budget": budget, "seed": arguments.seed, "set": arguments.set}
        return RunDirectory(mien.train(arguments.recipe, init="none", outdir=arguments.outdir, **options).path)
    if arguments.budget:
        mien.resume(str(arguments.run), budget=arguments.budget)
    return RunDirectory(arguments.run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", default="r3gan-laptop")
    parser.add_argument("--run", type=Path, help="a run to continue, or to write as it is")
    parser.add_argument("--data", default="drawn-varied:40000@64")
    parser.add_argument("--budget", help="2h for a new run; +2h continues one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], help="a setting of the recipe")
    parser.add_argument("--outdir", type=Path, default=Path("runs"))
    parser.add_argument("--output", type=Path)
    parser.add_argument("--leave-out", action="append", default=[], help="a network: G (the average stays), D")
    arguments = parser.parse_args()
    run = trained(arguments)
    before = load(run)
    size = before.resolution[0] if len(set(before.resolution)) == 1 else "x".join(map(str, before.resolution))
    path = arguments.output or starts.FOLDER / f"{before.recipe.name}-{size}.safetensors"
    for name, value in write_start(run, path, tuple(arguments.leave_out)).items():
        print(f"{name:8} {value}")
    change = np.abs(load(path).pixels(SEEDS).astype(int) - before.pixels(SEEDS))
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    print(f"16 bits change {np.mean(change > 0):.2%} of the colour values, by {change.max()} of 255 at most")


if __name__ == "__main__":
    main()
