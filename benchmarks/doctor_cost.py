"""The doctor's share of a training's time: the same training with and without it, in pairs.

    python benchmarks/doctor_cost.py                     # about six minutes, alone on the machine
    python benchmarks/doctor_cost.py --recipe r3gan-laptop --pairs 2

A first run trains until the doctor's probes begin. Each member of a pair then continues a copy of it for the same time.
The table has images a second, and the time within the doctor as a share of the training's time. The grid at the end of
a session is left out: each training has one, however long it is.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import mien
from mien.runs.directory import RunDirectory
from mien.trainer.live_doctor import LiveDoctor
from mien.trainer.probes import EARLY

LOOK = LiveDoctor.look


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--recipe", default="dcgan-laptop")
    flags.add_argument("--resolution", default="64")
    flags.add_argument("--batch", type=int, default=16)
    flags.add_argument("--pairs", type=int, default=4)
    flags.add_argument("--seconds", type=int, default=25, help="training time of each run")
    given = flags.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = begin(given, Path(folder))
        print("| without, images/s | with | ratio | in the doctor | looks |\n|---|---|---|---|---|", flush=True)
        pairs = []
        for number in range(given.pairs):
            order = (False, True) if number % 2 else (True, False)
            found = {
                watched: measured(begun, Path(folder) / f"{number}-{watched}", watched, given) for watched in order
            }
            alone, (speed, share, looks) = found[False][0], found[True]
            pairs.append((speed / alone, share))
            print(f"| {alone:.2f} | {speed:.2f} | {speed / alone:.4f} | {share:.2%} | {looks} |", flush=True)
    ratios, shares = zip(*pairs, strict=True)
    print(f"\nmedian ratio {median(ratios):.4f} (from {min(ratios):.4f} to {max(ratios):.4f})")
    print(f"median share of the time within the doctor {median(shares):.2%}")


def begin(given: argparse.Namespace, folder: Path) -> Path:
    """Return a run that is just past the steps in which the doctor has no probes."""
    options = {"resolution": given.resolution, "batch": given.batch, "init": "none", "augment": "none"}
    kimg = (EARLY + 30) * given.batch / 1000
    run = mien.train(given.recipe, data="drawn:2000", outdir=folder, budget=f"{kimg}kimg", name="begun", **options)
    return Path(run.path)


def measured(begun: Path, place: Path, watched: bool, given: argparse.Namespace) -> tuple[float, float, int]:
    """Return images a second, the share of the time within the doctor, and its looks."""
    shutil.copytree(begun, place)
    before = last_row(place)
    times: list[float] = []

    def look(doctor: LiveDoctor, pixels: Any, images: int, final: bool = False) -> list[dict[str, Any]]:
        start = time.perf_counter()
        changes = LOOK(doctor, pixels, images, final) if watched else []
        if not final:
            times.append(time.perf_counter() - start)
        return changes

    LiveDoctor.look = look  # type: ignore[method-assign]
    try:
        mien.resume(place, budget=f"+{given.seconds}s")
    finally:
        LiveDoctor.look = LOOK  # type: ignore[method-assign]
    after = last_row(place)
    seconds = after["seconds"] - before["seconds"]
    return (after["images"] - before["images"]) / seconds, sum(times) / seconds, len(times)


def last_row(place: Path) -> dict[str, Any]:
    return RunDirectory(place).stats.read()[-1]


if __name__ == "__main__":
    main()
