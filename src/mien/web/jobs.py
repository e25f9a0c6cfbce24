"""Jobs: verbs of mien in processes of their own, as the command line runs them. A training outlives the studio."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mien.errors import UsageError
from mien.web.shelf import NotFound

MOST = 100  # jobs that are remembered
AT_ONCE = 4  # jobs that run
TAIL = 20_000  # characters of output that a page gets
RUN = re.compile(r"^run +(.+)$", re.MULTILINE)  # the line with which a training names its folder


@dataclass
class Job:
    """words: of the command line, without "mien". folder: holds its output. files: what it writes, by name."""

    words: list[str]
    folder: Path
    process: subprocess.Popen[bytes]
    files: dict[str, Path] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def command(self) -> str:
        return shlex.join(["mien", *(word for word in self.words if word != "--json")])

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON: "running", "done" or "failed", the lines so far, the result, the run it trains."""
        code = self.process.poll()
        lines, result = self.read("stderr"), None
        if code == 0:
            try:
                result = msgspec.json.decode(self.read("stdout"))
            except msgspec.DecodeError:
                result = None
        found = RUN.search(lines)
        return {
            "state": "running" if code is None else "done" if code == 0 else "failed",
            "command": self.command,
            "lines": lines[-TAIL:],
            "result": result,
            "run": Path(found[1].strip()).name if found and self.words[0] == "train" else None,
            "seconds": round(time.monotonic() - self.began, 1),
        }

    def read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


class Jobs:
    """The jobs of this studio, the newest last."""

    def __init__(self) -> None:
        self.known: OrderedDict[str, Job] = OrderedDict()

    def start(self, words: list[str], files: tuple[str, ...] = ()) -> str:
        """Start `mien WORDS` and return the job's id. A word "@name" becomes the path of a file that the job writes."""
        if sum(job.process.poll() is None for job in self.known.values() if job.words[0] != "train") >= AT_ONCE:
            raise UsageError(f"{AT_ONCE} jobs run already: wait for one to end")
        folder = Path(tempfile.mkdtemp(prefix="mien-studio-"))
        paths = {name: folder / name for name in files}
        words = [str(paths.get(word[1:], word)) if word.startswith("@") else word for word in words]
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "mien", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,  # a Ctrl-C for the studio is none for a training
                env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
            )  # fmt: skip
        name = secrets.token_hex(6)
        self.known[name] = Job(words, folder, process, paths)
        while len(self.known) > MOST:
            self.known.popitem(last=False)
        return name

    def job(self, name: str) -> Job:
        """Return a job by its id. Raises NotFound."""
        if name not in self.known:
            raise NotFound(f"there is no job {name[:40]!r}: the studio was started again since")
        return self.known[name]
