"""Prints how long mien takes to list a zip of millions of entries, which this script writes by hand.

    python benchmarks/entries.py --count 5000000 --folder /dev/shm

Every entry is the same small image, stored: 185 bytes per entry, 925 MB in all for five million.
"""

from __future__ import annotations

import argparse
import io
import resource
import struct
import tempfile
import time
import zlib
from pathlib import Path

from PIL import Image

from mien.data.layouts import detect

BLOCK = 100_000  # entries that are written at once
NAME_BYTES = 16


def name(index: int) -> bytes:
    """Returns the name of an entry: 1,000 images per folder."""
    return b"%05d/%06d.png" % (index // 1000, index % 1_000_000)


def write_zip(path: Path, count: int) -> None:
    """Writes the zip. count: up to 20 million, because offsets must stay below 4 GiB here."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 99, 9)).save(buffer, "PNG")
    data = buffer.getvalue()
    facts = struct.pack("<IIIHH", zlib.crc32(data), len(data), len(data), NAME_BYTES, 0)
    local = struct.pack("<4sHHHHH", b"PK\3\4", 20, 0, 0, 0, 33) + facts
    central = struct.pack("<4sHHHHHH", b"PK\1\2", 20, 20, 0, 0, 0, 33) + facts + bytes(10)
    step = len(local) + NAME_BYTES + len(data)
    with path.open("wb") as file:
        for first in range(0, count, BLOCK):
            file.write(b"".join(local + name(i) + data for i in range(first, min(first + BLOCK, count))))
        begin = file.tell()
        for first in range(0, count, BLOCK):
            rows = range(first, min(first + BLOCK, count))
            file.write(b"".join(central + struct.pack("<I", i * step) + name(i) for i in rows))
        end = file.tell()
        file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, end - begin, begin))
        file.write(struct.pack("<4sIQI", b"PK\6\7", 0, end, 1))
        file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the zip is written; deleted afterwards")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder, "pictures.zip")
        write_zip(path, args.count)
        wall, cpu = time.monotonic(), time.process_time()
        found = detect(path)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(found):,} pictures, {found.kind}: {wall:.1f} s, {cpu:.1f} s of the processor, {peak:.2f} GB at most")


if __name__ == "__main__":
    main()
