"""Compares trainings on 1, 2 and 4 processes: the weights that come out, or the images a second.

    python benchmarks/processes.py                            # weights: each recipe, 200 rounds, networks of tiny width
    python benchmarks/processes.py --recipes wgan-gp,r3gan --rounds 50
    python benchmarks/processes.py speed                      # 2 processes x 1 thread against 1 process x 2 threads

The processes are forks of this one on the CPU, joined by gloo. A number is |a - b| / |b| over all weights of a network,
the largest of the networks. Rounding grows from round to round, as any small difference in a game. Two columns tell
rounding from a real difference. "nudged" is one process twice, the second time with first weights that differ by one
part in ten million. "float64" compares 1 and 2 processes in double precision: a real difference stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "reliability"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import children
import ranks
import resume
import torch
from safetensors.torch import load_file
from torch import nn

from mien import recipes
from mien.data import batches
from mien.recipes.recipe import Recipe
from mien.runtime import distributed
from mien.training.parts import batch_statistics
from mien.training.state import Training

BATCH = 16  # of all processes: with four, each has the four images of a group of the minibatch deviation
NUDGE = 1e-7


def weights_after(
    name: str, rounds: int, processes: int, folder: Path, also: Callable[[], None] = lambda: None
) -> dict[str, torch.Tensor]:
    """Trains a recipe and returns the weights of each network as one vector. also: called first in each process."""
    outdir = Path(tempfile.mkdtemp(dir=folder))
    words = resume.words_of(name, folder, outdir, rounds * BATCH * recipes.find(name).updates_per_round)
    words[words.index("--batch") + 1] = str(BATCH)
    words[words.index("--checkpoint-every") + 1] = "1h"
    together(outdir, processes, 1, words, also)
    newest = sorted((outdir / "00000-run" / "checkpoints").glob("kimg-*"))[-1]
    networks = [path for path in newest.glob("*.safetensors") if path.stem[:1] in "GD" and path.stem[-4:] != "_ema"]
    read = {path.stem: load_file(path) for path in sorted(networks)}
    shutil.rmtree(outdir)
    return {name: torch.cat([one[key].double().flatten() for key in sorted(one)]) for name, one in read.items()}


def together(
    folder: Path, processes: int, threads: int, words: list[str], also: Callable[[], None] = lambda: None
) -> None:
    """Runs one command line in so many processes, to its end."""
    port = ranks.free_port()

    def prepare(rank: int) -> None:
        torch.set_num_threads(threads)
        if processes > 1:
            said = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": processes, "MASTER_PORT": port}
            os.environ.update({"MASTER_ADDR": "127.0.0.1", **{key: str(value) for key, value in said.items()}})
        also()

    started = [
        children.start(folder / f"rank{rank}", *words, before=lambda rank=rank: prepare(rank))
        for rank in range(processes)
    ]
    for child in started:
        if code := child.wait(1800):
            raise SystemExit(f"{' '.join(words[:2])}: exit {code}: {child.err()[-600:]}")


def nudge() -> None:
    """Lets each recipe begin with weights that differ by NUDGE."""

    def nudged(training: Training) -> None:
        random = torch.Generator().manual_seed(1)
        for module in training.networks.values():
            for parameter in module.parameters():
                parameter.mul_(1 + NUDGE * torch.randn(parameter.shape, generator=random))

    after_build(nudged)


def in_double() -> None:
    """Lets each recipe train in double precision."""

    def doubled(training: Training) -> None:
        for module in (*training.networks.values(), *training.ema.modules.values()):
            module.double()

    def in_double(module: nn.Module, arguments: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(one.double() if getattr(one, "dtype", None) == torch.float32 else one for one in arguments)

    from_pixels = batches.from_pixels
    batches.from_pixels = lambda pixels: from_pixels(pixels).double()
    torch.set_default_dtype(torch.float64)
    nn.modules.module.register_module_forward_pre_hook(in_double)  # for images that no training sees
    after_build(doubled)


def after_build(change: Callable[[Training], None]) -> None:
    build = Recipe.build

    def changed(self: Recipe, *arguments: Any) -> Training:
        training = build(self, *arguments)
        with torch.no_grad():
            change(training)
        return training

    Recipe.build = changed  # type: ignore[method-assign, assignment]


def difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Returns the largest relative distance of two networks."""
    return max(float((one[name] - other[name]).norm() / other[name].norm()) for name in other)


