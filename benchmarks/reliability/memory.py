"""Allocations that fail: one line and code 71, or a training that continues in smaller parts. Every checkpoint
stays complete.

    python benchmarks/reliability/memory.py [--count N] [--seed S] [--first I] [--quick]

Of four attempts, two inject a failure while mien trains, evaluates, generates or prepares: a tensor above a random size
cannot be allocated, or the n-th operation (the n-th image of a preparation) fails once. The third does so in a training
of two processes, in one of them or in both: both must end alike, and none may wait. The fourth is a real limit: a
little more address space than the process has when mien is imported.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import harness
import numpy as np
import torch
from PIL import Image
from ranks import free_port
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from mien.errors import MienError
from mien.runs import tensor_files
from mien.runs.directory import RunDirectory
from mien.trainer.resume import newest_whole

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
METRIC = f"{Path(__file__).resolve().parents[2]}/tests/own_metric.py:brightness"
FULL = "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to allocate {} bytes."
LIMITED = """
import resource, sys
import mien.cli, mien.trainer.launch, mien.evaluation.evaluate, mien.metrics.detectors, tyro
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
sys.exit(mien.cli.run(sys.argv[2:]))
"""

RANK = """
import sys
sys.path.insert(0, sys.argv[1])
import memory, mien.cli, mien.trainer.launch
most, after, again = map(int, sys.argv[2:5])
with memory.without_memory(most or None, after, bool(again)):
    sys.exit(mien.cli.run(sys.argv[5:]))
