"""Hostile zips, tars and compressed tars: mien reads each correctly or refuses it in one line, within five seconds.

    python benchmarks/reliability/archives.py [--count 1000] [--seed 0] [--quick]

Correctly means for a zip: the content is what was put in, by its checksums. For a tar it means: the content is what
Python's `tarfile` reads, if that reads all of it.
"""

from __future__ import annotations

import io
import random
import signal
import tarfile
import time
import zipfile
from pathlib import Path

import harness
from PIL import Image

from mien.data.files import Files, open_files
from mien.data.names import clean
from mien.errors import MienError

MOST_SECONDS = 5.0
ZIPS, TARS = ("stored", "deflated", "bzip2", "lzma"), ("ustar", "gnu", "pax", "gz", "xz", "bz2")
_METHODS = dict(zip(ZIPS, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
_FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT}
_FIELDS = {  # of a zip: signature -> (offset, bytes) of each number that may lie
    b"PK\1\2": (
        (6, 2),
        (8, 2),
        (10, 2),
        (16, 4),
        (20, 4),
        (24, 4),
        (28, 2),
        (30, 2),
        (32, 2),
        (34, 2),
        (38, 4),
        (42, 4),
    ),
    b"PK\3\4": ((6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\5\6": ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
_OCTAL = ((100, 8), (124, 12), (136, 12), (148, 8))  # mode, size, time, checksum of a tar's header


def contents(draw: random.Random, longest: int) -> dict[str, bytes]:
    """Returns name -> file: small images, one in a deep folder, one with a long name."""
    names = ["a.png", "sub/b.png", "c" * draw.choice((5, 90, longest)) + ".png", "sub\\ü.png", "./e.png", "notes.txt"]
    files = {}
    for name in draw.sample(names, draw.randrange(2, len(names) + 1)):
        buffer = io.BytesIO()
        Image.frombytes("RGB", (12, 12), draw.randbytes(12 * 12 * 3)).save(buffer, "PNG")
        files[name] = buffer.getvalue()
    return files


def packed(kind: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    if kind in ZIPS:
        with zipfile.ZipFile(buffer, "w", _METHODS[kind]) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return buffer.getvalue()
    mode = f"w:{kind}" if kind in ("gz", "xz", "bz2") else "w"
    with tarfile.open(fileobj=buffer, mode=mode, format=_FORMATS.get(kind, tarfile.PAX_FORMAT)) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1.5 if kind == "pax" else 1
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def lie_in_zip(data: bytearray, draw: random.Random) -> None:
    signature = draw.choice(list(_FIELDS))
    places = [at for at in range(len(data) - 46) if data[at : at + 4] == signature] or [data.rfind(signature)]
    offset, width = draw.choice(_FIELDS[signature])
    at = draw.choice(places) + offset
    now = int.from_bytes(data[at : at + width], "little")
    most = (1 << 8 * width) - 1
    value = draw.choice(
        (0, 1, most, most - 1, most // 2 + 1, now + 1, max(now - 1, 0), draw.randrange(most), now ^ 0x800)
    )
    data[at : at + width] = (value & most).to_bytes(width, "little")


def lie_in_tar(data: bytearray, draw: random.Random) -> None:
    """Changes a header and, most times, corrects its checksum."""
    heads = [at for at in range(0, len(data) - 511, 512) if data[at + 257 : at + 262] == b"ustar"] or [0]
    at = draw.choice(heads)
    offset, width = draw.choice(_OCTAL)
    field = draw.choice(
        (b"\xff" * 12, b"\x80" + b"\xff" * 11, b"\x80" + b"\0" * 11, b"77777777777\0", b"-0000001", b"0o17", b"")
    )
    if draw.random() < 0.3:
        data[at + 156] = draw.choice(b"0123456789LKxgSVMDX\0\xff")
    elif draw.random() < 0.3:
        data[at : at + 10] = draw.choice(
            (b"../../../x", b"/etc/x\0\0\0\0", b"C:\\x\0\0\0\0\0\0", b"\0" * 10, b"a\\..\\..\\b\0")
        )
    else:
        data[at + offset : at + offset + width] = field[:width].ljust(width, b"\0")
    if draw.random() < 0.85:
        data[at + 148 : at + 156] = b" " * 8
        data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


def harm(data: bytearray, draw: random.Random) -> bytearray:
    """Damages any kind of file."""
    kind = draw.choice(("bytes", "cut", "gap", "again", "zeros", "front", "behind"))
    at = draw.randrange(max(len(data), 1))
    if kind == "cut":
        return data[:at]
    if kind == "gap":
        del data[at : at + draw.choice((1, 46, 512))]
    elif kind == "again":
        data[at:at] = data[at : at + draw.choice((46, 512, 2000))]
    elif kind == "zeros":
        data[at : at + 100] = b"\0" * len(data[at : at + 100])
    elif kind == "front":
        data[0:0] = bytes(draw.randrange(256) for _ in range(draw.choice((1, 512))))
    elif kind == "behind":
        data += draw.choice((b"PK\5\6" * 50, b"\0" * 5000, bytes(data)))
    else:
        for _ in range(draw.choice((1, 5, 50))):
            data[draw.randrange(len(data))] = draw.randrange(256)
    return data


def hostile(index: int, draw: random.Random) -> tuple[str, bytes, dict[str, bytes]]:
    """Returns (kind, archive, what was put in) of one attempt; the kinds take turns."""
    kind = (*ZIPS, *TARS)[index % (len(ZIPS) + len(TARS))]
    files = contents(draw, 95 if kind == "ustar" else 200)
    stream = kind in ("gz", "xz", "bz2")
    data = bytearray(packed("gnu" if stream else kind, files))
    for _ in range(draw.choice((0, 1, 1, 2, 4))):
        (lie_in_zip if kind in ZIPS else lie_in_tar)(data, draw)
    if draw.random() < 0.5 and data:
        data = harm(data, draw)
    if stream:
        import bz2
        import gzip
        import lzma

        data = bytearray({"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}[kind](bytes(data)))
        data = harm(data, draw) if draw.random() < 0.3 else data
    return kind, bytes(data), files


def wrongly(kind: str, path: Path, found: Files, files: dict[str, bytes]) -> str | None:
    """Returns the content that mien read but that is not there."""
    read = {}
    for name in found.members:
        try:
            read[name] = found.read(name)
        except (OSError, ValueError):
            continue  # listed as skipped
    if kind in ZIPS:
        strange = [name for name, data in read.items() if data and data not in files.values()]
        return f"{strange[0]!r} is none of the files put in" if strange else None
    try:
        with tarfile.open(path) as archive:
            theirs = {clean(one.name): _theirs(archive, one) for one in archive if one.isreg() and one.name}
    except (tarfile.TarError, OSError, EOFError, ValueError, MemoryError):
        return None
    other = [name for name in read if name in theirs and theirs[name] not in (read[name], None)]
    # A damaged header may give one picture two names: what counts is that its bytes are read.
    known = set(read.values())
    missing = [
        name for name, data in theirs.items()
        if name not in found.members and not name.startswith(".") and data not in known
    ]  # fmt: skip
    return f"{(other + missing)[0]!r} is not what tarfile reads" if other + missing else None


def _theirs(archive: tarfile.TarFile, one: tarfile.TarInfo) -> bytes | None:
    stream = archive.extractfile(one)
    return stream.read() if stream else None


def case(index: int, draw: random.Random, folder: Path) -> str | None:
    """Passes one archive through the reader and through `mien data prepare`."""
    kind, data, files = hostile(index, draw)
    path = folder / f"set.{'zip' if kind in ZIPS else 'tar'}"
    path.write_bytes(data)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(60)  # a loop without end fails this attempt alone
    try:
        start = time.monotonic()
        try:
            found = open_files(path)
        except MienError:
            found = None
        taken = time.monotonic() - start
        code, _, err = harness.in_process(
            "data", "prepare", str(path), "--resolution", "8", "--output", str(folder / "out")
        )
    finally:
        signal.alarm(0)
    if taken > MOST_SECONDS:
        return f"{kind}: took {taken:.1f} s"
    if code not in (0, 65, 74) or (code and not harness.is_one_line(err)):
        return f"{kind}: exit {code}: {err[-300:]}"
    if code and (folder / "out").exists():
        return f"{kind}: refused, and yet something was written"
    if found is None and code == 0:
        return f"{kind}: refused by the reader and accepted by prepare"
    return wrongly(kind, path, found, files) if found else None


def _too_long(*_: object) -> None:
    raise TimeoutError("over 60 s")


if __name__ == "__main__":
    harness.main("archives", case, default_count=1000, quick_count=40)
