"""Trains on a prepared set of millions of images and on a small one, in turns: start, memory, images a second.

    python benchmarks/large_set.py                    # 5,000,000 images of 32 px, 15 GB
    python benchmarks/large_set.py --images 200000 --random
    python benchmarks/large_set.py --images 200000 --random --shards 1000000     # streamed, in shards of a megabyte

Both sets are sparse files: they take no room on the disk, and the system reads them as zeros through its cache as it
reads any file. `--random` writes real bytes, which need the room. Each side is a process of its own that trains a tiny
DCGAN. The blocks alternate, and the result is the median of the paired ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mien import __version__
from mien.data import arrays
from mien.data.decode import FILTER
from mien.data.prepared import FORMAT, FORMAT_VERSION, open_prepared, own_sum
from mien.data.shard_writer import write_shards

SIDE, SMALL, BATCH = 32, 5_000, 64


def write(folder: Path, count: int, random: bool) -> None:
    """Writes a prepared set of zeros (a sparse file) or of random bytes."""
    folder.mkdir(parents=True)
    shape = (count, SIDE, SIDE, 3)
    arrays.create(folder / "images.npy", np.uint8, shape)
    if random:
        draws = np.random.default_rng(0)
        parts = (
            draws.integers(0, 256, (len(rows), *shape[1:]), np.uint8)
            for rows in np.array_split(np.arange(count), -(-count // 4096))
        )
        arrays.write(folder / "images.npy", np.uint8, shape, parts)
    info = {
        "format": FORMAT, "version": FORMAT_VERSION, "mien": __version__, "key": "", "source": str(folder),
        "layout": "flat folder", "notes": [], "other_readings": [], "count": count, "height": SIDE, "width": SIDE,
        "shape": list(shape), "sources_shape": None, "crop": "centre", "filter": FILTER, "label_names": [],
        "label_counts": [], "unlabelled": 0, "captions": False, "sha256": f"{count:064x}",
        "sums": {"images.npy": arrays.sums(folder / "images.npy")}, "skipped_count": 0, "skipped": [],
    }  # fmt: skip
    info["own_sum"] = own_sum(info)
    (folder / "dataset.json").write_text(json.dumps(info))


def serve(folder: str) -> None:
    """In a process of its own: starts as `mien train` does, then trains a block for each line that it reads."""
    import torch

    from mien import recipes
    from mien.config.budget import parse_budget
    from mien.data.prepare import prepare
    from mien.trainer.config import TrainConfig
    from mien.trainer.rounds import rounds
    from mien.trainer.setup import set_up

    torch.set_num_threads(1)
    begun, spent = time.perf_counter(), time.process_time()
    data = prepare(folder, SIDE, SIDE)
    recipe = (
        recipes.find("dcgan")
        .replace(resolution=(SIDE, SIDE), batch_size=BATCH)
        .override(("generator.width=8", "discriminator.width=8"))
    )
    setup = set_up(TrainConfig(data=folder), recipe, data, torch.device("cpu"), parse_budget("1000000kimg", len(data)))
    stream = rounds(setup)
    setup.training.images = next(stream).images
    report(
        start=time.perf_counter() - begun,
        start_cpu=time.process_time() - spent,
        reads=type(setup.batches.pixels).__name__,
        **resident(),
    )
    for line in sys.stdin:
        count, begun, spent = int(line), time.perf_counter(), time.process_time()
        for _ in range(count):
            next(stream)
        report(seconds=time.perf_counter() - begun, cpu=time.process_time() - spent, **resident())


def resident() -> dict[str, float]:
    """Returns the resident megabytes: the process's own, and pages of files that it maps."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(lines[key].split()[0]) / 1024 for name, key in (("own_mb", "RssAnon"), ("mapped_mb", "RssFile"))}


def report(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


class Side:
    def __init__(self, data: str):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin and self.process.stdout
        self.ready = json.loads(self.process.stdout.readline())

    def block(self, rounds: int) -> dict[str, float]:
        self.process.stdin.write(f"{rounds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5_000_000)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--shards", type=int, help="bytes of a shard: the large set is streamed from a file:// URL")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument(
        "--folder", type=Path, help="where the sets are written; default: the system's temporary folder"
    )
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    place = Path(tempfile.mkdtemp(prefix="large-set-", dir=options.folder))
    os.environ["MIEN_CACHE"] = str(place / "cache")
    try:
        write(place / "small", SMALL, options.random)
        write(place / "large", options.images, options.random)
        large_set = str(place / "large")
        if options.shards:
            list(write_shards(open_prepared(large_set), str(place / "shards"), options.shards))
            large_set = f"file://{place / 'shards'}"
        small, large = Side(str(place / "small")), Side(large_set)
        for name, side in (("small", small), ("large", large)):
            ready = side.ready
            print(
                f"{name}: starts in {ready['start']:.1f} s ({ready['start_cpu']:.1f} s of CPU time), reads from "
                f"{ready['reads']}, resident {ready['own_mb']:.0f} MB and {ready['mapped_mb']:.0f} MB of files"
            )
        small.block(options.rounds), large.block(options.rounds)
        ratios, cpu, last = [], [], {}
        for _ in range(options.pairs):
            one, last = small.block(options.rounds), large.block(options.rounds)
            ratios.append(one["seconds"] / last["seconds"])
            cpu.append(one["cpu"] / last["cpu"])
        rate = BATCH * options.rounds / last["seconds"]
        print(
            f"large: {rate:,.0f} img/s, then resident {last['own_mb']:.0f} MB and {last['mapped_mb']:.0f} MB of files"
        )
        for name, found in (("wall time", ratios), ("CPU time", cpu)):
            extremes = f"{min(found):.3f} to {max(found):.3f}"
            print(f"images a second, large to small, by {name}: {statistics.median(found):.3f} ({extremes})")
        small.end(), large.end()
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
