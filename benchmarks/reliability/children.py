"""Attempts as forked children: torch and mien are imported once, so an attempt takes one second and not ten.

The parent computes nothing, because a fork copies only the thread that forks.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch._dynamo  # the first optimizer imports it, which takes seconds
from PIL import Image

import mien.commands.resume
import mien.commands.train
import mien.trainer.launch
import mien.trainer.multi_run
from mien import cli
from mien.runs.directory import RunDirectory

CLOCK = {"seconds", "images_per_second"}  # all that may differ between two equal runs
TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
torch.set_num_threads(1)
gc.collect()
gc.freeze()  # a child that goes through the parent's objects copies their pages


@dataclass
class Child:
    """A forked child that runs one command line. Its output goes to files in `folder`."""

    process: int
    folder: Path
    code: int | None = None

    def wait(self, timeout: float = 120.0) -> int:
        """Returns the exit code, or minus the signal that ended the child. Raises TimeoutError, and then the child is
        gone, too."""
        end = time.monotonic() + timeout
        while self.code is None:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                self.send(signal.SIGKILL)
                os.waitpid(self.process, 0)
                self.code = -signal.SIGKILL
                raise TimeoutError(f"the command did not end within {timeout:g} s: {self.err()[-300:]}")
            else:
                time.sleep(0.003)
        return self.code

    def send(self, number: int) -> None:
        """Sends a signal, unless the child has ended."""
        if self.code is None:
            os.kill(self.process, number)

    def alive(self) -> bool:
        if self.code is None:
            done, status = os.waitpid(self.process, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if done else None
        return self.code is None

    def err(self) -> str:
        file = self.folder / "err.txt"
        return file.read_text(errors="replace") if file.exists() else ""


def start(folder: Path, *words: str, before: Callable[[], None] | None = None, stderr: int | None = None) -> Child:
    """Runs `mien WORDS` in a forked child. before: called there first (to break something). stderr: a descriptor."""
    folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return Child(process, folder)
    code = 70
    try:
        out = os.open(folder / "out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        err = os.open(folder / "err.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if stderr is None else stderr
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 (pytest has put others in their place)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        if before:
            before()
        code = cli.run(list(words))
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def mien(folder: Path, *words: str, before: Callable[[], None] | None = None) -> tuple[int, str]:
    """Runs one command line to its end. Returns (exit code, standard error)."""
    child = start(folder, *words, before=before)
    code = child.wait()
    return code, child.err()


def pictures(folder: Path, count: int = 24, side: int = 16) -> Path:
    """Writes a folder of images with random blobs, the same each time."""
    folder.mkdir(parents=True)
    draws = np.random.Generator(np.random.Philox(0))
    for index in range(count):
        coarse = Image.fromarray(draws.integers(0, 256, (4, 4, 3), np.uint8))
        coarse.resize((side, side), Image.Resampling.BILINEAR).save(folder / f"{index:03d}.png")
    return folder


def training(
    data: Path, outdir: Path, budget: str, *more: str, recipe: str = "dcgan", changes: tuple[str, ...] = TINY
) -> list[str]:
    """Returns the words of a tiny training: 16 px, batch 8, a tick every 64 images, checkpoints as often as
    possible."""
    words = ["train", recipe, "--data", str(data), "--outdir", str(outdir), "--budget", budget, "--resolution", "16"]
    words += ["--batch", "8", "--tick", "0.064", "--name", "run", "--checkpoint-every", "0.001s", *more]
    return words + [word for change in changes for word in ("--set", change)]


def differences(whole: Path, other: Path) -> str | None:
    """Returns what a resumed run lacks, or has different from a run without a stop; None if they are equal."""
    if (state := RunDirectory(other).read_status()["state"]) != "finished":
        return f"it is {state}"
    for name in ("stats.jsonl", "metrics.jsonl"):
        if rows(whole / name) != rows(other / name):
            return f"{name} differs: {rows(whole / name)[-2:]} and {rows(other / name)[-2:]}"
    for pattern in ("samples/*.png", "snapshots/*.safetensors", "reals.png"):
        one, two = ({path.name: path.read_bytes() for path in sorted(run.glob(pattern))} for run in (whole, other))
        if lacking := [name for name in one if one[name] != two.get(name)]:
            return f"{pattern}: {lacking} are missing or differ"
    if sums(whole) != sums(other):
        return "the last checkpoint differs"
    if (one := latest(whole)) != (two := latest(other)):
        return f"latest.json differs: {one} and {two}"
    if left := [str(path.relative_to(other)) for path in other.rglob(".*") if path.name != ".lock"]:
        return f"left behind: {left}"
    return None


def rows(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    read = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in row.items() if key not in CLOCK} for row in read]


def sums(run: Path) -> tuple[dict[str, str], dict[str, object]]:
    """Returns for the newest checkpoint: sha256 of each tensor file, and state.json without the clock."""
    newest = sorted((run / "checkpoints").glob("kimg-*/manifest.json"))[-1]
    state = json.loads(newest.with_name("state.json").read_text())
    manifest = json.loads(newest.read_text())
    return {name: one for name, one in manifest.items() if name != "state.json"}, {
        key: value for key, value in state.items() if key not in CLOCK
    }


def latest(run: Path) -> object:
    return json.loads((run / "latest.json").read_text())
