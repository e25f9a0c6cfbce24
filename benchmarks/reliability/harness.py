"""The frame of the reliability scripts: runs one family's attempts, each in its own folder, and counts failures.

    python benchmarks/reliability/FAMILY.py [--count N] [--seed S] [--first I] [--quick]

A family is a file in this folder with a function `case`. It ends with `harness.main("family", case,
default_count=1000, quick_count=20)`. Its name must not be a module of the standard library (`numbers.py` would hide
that one). Each attempt has its own random numbers, so `--seed S --first I --count 1` repeats attempt I alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

Case = Callable[[int, random.Random, Path], str | None]
"""One attempt: (its number, its random generator, an empty folder) -> None, or what went wrong in one line."""

TIMEOUT = 600.0  # seconds that one command may take


def main(name: str, case: Case, *, default_count: int, quick_count: int) -> None:
    """Reads the flags, runs the attempts, prints `tried N failed M`, and exits with 1 if any failed."""
    parser = argparse.ArgumentParser(description=f"Reliability: {name}.")
    parser.add_argument("--count", type=int, default=None, help=f"attempts; default {default_count}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first attempt")
    parser.add_argument("--quick", action="store_true", help=f"{quick_count} attempts")
    chosen = parser.parse_args()
    count = chosen.count or (quick_count if chosen.quick else default_count)
    with tempfile.TemporaryDirectory(prefix=f"mien-{name}-", ignore_cleanup_errors=True) as folder:
        os.environ.update(MIEN_CACHE=str(Path(folder, "cache")), NO_COLOR="1")
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        failed = failures(
            case, count, Path(folder), seed=chosen.seed, first=chosen.first, tell=partial(print, flush=True)
        )
    print(f"tried {count} failed {len(failed)}", flush=True)
    sys.exit(1 if failed else 0)


def failures(
    case: Case, count: int, folder: Path, *, seed: int = 0, first: int = 0, tell: Callable[[str], object] = str
) -> list[str]:
    """Returns one line for each failed attempt of first to first+count-1; `tell` gets each at once."""
    failed = []
    for index in range(first, first + count):
        place = folder / f"case-{index}"
        place.mkdir()
        try:
            wrong = case(index, random.Random(f"{seed} {index}"), place)
        except Exception as error:  # an attempt must not end the others
            where = traceback.extract_tb(error.__traceback__)[-1]
            wrong = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}"
        if wrong:
            failed.append(f"--seed {seed} --first {index} --count 1: {wrong}")
            tell(printable(failed[-1]))
        shutil.rmtree(place, ignore_errors=True)
    return failed


def mien(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = TIMEOUT
) -> subprocess.CompletedProcess[str]:
    """Runs one command line in its own process. `env` adds to the environment. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        command(*arguments), cwd=cwd, env={**os.environ, **(env or {})}, timeout=timeout, stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", errors="surrogateescape",
    )  # fmt: skip


def command(*arguments: str) -> list[str]:
    """Returns the words that start mien like the installed script: without the working folder on the import path."""
    return [sys.executable, "-P", "-m", "mien", *arguments]


def in_process(*arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
    """Runs `mien` without a new process. Returns (exit code, standard output, standard error). The streams are as
    strict as real ones: text that UTF-8 cannot hold is an error."""
    from mien import cli

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    place = contextlib.chdir(cwd) if cwd else contextlib.nullcontext()
    with place, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(list(arguments))
    return code, text_of(out), text_of(err)


def text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "surrogateescape")


def is_one_line(stderr: str) -> bool:
    """Returns whether an error is as promised: one line of `mien: …`, no traceback, no "bug in mien"."""
    told = sum(line.startswith("mien: ") for line in stderr.splitlines())
    return told == 1 and "Traceback" not in stderr and "bug in mien" not in stderr


def printable(text: str) -> str:
    """Returns one line that any console can show."""
    return text.encode("unicode_escape").decode("ascii")
