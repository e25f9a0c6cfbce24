"""Hostile names in folders, zips and tars: `mien data check` and `prepare` take every file and print no control code.

python benchmarks/reliability/names.py [--count 500] [--seed 0] [--quick]
"""

from __future__ import annotations

import io
import json
import random
import tarfile
import zipfile
from pathlib import Path

import harness
from PIL import Image

from mien.runtime.printable import UNSAFE

_BYTES = (
    b"\x1b[31m",
    b"\x1b]0;owned\x07",
    b"\n",
    b"\r",
    b"\t",
    b"\x7f",
    b"\xc2\x9b2J",
    b"\xff",
    b"\xfc",
    b"\xf6",
    b"\x80",
)
_TEXTS = (
    "\u202e",
    "\u2028",
    "\ufeff",
    "e\u0301",
    "\xe9",
    "顔",
    "👩\u200d🎨",
    ":smile:",
    "[red]",
    "%s",
    "%41",
    "{}",
    "$HOME",
)
_PIECES: tuple[bytes, ...] = (
    *_BYTES,
    *(text.encode() for text in (*_TEXTS, *"=,;\"'-*.\\aB7", "  ", "--json", "~2")),
    *("顔表".encode("cp932"), "лицо".encode("cp866"), "größe".encode("latin-1")),
)
CLASSES = 2
LONGEST = 200  # bytes; the system takes 255


def hostile_name(draw: random.Random, used: set[bytes]) -> bytes:
    """Returns a name of one part that differs from all others here, also if case is ignored."""
    while True:
        name = b"xx" + b"".join(draw.choice(_PIECES) for _ in range(draw.choice((1, 2, 3, 8))))
        name = name[:LONGEST]
        if b"\\" in name and draw.random() < 0.5:
            name = name.replace(b"\\", b"")
        if name.lower() not in used and not _hides(name):
            used.add(name.lower())
            return name


def _hides(name: bytes) -> bool:
    """Returns whether mien skips a part as a hidden file: it begins with a dot."""
    return any(part.startswith(b".") for part in (name + b".png").split(b"\\"))


def pictures(draw: random.Random) -> dict[bytes, bytes]:
    """Returns name -> PNG: class folders with hostile names, or none."""
    used: set[bytes] = set()
    folders = [hostile_name(draw, used) + b"/" for _ in range(CLASSES)] if draw.random() < 0.5 else [b""]
    found = {}
    for folder in folders:
        for _ in range(draw.randrange(2, 5)):
            buffer = io.BytesIO()
            Image.frombytes("RGB", (9, 9), draw.randbytes(9 * 9 * 3)).save(buffer, "PNG")
            name = hostile_name(draw, used)
            name = (
                name.replace(b"\\", b"%d" % len(found)) if folder else name
            )  # a picture deeper than a class is a stray
            found[folder + name + b".png"] = buffer.getvalue()
    if draw.random() < 0.3:
        found[folders[0] + hostile_name(draw, used).replace(b"\\", b"") + b".png"] = b"no picture"
    return found


class RawInfo(zipfile.ZipInfo):
    """An entry whose name is written as these bytes."""

    raw: bytes
    flag: int

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits | self.flag


def write(kind: str, place: Path, found: dict[bytes, bytes], draw: random.Random) -> Path:
    """Writes the set as a folder, a zip or a tar. The tar's own name is hostile, too."""
    if kind == "folder":
        for name, data in found.items():
            path = bytes(place / "set") + b"/" + name
            Path(path.decode("utf-8", "surrogateescape")).parent.mkdir(parents=True, exist_ok=True)
            Path(path.decode("utf-8", "surrogateescape")).write_bytes(data)
        return place / "set"
    if kind == "zip":
        with zipfile.ZipFile(place / "set.zip", "w") as archive:
            for index, (name, data) in enumerate(found.items()):
                info = RawInfo(f"{index}")
                info.raw, info.flag = name, draw.choice((0, 0, 0x800))
                archive.writestr(info, data)
        return place / "set.zip"
    path = place / "set\x1b[2J\udcff.tar"
    format_ = draw.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(path, "w", format=format_, encoding="utf-8", errors="surrogateescape") as archive:
        for name, data in found.items():
            info = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def raw(text: str) -> str:
    """Returns the control codes in the printed text."""
    return "".join(found for found in UNSAFE.findall(text) if found not in "\n\t")


def case(index: int, draw: random.Random, folder: Path) -> str | None:
    """Passes one set through `mien data check` as text and as JSON, and through `mien data prepare`."""
    kind = ("folder", "zip", "tar")[index % 3]
    found = pictures(draw)
    path = write(kind, folder, found, draw)
    wrong = None
    for words in (["check"], ["check", "--json"], ["prepare", "--output", str(folder / "out")]):
        code, out, err = harness.in_process("data", words[0], str(path), "--resolution", "8", *words[1:], cwd=folder)
        if printed := raw(out + err):
            return f"{kind}: {words} printed {printed!r} raw"
        bad = b"no picture" in found.values()
        if code == 65 and bad and words[0] == "prepare":
            wrong = None if harness.is_one_line(err) else err[-300:]
        elif code:
            return f"{kind}: {words} exit {code}: {err[-300:]}"
        if words[-1] == "--json":
            facts = json.loads(out)
            if facts["pictures"] + facts["bad_count"] != len(found):
                return f"{kind}: {facts['pictures']} pictures and {facts['bad_count']} bad ones of {len(found)}"
            json.dumps([facts["bad"], facts["labels"], facts["duplicate_groups"]], ensure_ascii=False).encode()
    return wrong


if __name__ == "__main__":
    harness.main("names", case, default_count=500, quick_count=24)