"""
outcomes: Counter[str] = Counter()  # of the attempts of two processes
LONGEST = 240.0  # seconds that two processes may take
SHORT, GONE = 71, 76


def case(index: int, chance: random.Random, folder: Path) -> str | None:
    root = folder.parent
    if index % 4 == 2:
        return two(chance, folder)
    data, what = pictures(root), chance.choice(("train", "train", "generate", "evaluate", "prepare"))
    run = folder / "00000-run"
    if what == "train":
        words = training(data, folder, chance.choice(("dcgan", "wgan-gp", "stylegan2-laptop")))
    elif what == "prepare":
        words = ["data", "prepare", str(large(root)), "--resolution", "64", "--output", str(folder / "out")]
    else:
        trained(root, data)
        words = [what, str(root / "trained" / "00000-run")]
        words += ["--seeds", "0-63", "--output", str(folder)] if what == "generate" else []
        words += ["--num", "32", "--metrics", METRIC, "--data", str(data)] if what == "evaluate" else []
    if index % 4 == 3:
        extra = chance.choice((2, 8, 32, 64, 128, 256)) << 20
        told = f"{what} with {extra >> 20} MB"
        done = subprocess.run(
            [sys.executable, "-P", "-c", LIMITED, str(extra), *words],
            capture_output=True, encoding="utf-8", errors="replace", timeout=600, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        code, err = done.returncode, done.stderr
    else:
        most, after = chance.choice((None, 1 << 8, 1 << 11, 1 << 13, 1 << 15)), chance.randrange(1, 4000)
        told = f"{what} with tensors up to {most}" if most else f"{what} failing at operation {after}"
        with without_memory(most, after), arrays_fail(after % 40 if what == "prepare" else 0):
            code, _, err = harness.in_process(*words)
    if code not in (0, 71) or "Traceback" in err or (code == 71 and not harness.is_one_line(err)):
        return f"{told}: exit {code}: {' | '.join(err.strip().splitlines()[-3:])[-400:]}"
    if what == "train" and (run / "recipe.json").exists():
        try:
            newest_whole(RunDirectory(run))
        except MienError as error:
            return f"{told}: {error}"
    return None


def two(chance: random.Random, folder: Path) -> str | None:
    """Two processes train, and allocations fail in the first, in the second or in both."""
    victims, again, after = chance.choice(((0,), (1,), (0, 1))), chance.random() < 0.5, 0
    most = 1 << 13 if chance.random() < 0.1 else 0  # the pictures themselves are larger
    words = training(pictures(folder.parent), folder, chance.choice(("dcgan", "wgan-gp", "stylegan2-laptop")))
    told = f"ranks {victims} of {words[1]} with tensors up to {most}"
    if not most:
        after = chance.randrange(1, 8000)
        told = f"ranks {victims} of {words[1]} failing at operation {after}{' and so on' if again else ''}"
    said = {"WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "MIEN_RANK_TIMEOUT": 30}
    ranks = []
    for rank in range(2):
        limits = [str(int(number if rank in victims else 0)) for number in (most, after, again)]
        environment = {
            key: str(value) for key, value in {**os.environ, **said, "RANK": rank, "LOCAL_RANK": rank}.items()
        }
        command = [sys.executable, "-P", "-c", RANK, str(Path(__file__).parent), *limits, *words]
        with (folder / f"err{rank}.txt").open("w") as err:
            ranks.append(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=err, stderr=err))
    try:
        codes = [rank.wait(LONGEST) for rank in ranks]
    except subprocess.TimeoutExpired:
        return f"{told}: it hangs"
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()
    errs = [(folder / f"err{rank}.txt").read_text(errors="replace") for rank in range(2)]
    outcomes[f"two ranks ended with {codes}, went back {errs[0].count(': back to ')} times"] += 1
    wrong = "Traceback" in "".join(errs) or not all(harness.is_one_line(err) for err, code in zip(errs, codes) if code)
    if wrong or not (codes[0] == codes[1] in (0, SHORT) or sorted(codes) == [SHORT, GONE]):
        return f"{told}: exits {codes}: {' || '.join(err.strip()[-300:] for err in errs)}"
    run = folder / "00000-run"
    if (run / "recipe.json").exists():
        newest_whole(RunDirectory(run))
    return None


def training(data: Path, folder: Path, recipe: str) -> list[str]:
    changes = TINY
    if recipe == "stylegan2-laptop":
        changes = ("generator.width=1", "generator.most=8", "generator.w_dim=8", "discriminator.width=1")
    words = ["train", recipe, "--data", str(data), "--outdir", str(folder), "--name", "run", "--resolution", "16"]
    words += ["--batch", "16", "--tick", "0.032", "--checkpoint-every", "0.2s", "--budget", "160img"]
    return words + [word for change in changes for word in ("--set", change)]


class Limit(TorchDispatchMode):
    """Fails if a result is larger than `most` numbers, or once at operation `after`; with `again`, at each operation
    that is a multiple of it."""

    def __init__(self, most: int | None, after: int, again: bool):
        super().__init__()
        self.most, self.after, self.again, self.count = most, after, again, 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function.namespace == "c10d":  # an operation of several processes, which has happened already
            return result
        self.count += 1
        numel = result.numel() if isinstance(result, torch.Tensor) else 0
        due = self.after and (self.count == self.after or (self.again and self.count % self.after == 0))
        if (self.most and numel > self.most) or (not self.most and due):
            raise RuntimeError(FULL.format(4 * numel))
        return result


@contextlib.contextmanager
def without_memory(most: int | None, after: int, again: bool = False) -> Iterator[None]:
    def unlimited(read: Callable[..., Any]) -> Callable[..., Any]:
        def reads(*arguments: Any) -> Any:  # safetensors makes tensors in a way of its own, which a mode does not bear
            with _disable_current_modes():
                return read(*arguments)

        return reads

    names = ("read", "from_bytes")
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(mock.patch.object(tensor_files, name, unlimited(getattr(tensor_files, name))))
        stack.enter_context(Limit(most, after, again))
        yield


@contextlib.contextmanager
def arrays_fail(after: int) -> Iterator[None]:
    """Image number `after` (0: none) finds no memory to be decoded into."""
    from mien.data import decode

    to_rgb, count = decode.to_rgb, [0]

    def failing(image: Image.Image) -> Image.Image:
        count[0] += 1
        if count[0] == after:
            raise MemoryError
        return to_rgb(image)

    def nothing_is_left(error: Exception, pixels: int) -> None:
        if isinstance(error, MemoryError):
            raise error

    with mock.patch.object(decode, "to_rgb", failing), mock.patch.object(decode, "blame", nothing_is_left):
        yield


def trained(root: Path, data: Path) -> None:
    if not (root / "trained").exists():
        code, _, err = harness.in_process(*training(data, root / "trained", "dcgan"))
        assert code == 0, err


def pictures(root: Path) -> Path:
    return drawn(root / "faces", 32, 16)


def large(root: Path) -> Path:
    return drawn(root / "large", 12, 1500)


def drawn(folder: Path, count: int, side: int) -> Path:
    if not folder.exists():
        folder.mkdir()
        draws = np.random.default_rng(side)
        for number in range(count):
            coarse = Image.fromarray(draws.integers(0, 256, (8, 8, 3), np.uint8))
            coarse.resize((side, side)).save(folder / f"{number:02d}.png", compress_level=1)
    return folder


if __name__ == "__main__":
    try:
        harness.main("memory", case, default_count=200, quick_count=12)
    finally:
        for outcome, count in sorted(outcomes.items()):
            print(f"{count:4} {outcome}")