def by_weights(names: list[str], rounds: int, folder: Path) -> None:
    print("| recipe | 1 against 2 | 1 against 4 | nudged | float64 | uses the images of one process alone |")
    print("|---|---|---|---|---|---|")
    for name in names:
        one, two, four = (weights_after(name, rounds, processes, folder) for processes in (1, 2, 4))
        nudged = weights_after(name, rounds, 1, folder, nudge)
        exact, as_exact = (weights_after(name, rounds, processes, folder, in_double) for processes in (1, 2))
        pairs = ((two, one), (four, one), (nudged, one), (as_exact, exact))
        training = recipes.find(name).override(resume.changes_of(name)).build(torch.device("cpu"))
        alone = batch_statistics(list(training.networks.values()), BATCH // 4)
        print(f"| `{name}` | {' | '.join(f'{difference(*pair):.0e}' for pair in pairs)} | {alone} |", flush=True)


# --- images a second --------------------------------------------------------------------------------------------------


def rate(name: str, processes: int, threads: int, images: int, folder: Path, turn: int) -> tuple[float, float]:
    """Returns the images a second of the second half of a training, by its own log, and the share of `average`."""
    outdir = folder / f"{name}-{processes}-{turn}"
    words = ["train", name, "--data", "drawn:512@64", "--outdir", str(outdir), "--name", "run"]
    words += ["--budget", f"{images}img", "--resolution", "64", "--tick", f"{images / 2000}"]  # one grid in each half
    words += ["--checkpoint-every", "1h", "--augment", "none", "--init", "none"]
    outdir.mkdir()
    together(outdir, processes, threads, words, lambda: timed(outdir / "average.txt"))
    rows = [json.loads(line) for line in (outdir / "00000-run" / "stats.jsonl").read_text().splitlines()]
    first, last = rows[len(rows) // 2 - 1], rows[-1]
    share = float((outdir / "average.txt").read_text()) / last["seconds"] if processes > 1 else 0.0
    return float((last["images"] - first["images"]) / (last["seconds"] - first["seconds"])), share


def timed(file: Path) -> None:
    """Lets a process write how many seconds it has spent in means over the processes, and in waiting for them."""
    average, spent = distributed.average, 0.0

    def measured(*tensors: Any, **options: Any) -> None:
        nonlocal spent
        begin = time.perf_counter()
        average(*tensors, **options)
        spent += time.perf_counter() - begin
        file.write_text(str(spent))

    distributed.average = measured


def by_speed(names: list[str], images: int, turns: int, folder: Path) -> None:
    for name in names:
        ratios, shares = [], []
        for turn in range(turns):
            (two, share), (one, _) = rate(name, 2, 1, images, folder, turn), rate(name, 1, 2, images, folder, turn)
            ratios.append(two / one)
            shares.append(share)
            load = os.getloadavg()[0]
            print(
                f"{name}: 2 x 1 {two:.1f}, 1 x 2 {one:.1f} images/s, ratio {two / one:.3f}, "
                f"mean over processes {share:.1%} of the time, load {load:.1f}",
                flush=True,
            )
        error = statistics.stdev(ratios) / turns**0.5 if turns > 1 else 0.0
        print(
            f"{name}: median ratio {statistics.median(ratios):.3f} of {turns}, mean {statistics.mean(ratios):.3f} "
            f"± {error:.3f}, {statistics.median(shares):.1%} of the time in means over processes",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("weights", "speed"), default="weights")
    parser.add_argument("--recipes", default="", help="their names, with commas; default: all, or two for the speed")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--images", type=int, default=4000, help="of a training whose speed is measured")
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args()
    names = [name for name in chosen.recipes.split(",") if name]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIEN_CACHE"] = f"{folder}/cache"
        if chosen.what == "weights":
            by_weights(names or resume.names(), chosen.rounds, Path(folder))
        else:
            by_speed(names or ["r3gan-laptop", "dcgan-laptop"], chosen.images, chosen.turns, Path(folder))
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
