"""Signals: TERM, Ctrl-C, HUP, USR1 and a closed pipe at random moments, in training, evaluation and preparation.

A training must be saved, end with 128 + signal in one line, and continue later. A second Ctrl-C must end a step of
several minutes within seconds. A preparation must end in one line, without a traceback of a worker and without a
temporary folder.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import children
import harness

from mien.data import workers
from mien.runs.checkpoint import checkpoints, load_checkpoint
from mien.runs.directory import RunDirectory
from mien.trainer import trainer

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
METRIC = """
import time
from mien.metrics.metric import Metric, Score, metric


@metric
class Slow(Metric):
    name, reads, better = "slow", "pixels", "higher"

    def rows(self, pixels):
        time.sleep(0.05)
        return __import__("torch").zeros(len(pixels), 1)

    def scores(self, real, fake):
        return {"slow": Score(0.0)}
"""


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    os.environ["MIEN_CACHE"] = str(folder / "cache")
    data = folder.parent / "data"
    if not data.exists():
        children.pictures(data, 420)
    number = SIGNALS[index // 5 % len(SIGNALS)]
    kinds = (training, evaluation, preparation, closed_pipe, second_ctrl_c)
    return kinds[index % len(kinds)](number, draws, folder, data)


def training(number: signal.Signals, draws: random.Random, folder: Path, data: Path) -> str | None:
    """Sends the signal at any moment from the first line on. What comes before the first round is no training yet."""
    words = children.training(data, folder / "runs", "1h", "--augment", "none")
    child = children.start(folder / "first", *words)
    wait_for_line(child, "resume ")
    time.sleep(draws.uniform(0, 1.5))
    child.send(number)
    return saved(child, 128 + number, folder, number.name)


def evaluation(number: signal.Signals, draws: random.Random, folder: Path, data: Path) -> str | None:
    (folder / "slow.py").write_text(METRIC)
    metric = ["--metrics", f"{folder / 'slow.py'}:slow", "--metrics-num", "400", "--metrics-share", "1"]
    words = children.training(data, folder / "runs", "1h", "--augment", "none", *metric, "--metrics-every", "0.016")
    child = children.start(folder / "first", *words)
    wait_for_line(child, "resume ")
    time.sleep(draws.uniform(0, 1.5))
    child.send(number)
    return saved(child, 128 + number, folder, f"{number.name} in an evaluation", folder / "slow.py")


def preparation(number: signal.Signals, draws: random.Random, folder: Path, data: Path) -> str | None:
    def two_workers() -> None:
        workers.usable_cores = lambda: 2

    words = ["data", "prepare", "drawn:20000@64", "--resolution", "64", "--output", str(folder / "set")]
    child = children.start(folder / "first", *words, before=two_workers)
    while not (folder / "first" / "err.txt").exists():
        time.sleep(0.01)
    time.sleep(0.2)  # before that no mien has begun
    time.sleep(draws.uniform(0, 4))
    child.send(number)
    code, err = child.wait(60), child.err()
    time.sleep(0.2)  # a worker's last words would come now
    if code != 128 + number or not harness.is_one_line(child.err()):
        return f"{number.name} in preparation: exit {code}: {err[-300:]}"
    left = [str(path.relative_to(folder)) for path in folder.rglob("*.mien.tmp")] + list(folder.glob("set"))
    return f"{number.name} in preparation: left behind: {left}" if left else None


def closed_pipe(number: signal.Signals, draws: random.Random, folder: Path, data: Path) -> str | None:
    reader, writer = os.pipe()
    words = children.training(data, folder / "runs", "1h", "--augment", "none")
    child = children.start(folder / "first", *words, stderr=writer, before=lambda: os.close(reader))
    os.close(writer)
    with os.fdopen(reader) as lines:
        for line in lines:
            if line.startswith("resume"):
                break
        time.sleep(draws.uniform(0, 1))
    return saved(child, 128 + signal.SIGPIPE, folder, "a closed pipe", told=False)


def second_ctrl_c(number: signal.Signals, draws: random.Random, folder: Path, data: Path) -> str | None:
    """A step of five minutes in one operation that no Python handler interrupts, as in a backward pass."""
    import ctypes

    def endless() -> None:
        sleep, after_round, count = ctypes.CDLL(None).sleep, trainer.Trainer.after_round, 0

        def slow(self: trainer.Trainer, line: object) -> None:
            nonlocal count
            count += 1
            after_round(self, line)  # type: ignore[arg-type]
            end = time.monotonic() + 300
            while count == 4 and time.monotonic() < end:  # a signal cuts sleep() short
                sleep(300) if draws.random() < 0.5 else time.sleep(300)

        trainer.CHECKPOINT_COST = 0
        trainer.Trainer.after_round = slow  # type: ignore[method-assign]

    child = children.start(folder / "first", *children.training(data, folder / "runs", "1h"), before=endless)
    run = folder / "runs" / "00000-run"
    while child.alive() and not any(folder.name >= "kimg-000000.032" for folder in checkpoints(run / "checkpoints")):
        time.sleep(0.01)
    time.sleep(0.3)
    child.send(signal.SIGINT)
    time.sleep(draws.uniform(0.6, 1.5))
    begun = time.monotonic()
    child.send(signal.SIGINT)
    code, err = child.wait(60), child.err()
    if code != 130 or not harness.is_one_line(err) or time.monotonic() - begun > 15:
        return f"second Ctrl-C: exit {code} after {time.monotonic() - begun:.1f} s: {err[-300:]}"
    _, state = load_checkpoint(checkpoints(run / "checkpoints")[-1])
    return None if state["images"] == 32 else f"second Ctrl-C: the checkpoint is of {state['images']} images"


def wait_for_line(child: children.Child, begin: str) -> None:
    end = time.monotonic() + 120
    while child.alive() and time.monotonic() < end and begin not in child.err():
        time.sleep(0.005)


def saved(
    child: children.Child, expected: int, folder: Path, what: str, own: Path | None = None, told: bool = True
) -> str | None:
    code, run = child.wait(60), RunDirectory(folder / "runs" / "00000-run")
    if code != expected or (told and not harness.is_one_line(child.err())):
        return f"{what}: exit {code}, not {expected}: {child.err()[-300:]}"
    status = run.read_status()
    _, state = load_checkpoint(checkpoints(run.checkpoints)[-1])
    if status["state"] != "stopped" or status["images"] != state["images"]:
        return f"{what}: {status['state']} at {status['images']}, checkpoint of {state['images']}"
    words = ["resume", str(run.path), "--budget", "+16img", *(["--code", str(own)] if own else [])]
    code, err = children.mien(folder / "second", *words)
    if code != 0 or run.read_status()["images"] != state["images"] + 16:
        return f"{what}: resume ends with {code}: {err[-300:]}"
    left = [path.name for path in run.path.rglob("*.mien.tmp")]
    return f"{what}: left behind: {left}" if left else None


if __name__ == "__main__":
    harness.main("signals", case, default_count=100, quick_count=5)
