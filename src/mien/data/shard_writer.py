"""Copy a prepared set into shards, in a folder or in a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from mien.data import arrays
from mien.data.prepared import PreparedSet, own_sum
from mien.data.shards import BESIDE, Source, shard_name
from mien.errors import FileError, UsageError

SHARD_BYTES = 1 << 25  # of images in a shard


def write_shards(ready: PreparedSet, target: str, shard_bytes: int = SHARD_BYTES) -> Iterator[int]:
    """Copy a prepared set to `target`, a folder or URL, in shards. Yield the number of images written so far.

    dataset.json comes last, so a set that was cut off is none. Raises UsageError for a set with sources, FileError for
    a target that holds a set or cannot be written.
    """
    folder, info, images = ready.path, ready.info, ready.images
    if info["sources_shape"]:
        raise UsageError(f"--shards: {info['source']} has sources (pairs or two sets), which are not read from shards")
    source = Source(target)
    if source.exists("dataset.json"):
        raise FileError(f"--shards {target} holds a set already: name a new folder")
    rows = max(1, shard_bytes // int(np.prod(images.shape[1:])))
    sums = {name: arrays.sums(folder / name) for name in BESIDE if (folder / name).is_file()}
    for name in sums:
        source.write(name, (folder / name).read_bytes())
    for number, start in enumerate(range(0, len(images), rows)):
        part = np.ascontiguousarray(images[start : start + rows])
        data = arrays.header(np.uint8, part.shape) + part.tobytes()
        name = shard_name(number)
        sums[name] = arrays.sums_of_bytes(data)
        source.write(name, data)
        yield start + len(part)
    told = {key: value for key, value in info.items() if key != "own_sum"}
    told |= {"sums": sums, "shards": {"rows": rows}}
    told["own_sum"] = own_sum(told)
    source.write("dataset.json", json.dumps(told, indent=1, ensure_ascii=False).encode())
