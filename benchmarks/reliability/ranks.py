"""Ranks: two processes train together, and one gets TERM, Ctrl-C or HUP, is killed, or is stopped (SIGSTOP).

A signal to either must save and end both with its exit code. After a kill or a stop, the other process names the rank
that is gone and ends with 76. The last checkpoint must be complete, and one process must be able to continue from it.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from pathlib import Path

import children
import harness

from mien.runs.checkpoint import checkpoints, load_checkpoint

PATIENCE = 4  # seconds, by $MIEN_RANK_TIMEOUT
ACTS = (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGHUP)
LONGEST = 60.0  # seconds until all have ended


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_two(folder: Path, *words: str) -> list[children.Child]:
    port = free_port()

    def joined(rank: int) -> children.Child:
        said = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        said |= {"MIEN_RANK_TIMEOUT": PATIENCE}
        return children.start(
            folder / f"rank{rank}", *words, before=lambda: os.environ.update({k: str(v) for k, v in said.items()})
        )

    return [joined(0), joined(1)]


def wait_for_checkpoint(run: Path, ranks: list[children.Child]) -> str | None:
    end = time.monotonic() + 120
    while not checkpoints(run / "checkpoints"):
        if time.monotonic() > end or not all(child.alive() for child in ranks):
            return f"no checkpoint: {[child.err()[-300:] for child in ranks]}"
        time.sleep(0.01)
    return None


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    data = folder.parent / "data"
    if not data.exists():
        children.pictures(data)
    act, victim = ACTS[index % len(ACTS)], index // len(ACTS) % 2
    run = folder / "runs" / "00000-run"
    ranks = start_two(folder, *children.training(data, folder / "runs", "1h", "--augment", "none"))
    try:
        wrong = wait_for_checkpoint(run, ranks)
        time.sleep(draws.uniform(0, 2))
        return wrong or outcome(ranks, victim, act, run, folder)
    finally:
        for child in ranks:
            child.send(signal.SIGKILL)
            child.wait()


def outcome(ranks: list[children.Child], victim: int, act: signal.Signals, run: Path, folder: Path) -> str | None:
    what = f"{act.name} to rank {victim}"
    ranks[victim].send(act)
    is_fatal = act in (signal.SIGKILL, signal.SIGSTOP)
    begun = time.monotonic()
    for rank, child in enumerate(ranks):
        if is_fatal and rank == victim:
            continue
        code, expected = child.wait(LONGEST), 76 if is_fatal else 128 + act
        err = child.err()
        if code != expected or not harness.is_one_line(err):
            return f"{what}: rank {rank} ends with {code}, not {expected}: {err[-400:]}"
        if is_fatal and f"rank {victim}" not in err:
            return f"{what}: rank {rank} does not name it: {err[-300:]}"
    if (took := time.monotonic() - begun) > LONGEST:
        return f"{what}: all ended after {took:.0f} s"
    newest = checkpoints(run / "checkpoints")[-1]
    _, state = load_checkpoint(newest)
    ranks[victim].send(signal.SIGKILL)
    ranks[victim].wait()
    more = f"{state['images'] + 16}img"
    code, err = children.mien(folder / "resume", "resume", str(run), "--budget", more)
    return None if code == 0 else f"{what}: resume ends with {code}: {err[-300:]}"


if __name__ == "__main__":
    harness.main("ranks", case, default_count=40, quick_count=5)
