"""Disks: each call that writes fails in turn (no space, input/output error, read-only, quota, too many open files),
the disk is really full, or files may not grow. The verb must end with 74 and one line, and its checkpoints must be
complete. With space again, `mien resume` must end with the bits of a run that always had space.
"""

from __future__ import annotations

import errno
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import children
import harness
import kills

from mien.runs.checkpoint import checkpoints, load_checkpoint
from mien.trainer import trainer

ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EMFILE)
CALLS = {"open": os.O_WRONLY | os.O_RDWR | os.O_CREAT, "os.rename": 0, "os.mkdir": 0}
reference: list[tuple[Path, int]] = []


def failing_at(place: Path, call: int, number: int, count_into: Path | None = None) -> Callable[[], None]:
    """From the `call`-th on, each call that writes below `place` fails: a full disk stays full."""

    def before() -> None:
        trainer.CHECKPOINT_COST = 0
        seen = 0

        def one() -> None:
            nonlocal seen
            seen += 1
            if count_into:
                handle = os.open(count_into, os.O_RDWR | os.O_CREAT)
                os.pwrite(handle, b"%6d" % seen, 0)
                os.close(handle)
            if seen >= call:
                raise OSError(number, os.strerror(number))

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in CALLS or not str(arguments[0]).startswith(str(place)):
                return
            if event != "open" or (isinstance(arguments[2], int) and arguments[2] & CALLS["open"]):
                one()

        sys.addaudithook(audit)
        fsync = os.fsync
        os.fsync = lambda handle: (one(), fsync(handle))[1]
        opened = io.open

        def opening(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            made = opened(file, mode, *more, **named)
            return FullFile(made, one) if str(file).startswith(str(place)) and set(mode) & set("wax+") else made

        io.open = opening  # what Path.open calls

    return before


class FullFile:
    """A file that counts its writes; each of them may fail."""

    def __init__(self, file: Any, one: Callable[[], None]):
        self.file, self.one = file, one

    def write(self, data: Any) -> Any:
        self.one()
        return self.file.write(data)

    def __enter__(self) -> FullFile:
        self.file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def prepare_reference(folder: Path) -> tuple[Path, int]:
    if not reference:
        data, place = children.pictures(folder / "data"), folder / "whole" / "place"
        count = folder / "calls"
        never = failing_at(place, 1 << 30, 0, count)
        code, err = children.mien(folder / "whole", *kills.words(place, data), before=never)
        assert code == 0, err
        reference.append((place / "runs" / "00000-run", int(count.read_text())))
    return reference[0]


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    whole, calls = prepare_reference(folder.parent)
    data, place = folder.parent / "data", folder / "place"
    if index % 20 == 19:
        return small_disk(draws, folder, data)
    if index % 20 == 9:
        return no_large_files(draws, folder, data)
    call, number = index * 7 % calls + 1, ERRORS[index % len(ERRORS)]
    code, err = children.mien(folder / "first", *kills.words(place, data), before=failing_at(place, call, number))
    what = f"{errno.errorcode[number]} from call {call} of {calls}"
    return wrong_end(code, err, what, place) or goes_on(folder, place, data, whole, what)


def wrong_end(code: int, err: str, what: str, place: Path) -> str | None:
    if code != 74 or not harness.is_one_line(err):
        return f"{what}: exit {code}: {err[-400:]}"
    for folder in checkpoints(place / "runs" / "00000-run" / "checkpoints"):
        load_checkpoint(folder)  # raises where it is not whole
    return None


def goes_on(folder: Path, place: Path, data: Path, whole: Path, what: str) -> str | None:
    run = place / "runs" / "00000-run"
    if not (run / "recipe.json").exists():
        shutil.rmtree(run, ignore_errors=True)  # as mien resume says
        code, err = children.mien(
            folder / "second", *kills.words(place, data), before=lambda: kills.before_call(place, lambda _: None)
        )
    else:
        code, err = children.mien(folder / "second", "resume", str(run))
    if code != 0:
        return f"{what}: goes on with {code}: {err[-300:]}"
    wrong = children.differences(whole, run)
    return f"{what}: {wrong}" if wrong else None


def small_disk(draws: random.Random, folder: Path, data: Path) -> str | None:
    """A file system of some hundred KiB, which a training fills."""
    size, place = draws.randrange(64, 1500, 4), folder / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)], capture_output=True
    ).returncode:
        return None  # only root may mount
    try:
        words = kills.words(place, data)
        words[words.index("--budget") + 1] = "100kimg"
        code, err = children.mien(folder / "first", *words, before=keep_all)
        return wrong_end(code, err, f"a disk of {size} KiB", place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def keep_all() -> None:
    from mien.trainer import run_writer

    prune, trainer.CHECKPOINT_COST = run_writer.prune, 0
    run_writer.prune = lambda folder, keep, ladder=0: prune(folder, 1000)


def no_large_files(draws: random.Random, folder: Path, data: Path) -> str | None:
    """A limit on the size of files: the write ends with EFBIG if the signal is ignored, as in Python."""
    most, place = draws.randrange(500, 30_000), folder / "place"

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        keep_all()

    code, err = children.mien(folder / "first", *kills.words(place, data), before=limited)
    if len(err.encode()) >= most:  # its own standard error met the limit: only the code can tell
        return None if code == 74 else f"files of {most} bytes at most: exit {code}"
    if code == 0 and max(path.stat().st_size for path in place.rglob("*") if path.is_file()) <= most:
        return None  # no file was as large
    return wrong_end(code, err, f"files of {most} bytes at most", place)


if __name__ == "__main__":
    harness.main("disks", case, default_count=400, quick_count=10)
