"""Kills: a training that is killed at any call of the file system, or at any moment, ends after `mien resume` like one
that was never killed: the same bits, rows, grids, snapshots and latest.json, and no temporary files.

Attempts of even number are killed before their k-th call; k passes through all calls of one training. Attempts of odd
number are killed at a random moment. Every third resume is killed as well, and resumed.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import children
import harness

from mien.trainer import trainer

EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.scandir", "shutil.rmtree"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
BUDGET = "40img"
reference: list[tuple[Path, int, float]] = []
"""The run that nothing stopped, the number of its calls, its seconds."""


def before_call(place: Path, reached: Callable[[int], None]) -> None:
    """Calls `reached(n)` before the n-th call that changes or syncs something below `place`."""
    trainer.CHECKPOINT_COST = 0  # a checkpoint after each round
    count = 0
    inside = str(place)

    def one() -> None:
        nonlocal count
        count += 1
        reached(count)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or not str(arguments[0]).startswith(inside):
            return
        if event != "open" or (isinstance(arguments[2], int) and arguments[2] & WRITING):
            one()

    fsync, flock = os.fsync, fcntl.flock
    sys.addaudithook(audit)
    os.fsync = lambda handle: (one(), fsync(handle))[1]
    fcntl.flock = lambda handle, how: (one(), flock(handle, how))[1]


def killed_at(place: Path, call: int) -> Callable[[], None]:
    def reached(count: int) -> None:
        if count == call:
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda: before_call(place, reached)


def counted(place: Path) -> Callable[[], None]:
    """Writes the number of the calls so far into place/calls."""

    def reached(count: int) -> None:
        handle = os.open(Path(place.parent, "calls"), os.O_RDWR | os.O_CREAT)
        os.pwrite(handle, b"%6d" % count, 0)
        os.close(handle)

    return lambda: before_call(place, reached)


def words(place: Path, data: Path) -> list[str]:
    os.environ["MIEN_CACHE"] = str(place / "cache")
    return children.training(data, place / "runs", BUDGET, "--tick", "0.016", "--augment", "none")


def prepare_reference(folder: Path) -> tuple[Path, int, float]:
    if not reference:
        data = children.pictures(folder / "data")
        place = folder / "whole" / "place"
        begun = time.monotonic()
        code, err = children.mien(folder / "whole", *words(place, data), before=counted(place))
        assert code == 0, err
        calls = int((place.parent / "calls").read_text())
        reference.append((place / "runs" / "00000-run", calls, time.monotonic() - begun))
    return reference[0]


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    whole, calls, seconds = prepare_reference(folder.parent)
    data, place = folder.parent / "data", folder / "place"
    call = index // 2 % calls + 1
    if index % 2 == 0:
        code, err = children.mien(folder / "first", *words(place, data), before=killed_at(place, call))
        moment = f"call {call} of {calls}"
    else:
        child = children.start(folder / "first", *words(place, data), before=lambda: before_call(place, lambda _: None))
        wait = draws.uniform(0, 1.2 * seconds)
        end = time.monotonic() + wait
        while child.alive() and time.monotonic() < end:
            time.sleep(0.001)
        child.send(signal.SIGKILL)
        code, err = child.wait(), child.err()
        moment = f"{wait:.3f} s"
    if code not in (0, -signal.SIGKILL):
        return f"killed at {moment}: exit {code}: {err[-300:]}"
    return ends_well(folder, place, data, whole, draws, calls, index % 3 == 0, moment)


def ends_well(
    folder: Path, place: Path, data: Path, whole: Path, draws: random.Random, calls: int, again: bool, moment: str
) -> str | None:
    run = place / "runs" / "00000-run"
    resume = ["resume", str(run)]
    if not (run / "recipe.json").exists():  # it had not started: there is nothing to resume, and one line says so
        code, err = children.mien(folder / "second", *resume)
        if code not in (2, 74) or not harness.is_one_line(err):
            return f"killed at {moment}, before it began: resume: exit {code}: {err[-300:]}"
        shutil.rmtree(run, ignore_errors=True)  # as that line says
        code, err = children.mien(folder / "third", *words(place, data), before=lambda: before_call(place, lambda _: 0))
    else:
        if again:
            second = draws.randrange(1, calls)
            moment += f", the resume at call {second}"
            code, err = children.mien(folder / "second", *resume, before=killed_at(place, second))
            if code not in (0, -signal.SIGKILL):
                return f"killed at {moment}: exit {code}: {err[-300:]}"
        code, err = children.mien(folder / "third", *resume)
    if code != 0:
        return f"killed at {moment}: resume ends with {code}: {err[-300:]}"
    if wrong := children.differences(whole, run):
        return f"killed at {moment}: {wrong}"
    if left := [path.name for path in (place / "cache" / "prepared").glob(".*")]:
        return f"killed at {moment}: the cache holds {left}"
    return None


if __name__ == "__main__":
    harness.main("kills", case, default_count=600, quick_count=12)
