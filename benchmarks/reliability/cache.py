"""The cache: prepared sets that are cut, changed, incomplete or foreign, and several processes at once.

Each time the set must have the right pixels, in a cache without temporary files. A damaged set that the user named
must be refused in one line.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import children
import harness

from mien.data import prepared
from mien.data.prepare import prepare

DATA = "drawn-unpaired:40@24"  # pictures, labels, sources and labels of those
Damage = Callable[[Path, random.Random], str]
expected: list[dict[str, bytes]] = []


def flipped(place: Path, draws: random.Random) -> str:
    path = draws.choice(sorted(path for path in place.iterdir() if path.is_file()))
    data = bytearray(path.read_bytes())
    where = draws.randrange(len(data))
    data[where] ^= 1 << draws.randrange(8)
    path.write_bytes(data)
    return f"bit of byte {where} of {path.name} flipped"


def cut(place: Path, draws: random.Random) -> str:
    path = draws.choice(sorted(path for path in place.iterdir() if path.is_file()))
    length = draws.randrange(path.stat().st_size)
    os.truncate(path, length)
    return f"{path.name} cut to {length} bytes"


def lengthened(place: Path, draws: random.Random) -> str:
    path = draws.choice(sorted(path for path in place.iterdir() if path.is_file()))
    with path.open("ab") as file:
        file.write(draws.randbytes(draws.randrange(1, 5000)))
    return f"{path.name} lengthened"


def missing(place: Path, draws: random.Random) -> str:
    path = draws.choice(sorted(path for path in place.iterdir() if path.is_file()))
    path.unlink()
    return f"{path.name} missing"


def foreign(place: Path, draws: random.Random) -> str:
    """Returns another file of the same kind: from another set, or with other content."""
    path = draws.choice(sorted(path for path in place.iterdir() if path.is_file()))
    other = draws.choice(["folder", "empty", "array", "json"])
    path.unlink()
    if other == "folder":
        path.mkdir()
    elif other == "array":
        import numpy as np

        np.save(path.with_suffix(".npy"), np.zeros((3, 3)))
    else:
        path.write_text("" if other == "empty" else json.dumps({"format": "mien prepared set", "version": 1}))
    return f"{path.name} replaced by {other}"


DAMAGES: tuple[Damage, ...] = (flipped, cut, lengthened, missing, foreign)


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def case(index: int, draws: random.Random, folder: Path) -> str | None:
    if not expected:
        expected.append(contents(prepare(DATA, 24, 24, cache=folder.parent / "whole", workers=1).path))
    os.environ["MIEN_CACHE"] = str(folder / "cache")
    if index % 8 == 6:
        return named(draws, folder)
    if index % 8 == 7:
        return at_once(draws, folder)
    place = prepare(DATA, 24, 24, workers=1).path
    what = DAMAGES[index % len(DAMAGES)](place, draws)
    prepared.checked.clear()  # as in a new process
    code, _, err = harness.in_process("data", "prepare", DATA, "--resolution", "24")
    return f"{what}: exit {code}: {err[-300:]}" if code else as_it_should_be(place, what)


def as_it_should_be(place: Path, what: str) -> str | None:
    found = contents(place)
    if wrong := [name for name in expected[0].keys() | found.keys() if expected[0].get(name) != found.get(name)]:
        return f"{what}: {wrong} are wrong"
    left = [path.name for path in place.parent.iterdir() if path != place]
    return f"{what}: left behind: {left}" if left else None


def named(draws: random.Random, folder: Path) -> str | None:
    """A set that the user named has no source images to be prepared from again."""
    place = prepare(DATA, 24, 24, output=folder / "set", workers=1).path
    what = DAMAGES[draws.randrange(len(DAMAGES))](place, draws)
    prepared.checked.clear()
    words = [
        "train",
        "dcgan",
        "--data",
        str(place),
        "--outdir",
        str(folder / "runs"),
        "--resolution",
        "24",
        "--dry-run",
    ]
    code, _, err = harness.in_process(*words)
    if code not in (2, 65, 74) or not harness.is_one_line(err):
        return f"a named set, {what}: exit {code}: {err[-300:]}"
    return None


def at_once(draws: random.Random, folder: Path) -> str | None:
    """Three processes prepare the same set, some of them anew, and one may be killed. Then one more process starts."""
    rebuild = [draws.random() < 0.3 for _ in range(3)]
    words = ["data", "prepare", DATA, "--resolution", "24"]
    many = [
        children.start(folder / f"p{at}", *words, before=anew if again else None) for at, again in enumerate(rebuild)
    ]
    time.sleep(draws.uniform(0, 0.6))
    killed = draws.random() < 0.5
    if killed:
        many[0].send(signal.SIGKILL)
    for at, child in enumerate(many):
        code = child.wait(120)
        if code != 0 and not (killed and at == 0 and code == -signal.SIGKILL):
            return f"process {at} of three at once ({rebuild}): exit {code}: {child.err()[-300:]}"
    code, err = children.mien(folder / "last", *words)
    places = [path for path in (folder / "cache" / "prepared").iterdir() if not path.name.startswith(".")]
    if code or len(places) != 1:
        return f"after three at once: exit {code}: {err[-300:]} {places}"
    wrong = as_it_should_be(places[0], f"three at once, {'one killed' if killed else rebuild}")
    shutil.rmtree(folder, ignore_errors=True)
    return wrong


def anew() -> None:
    assert prepare.__kwdefaults__
    prepare.__kwdefaults__["rebuild"] = True


if __name__ == "__main__":
    harness.main("cache", case, default_count=400, quick_count=16)
