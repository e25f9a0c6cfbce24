"""Processes that are forked from one that has imported torch and computed nothing. To start one takes no seconds.

The test's own process cannot be forked: once it has trained, a child of it cannot train.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import TimeoutExpired

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["torch._dynamo", "mien.commands.resume", "mien.commands.train", "mien.trainer.launch"])


class Program:
    """A program that runs: `subprocess.Popen`, as far as tests use it. Both streams go into files of `folder`."""

    def __init__(self, folder: Path, words: Sequence[str]):
        folder.mkdir(parents=True, exist_ok=True)
        self.streams = folder / "out.txt", folder / "err.txt"
        for stream in self.streams:
            stream.touch()
        given = [str(word) for word in words]
        self.process = SERVER.Process(target=carry_out, args=(given, self.streams, dict(os.environ), Path.cwd()))
        self.process.start()

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.process.pid, number)  # type: ignore[arg-type]

    def kill(self) -> None:
        self.process.kill()

    def communicate(self, timeout: float = 60) -> tuple[str, str]:
        """-> (standard output, standard error), once it has ended. Kills what has not ended in time."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            self.kill()
            self.process.join()
            raise TimeoutExpired(str(self.process), timeout, *self.said())
        return self.said()

    def said(self) -> tuple[str, str]:
        out, err = (stream.read_text(encoding="utf-8", errors="replace") for stream in self.streams)
        return out, err


def carry_out(words: Sequence[str], streams: Sequence[Path], environment: dict[str, str], place: Path) -> None:
    """In the child: `mien WORDS`, or `script.py WORDS`."""
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_APPEND), number)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False, encoding="utf-8") for number in (1, 2))  # noqa: SIM115
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # under nohup it would be ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(place)
    sys.argv = list(words)
    if words[0].endswith(".py"):
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name="__main__")
    else:
        from mien import cli

        sys.argv = ["mien", *words]
        cli.main()
