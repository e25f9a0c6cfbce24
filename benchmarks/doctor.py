"""Provokes each trouble on purpose, and prints what the doctor says: the confusion matrix, delays and remedies.

    python benchmarks/doctor.py                              # every kind, one seed
    python benchmarks/doctor.py --only flat-images --seeds 0-2
    python benchmarks/doctor.py --table results.jsonl        # the table of runs that were made before

Each run is a tiny training at 16 px. A run counts as detected if the expected diagnosis began at any time, and as a
false alarm if any other one did. `healthy` expects none. Results are one JSON line a run, so a second call goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import mien
from mien.errors import DivergenceError
from mien.inference.seeds import parse_seeds
from mien.reports.doctor.case import case_of
from mien.reports.doctor.examination import Examination, examine
from mien.reports.run_data import read_run

HEALTHY = "healthy"
TINY = ("generator.width=8", "discriminator.width=8")
WIDE = ("generator.width=32", "generator.group_width=8", "discriminator.width=32", "discriminator.group_width=8")
SNGAN = ("generator.width=8", "discriminator.width=8", "discriminator.updates=2")

ANY = ("rate-too-high", "d-has-won", "d-underfits", "flat-images", "checkerboards", "mode-collapse")


@dataclass(frozen=True)
class Provocation:
    """kind: the diagnosis that is expected. settings: of --set. allowed: other diagnoses that may follow from it."""

    kind: str
    recipe: str
    settings: tuple[str, ...] = TINY
    allowed: tuple[str, ...] = ()
    kimg: float = 60.0

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.recipe}/{PROVOCATIONS.index(self)}"


PROVOCATIONS = (
    *(Provocation(HEALTHY, recipe) for recipe in ("dcgan", "dcgan-laptop", "hinge", "lsgan", "hw6")),
    Provocation(HEALTHY, "r3gan-laptop", WIDE),
    Provocation(HEALTHY, "sngan", SNGAN),
    # G's last layer runs to the end of tanh.
    Provocation("flat-images", "dcgan", (*TINY, "generator.optimizer.lr=1.0"), ("d-has-won", "rate-too-high")),
    Provocation("flat-images", "hinge", (*TINY, "generator.optimizer.lr=1.0"), ("d-has-won", "rate-too-high")),
    Provocation("flat-images", "hw6", (*TINY, "generator.optimizer.lr=1.0"), ("d-has-won", "rate-too-high")),
    # G finds the one image that today's D likes best.
    Provocation("mode-collapse", "dcgan", (*TINY, "generator.updates=10", "generator.optimizer.lr=2e-3"), ANY),
    Provocation("mode-collapse", "lsgan", (*TINY, "generator.updates=10", "generator.optimizer.lr=2e-3"), ANY),
    # D makes many steps at a high rate, and G hardly moves.
    Provocation("d-has-won", "dcgan", (
        *TINY, "discriminator.updates=5", "discriminator.optimizer.lr=2e-3", "generator.optimizer.lr=1e-6",
    ), ("flat-images", "mode-collapse")),
    Provocation("d-has-won", "hw6", (
        *TINY, "discriminator.updates=5", "discriminator.optimizer.lr=2e-3", "generator.optimizer.lr=1e-6",
    ), ("flat-images", "mode-collapse")),
    # D does not learn at all, or is held flat.
    Provocation("d-underfits", "dcgan", (*TINY, "discriminator.optimizer.lr=1e-9"), ("mode-collapse", "flat-images")),
    Provocation("d-underfits", "r3gan-laptop", (
        *WIDE, "discriminator.terms.r1.weight=100000", "discriminator.terms.r2.weight=100000",
    ), ("mode-collapse", "flat-images")),
    Provocation("rate-too-high", "dcgan", (*TINY, "rate_factor=50"), ("mode-collapse", "flat-images", "d-has-won")),
    Provocation("rate-too-high", "lsgan", (*TINY, "rate_factor=50"), ("mode-collapse", "flat-images", "d-has-won")),
    Provocation("not-finite", "lsgan", (*TINY, "rate_factor=1e15"), ANY),
)  # fmt: skip


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--only", default="", help="a part of the names: flat-images, dcgan, flat-images/dcgan")
    flags.add_argument("--seeds", default="0")
    flags.add_argument("--data", default="drawn:500")
    flags.add_argument("--kimg", type=float, help="length of each run, in place of its own")
    flags.add_argument("--table", type=Path, help="print the table of this file and train nothing")
    flags.add_argument("--output", type=Path, default=Path("doctor.jsonl"), help="one line a run")
    given = flags.parse_args()
    if given.table is None:
        provoke(given)
    print(table(read(given.table or given.output)))


def provoke(given: argparse.Namespace) -> None:
    """Train every run that has no line in the output yet."""
    done = {(row["name"], row["seed"], row["data"]) for row in read(given.output)}
    chosen = [one for one in PROVOCATIONS if given.only in one.name]
    for seed in parse_seeds(given.seeds):
        for one in chosen:
            if (one.name, seed, given.data) not in done:
                row = {**train(one, given.data, seed, given.kimg or one.kimg), "seed": seed, "data": given.data}
                print(f"{one.name} seed {seed}: {row['said'] or 'fine'} ({row['seconds']:.0f} s): {row['answer']}")
                with given.output.open("a") as file:
                    file.write(json.dumps(row) + "\n")


def train(one: Provocation, data: str, seed: int, kimg: float) -> dict[str, Any]:
    """Train one run in a temporary folder, and return what the doctor says of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        options = {"resolution": "16", "batch": 16, "tick": kimg / 40, "checkpoint_every": "1h"}
        with suppress(DivergenceError):  # for good, after three rollbacks
            mien.train(
                one.recipe, data=data, outdir=folder, budget=f"{kimg}kimg", seed=seed, set=one.settings, **options
            )
        run = read_run(mien.Run("last", outdir=folder).directory)
        found = examine(case_of(run))
    return {**summary(one, found), "kimg": run.images / 1000, "seconds": time.monotonic() - began}


def summary(one: Provocation, found: Examination) -> dict[str, Any]:
    episodes = sorted([*found.past, *found.active], key=lambda finding: finding.confirmed)
    said = list(dict.fromkeys(finding.name for finding in episodes))
    mine = next((finding for finding in episodes if finding.name == one.kind), None)
    return {
        "name": one.name,
        "kind": one.kind,
        "said": said,
        "wrong": [name for name in said if name != one.kind and name not in one.allowed],
        "delay": mine.confirmed - mine.onset if mine else None,
        "confirmed": mine.confirmed if mine else None,
        "answer": found.answer,
    }


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(rows: list[dict[str, Any]]) -> str:
    """The confusion matrix: a row for each provoked kind, a column for each diagnosis. A run may have several."""
    kinds = list(dict.fromkeys(one.kind for one in PROVOCATIONS))
    said = list(dict.fromkeys([*kinds[1:], *(name for row in rows for name in row["said"])]))
    lines = ["| provoked | runs | " + " | ".join(said) + " | none | detected | wrong | median delay, kimg |"]
    lines.append("|" + "---|" * (len(said) + 6))
    for kind in kinds:
        own = [row for row in rows if row["kind"] == kind]
        count = Counter(name for row in own for name in row["said"])
        none = sum(not row["said"] for row in own)
        hit = none if kind == HEALTHY else count[kind]
        delays = [row["delay"] for row in own if row["delay"] is not None]
        cells = [kind, len(own), *(count[name] or "" for name in said), none or "", f"{hit} of {len(own)}"]
        cells += [sum(bool(row["wrong"]) for row in own), f"{median(delays):.3g}" if delays else ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
