"""Prints a sha256 of all tensors of each recipe after 40 rounds: G, D, moving averages, optimizers.

    python benchmarks/fingerprints.py > before.txt
    (change the code)
    python benchmarks/fingerprints.py | diff before.txt -

Run it on one machine, because other CPUs round differently. Networks are as small as their recipes allow.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "reliability"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import children
import resume
from safetensors import safe_open

from mien import recipes

ROUNDS = 40


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MIEN_CACHE"] = f"{folder}/cache"
        for name in resume.names():
            print(f"{name:20}{fingerprint(name, Path(folder))}", flush=True)


def fingerprint(name: str, folder: Path) -> str:
    per_round = 8 * recipes.find(name).updates_per_round
    words = resume.words_of(name, folder, folder / name, ROUNDS * per_round)
    code, err = children.mien(folder / f"{name}-output", *words)
    if code:
        raise SystemExit(f"{name}: exit {code}: {err[-400:]}")
    newest = sorted((folder / name / "00000-run" / "checkpoints").glob("kimg-*"))[-1]
    total = hashlib.sha256()
    for path in sorted(newest.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for key in sorted(file.keys()):
                total.update(f"{path.name} {key}".encode())
                total.update(file.get_tensor(key).contiguous().numpy().tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    main()
