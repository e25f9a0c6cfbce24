"""The doctor's share of a training's time: the same training with and without it, in pairs.

    python benchmarks/doctor_cost.py RUN                 # a run of at least 400 steps, so that all numbers are measured
    python benchmarks/doctor_cost.py RUN --kimg 8 --pairs 2

Each member of a pair continues a copy of the run. The table has images a second, and the processor time within the
doctor as a share of that of the training. Images a second need a machine of their own; the share does not. The grid at
the end of a session is left out: each training has one, however long it is.
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

LOOK = LiveDoctor.look


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("run", type=Path, help="a run that mien can continue; it stays as it is")
    flags.add_argument("--pairs", type=int, default=4)
    flags.add_argument("--kimg", type=float, default=4.0, help="length of each training")
    given = flags.parse_args()
    print(
        "| without, images/s | with | ratio | processor time in the doctor | looks |\n|---|---|---|---|---|", flush=True
    )
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.pairs):
            order = (False, True) if number % 2 else (True, False)
            places = {watched: Path(folder) / f"{number}-{watched}" for watched in order}
            found = {watched: measured(given.run, place, watched, given.kimg) for watched, place in places.items()}
            alone, (speed, share, looks) = found[False][0], found[True]
            pairs.append((speed / alone, share))
            print(f"| {alone:.2f} | {speed:.2f} | {speed / alone:.4f} | {share:.2%} | {looks} |", flush=True)
    ratios, shares = zip(*pairs, strict=True)
    print(f"\nmedian ratio {median(ratios):.4f} (from {min(ratios):.4f} to {max(ratios):.4f})")
    print(f"median share of the processor time within the doctor {median(shares):.2%}")


def measured(begun: Path, place: Path, watched: bool, kimg: float) -> tuple[float, float, int]:
    """Return images a second, the share of the processor time within the doctor, and its looks."""
    shutil.copytree(begun, place)
    before = last_row(place)
    times: list[float] = []

    def look(doctor: LiveDoctor, pixels: Any, images: int, final: bool = False) -> list[dict[str, Any]]:
        start = time.process_time()
        changes = LOOK(doctor, pixels, images, final) if watched else []
        if not final:
            times.append(time.process_time() - start)
        return changes

    LiveDoctor.look = look  # type: ignore[method-assign]
    start = time.process_time()
    try:
        mien.resume(place, budget=f"+{kimg}kimg")
    finally:
        LiveDoctor.look = LOOK  # type: ignore[method-assign]
    processor, after = time.process_time() - start, last_row(place)
    seconds = after["seconds"] - before["seconds"]
    return (after["images"] - before["images"]) / seconds, sum(times) / processor, len(times)


def last_row(place: Path) -> dict[str, Any]:
    return RunDirectory(place).stats.read()[-1]


if __name__ == "__main__":
    main()
