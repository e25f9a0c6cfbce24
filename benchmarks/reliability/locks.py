"""One run, one trainer: several processes at once, holders that were killed, invalid lock files.

A process without the lock must end with one line (75, or 74 if the lock file cannot be opened). The process with the
lock must train.
"""

from __future__ import annotations

import os
import random as randoms
import shutil
import signal
from pathlib import Path

import forged
import harness
import victims

RESUME = ("resume", "run", "--budget", "+8img", "--device", "cpu")
KINDS = ("held", "killed", "race", "junk", "replaced", "after a mistake", "readers")


def case(index: int, random: randoms.Random, folder: Path) -> str | None:
    home = folder.parent / "victims"
    if home not in forged.made:
        forged.made[home] = victims.make(home)
    run = Path(shutil.copytree(forged.made[home].run, folder / "run"))
    kind = KINDS[index % len(KINDS)]
    if kind == "race":
        return race(run, random.randint(2, 12))
    if kind == "junk":
        (run / ".lock").write_bytes(random.randbytes(random.randint(0, 200)))
        return ended(folder, 0)
    if kind == "replaced":
        what = random.choice(victims.REPLACEMENTS)
        (run / ".lock").touch()
        victims.replaced(run / ".lock", what)
        return ended(folder, 0 if what in ("nothing", "sparse") else 74)
    if kind == "after a mistake":
        wrong, code, _ = victims.tried("resume", "run", "--budget", "many", "--device", "cpu", cwd=folder)
        return wrong or (f"a mistake ended with {code}" if code != 2 else ended(folder, 0))
    child = holder(run)
    try:
        if kind == "held":
            return ended(folder, 75)
        if kind == "readers":
            lines = [["report", "run"], ["generate", "run", "--seeds", "0"], ["evaluate", "run", *forged.SHARP]]
            return forged.verbs(folder, lines) or running(run)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        child = 0
        return ended(folder, 0)
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def ended(folder: Path, wanted: int) -> str | None:
    wrong, code, err = victims.tried(*RESUME, cwd=folder)
    return wrong or (None if code == wanted else f"{code}, not {wanted}: {err[-300:]}")


def running(run: Path) -> str | None:
    from mien.runs.directory import RunDirectory

    return None if RunDirectory(run).is_held() else "the readers took the lock away"


def holder(run: Path) -> int:
    """Starts a process that holds the lock until it is killed. Returns its number once it has the lock."""
    from mien.runs.directory import RunDirectory

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        held = RunDirectory(run)
        held.lock()
        os.write(writer, b"x")
        signal.pause()
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    return child


def race(run: Path, count: int) -> str | None:
    """This many processes request one lock at the same moment: exactly one gets it."""
    from mien.errors import RunLockedError
    from mien.runs.directory import RunDirectory

    ready, go = os.pipe()
    asked, children = os.pipe(), []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(ready, 1)  # until the parent closes it
            mine = RunDirectory(run)
            try:
                mine.lock()
                os.write(asked[1], b"1")
            except RunLockedError:
                os.write(asked[1], b"0")
            except BaseException:
                os.write(asked[1], b"?")
            signal.pause()
        children.append(child)
    os.close(go)
    try:
        answers = b"".join(os.read(asked[0], 1) for _ in range(count))
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        for end in (ready, *asked):
            os.close(end)
    return None if answers.count(b"1") == 1 and b"?" not in answers else f"{count} processes were told {answers!r}"


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    harness.main("locks", case, default_count=70, quick_count=7)
