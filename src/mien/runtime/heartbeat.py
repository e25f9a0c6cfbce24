"""Detection of dead processes: each process counts up in the group's store and watches the counts of the others.

A collective operation cannot detect them: it waits equally for a stopped process and for one that evaluates.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
import threading
from collections.abc import Callable

import torch.distributed as dist

EVERY = 1.0  # seconds between two beats
PATIENCE = 60.0  # seconds without a beat after which a process counts as gone; $MIEN_RANK_TIMEOUT says otherwise
SLOW_START = 10  # factor of the patience with a process that has not started
ENDED = 1 << 40  # added to its count by a process that ends as it should
GONE = 76  # the exit code


def patience() -> float:
    """Return the seconds of $MIEN_RANK_TIMEOUT, or the default if it is not a number above 0."""
    with contextlib.suppress(ValueError):
        if (seconds := float(os.environ.get("MIEN_RANK_TIMEOUT", PATIENCE))) > 0:
            return seconds
    return PATIENCE


class Heartbeat:
    """The heartbeat of one rank, from `start` to `stop`.

    Time is counted in reads of the store, not by the clock. So a process that was itself stopped for an hour does not
    take the others for dead.
    """

    def __init__(self, rank: int, ranks: int, tell: Callable[[], str], group: int = 1):
        """tell: returns the cure for the message that names the dead process. group: its number in this process."""
        self.group = group
        self.rank, self.others, self.tell = rank, [other for other in range(ranks) if other != rank], tell
        self.counts = dict.fromkeys(self.others, 0)
        self.missed = dict.fromkeys(self.others, 0)  # reads since a count has changed
        self.silence = 0  # reads since the store has answered
        self.most = max(2, round(patience() / EVERY))
        self.over = threading.Event()
        self.store: dist.TCPStore | None = None
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self.beat, self.judge)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            with contextlib.suppress(RuntimeError):  # a signal came before it had started
                thread.join(timeout=2 * EVERY)
        if self.store is not None and not self.threads[0].is_alive():
            with contextlib.suppress(RuntimeError):
                self.store.add(self.key(self.rank), ENDED)

    def key(self, rank: int) -> str:
        """Return the name of a count. torchrun's store outlives a restart, so each attempt counts anew."""
        return f"mien/beat/{os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}/{self.group}/{rank}"

    def beat(self) -> None:
        """Count up, and read the counts of the others. Blocks if the store's process is stopped."""
        while not self.over.is_set():
            with contextlib.suppress(RuntimeError):
                if self.store is None:
                    self.store = connect()
                self.store.add(self.key(self.rank), 1)
                for other in self.others:
                    count = self.store.add(self.key(other), 0)
                    self.missed[other] = 0 if count != self.counts[other] else self.missed[other] + 1
                    self.counts[other] = count
                self.silence = 0
            self.over.wait(EVERY)

    def judge(self) -> None:
        while not self.over.wait(EVERY):
            self.silence += 1
            if gone := self.gone(self.most):
                self.end(gone)

    def gone(self, most: int) -> list[int]:
        """Return the ranks without a beat for more than `most` reads. The store belongs to rank 0."""
        if self.silence > most:
            return [0] if self.rank else self.others[:1]
        return [
            other
            for other in self.others
            if self.counts[other] < ENDED and self.missed[other] > most * (1 if self.counts[other] else SLOW_START)
        ]

    def whom_to_blame(self) -> list[int]:
        """Return the ranks that have ended or no longer beat, after a failed operation. Takes some seconds."""
        for _ in range(8):
            ended = [other for other in self.others if self.counts[other] >= ENDED]
            if found := ended or self.gone(3):
                return found
            self.over.wait(EVERY)
        return []

    def end(self, gone: list[int]) -> None:
        """End the process: the main thread waits in an operation that cannot be interrupted."""
        seconds = f"{self.most * EVERY:g} s"
        with contextlib.suppress(OSError, ValueError):
            print(f"mien: {named(gone)} did not answer for {seconds}{self.tell()}", file=sys.stderr, flush=True)
        os._exit(GONE)


def named(ranks: list[int]) -> str:
    """Return ranks in words: [1] -> "rank 1"; [1, 2] -> "ranks 1, 2"; [] -> "another process"."""
    if not ranks:
        return "another process"
    return f"rank{'s' if len(ranks) > 1 else ''} {', '.join(map(str, ranks))}"


def connect() -> dist.TCPStore:
    """Return a new connection to the store that the environment names."""
    seconds = datetime.timedelta(seconds=patience())
    return dist.TCPStore(
        os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, wait_for_workers=False,
        timeout=seconds,
    )  # fmt: skip
