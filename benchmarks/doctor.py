"""Provokes each trouble on purpose, and prints what the doctor says: the confusion matrix, delays and remedies.

    python benchmarks/doctor.py --runs sick                              # every kind, one seed, built-in faces
    python benchmarks/doctor.py --runs sick --only flat-images --seeds 0-2
    python benchmarks/doctor.py --runs sick --data faces.zip --seeds 3   # the other half: other images and seeds
    python benchmarks/doctor.py --runs sick --again --seeds 3            # the table of runs that were made before
    python benchmarks/doctor.py --runs sick --remedies                   # the first remedy of each sick run, applied

Each run is a tiny training at 16 px. A run counts as detected if the expected diagnosis began at any time, and as a
false alarm if any other one of severity "trouble" or "watch" did that is not allowed. `healthy` expects none. Runs stay
in the folder, so a second call goes on, and a change of thresholds needs no new training.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

import mien
from mien.data.prepare import prepare
from mien.data.sampling import spread
from mien.errors import DivergenceError, MienError
from mien.inference.seeds import parse_seeds
from mien.reports.doctor.case import case_of
from mien.reports.doctor.diagnosis import Finding
from mien.reports.doctor.examination import examine
from mien.reports.run_data import read_run
from mien.runs.directory import RunDirectory

HEALTHY = "healthy"
SIDE = 16
TINY = ("generator.width=8", "discriminator.width=8")
SMALL_R3 = ("generator.width=16", "generator.group_width=8", "discriminator.width=16", "discriminator.group_width=8")
SNGAN = (*TINY, "discriminator.updates=2")
GP = (*TINY, "discriminator.updates=2")
FAST_G = ("generator.updates=10", "generator.optimizer.lr=2e-3")
STRONG_D = ("discriminator.updates=5", "discriminator.optimizer.lr=2e-3", "generator.optimizer.lr=1e-6")

ANY = ("rate-too-high", "d-has-won", "d-underfits", "flat-images", "mode-collapse", "g-ahead", "getting-worse")
FEW = ("d-memorizes", "copies", "getting-worse", "d-has-won", "mode-dropping")
Maker = Callable[[str, Path], dict[str, Any]]


@dataclass(frozen=True)
class Provocation:
    """kind: the expected diagnosis. settings: of --set. allowed: others that may follow. make: other data and flags."""

    kind: str
    recipe: str
    settings: tuple[str, ...] = TINY
    allowed: tuple[str, ...] = ()
    kimg: float = 32.0
    make: Maker | None = None
    batch: int = 16

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.recipe}-{PROVOCATIONS.index(self)}"


def few(count: int) -> Maker:
    """Return a maker of a set of `count` images, with 64 further ones that are held out."""

    def make(data: str, folder: Path) -> dict[str, Any]:
        return {"data": write_images(data, folder / f"few-{count}", count + 64), "hold_out": 64}

    return make


def one_image_label(data: str, folder: Path) -> dict[str, Any]:
    """Four labels; all images of the third one are the same image."""
    pixels = prepare(data, SIDE, SIDE).images
    chosen, place = pixels[spread(len(pixels), 400)], folder / "labels"
    for index, image in enumerate(chosen):
        file = place / f"label-{index % 4}" / f"{index:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(chosen[2] if index % 4 == 2 else image).save(file)
    return {"data": str(place), "cond": "class"}


def classes(data: str, folder: Path) -> dict[str, Any]:
    """Four labels without a meaning: a healthy conditional set."""
    pixels = prepare(data, SIDE, SIDE).images
    for index, image in enumerate(pixels[spread(len(pixels), 400)]):
        file = folder / "classes" / f"label-{index % 4}" / f"{index:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(image).save(file)
    return {"data": str(folder / "classes"), "cond": "class"}


def part_of_the_data(data: str, folder: Path) -> dict[str, Any]:
    """A generator that has learned the darker half alone, and stays as it is."""
    pixels = prepare(data, SIDE, SIDE).images
    dark = pixels[pixels.mean((1, 2, 3)).argsort()[: len(pixels) // 2]]
    place = folder / "dark"
    place.mkdir(parents=True)
    for index, image in enumerate(dark[spread(len(dark), 400)]):
        picture(image).save(place / f"{index:04}.png")
    half = mien.train(
        "dcgan", data=place, outdir=folder / "first", budget="32kimg", set=TINY, resolution="16", batch=16
    )
    return {"init": str(half.path)}


def picture(pixels: Any) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def write_images(data: str, place: Path, count: int) -> str:
    pixels = prepare(data, SIDE, SIDE).images
    place.mkdir(parents=True)
    for index, image in enumerate(pixels[spread(len(pixels), count)]):
        picture(image).save(place / f"{index:04}.png")
    return str(place)


PROVOCATIONS = (
    *(Provocation(HEALTHY, recipe) for recipe in ("dcgan", "dcgan-laptop", "hinge", "lsgan", "hw6", "hw6-two-steps")),
    *(Provocation(HEALTHY, recipe, GP) for recipe in ("sngan", "wgan", "wgan-gp")),
    Provocation(HEALTHY, "r3gan-laptop", SMALL_R3, kimg=12),
    Provocation(HEALTHY, "acgan-laptop", TINY, make=classes),
    # G's last layer runs to the end of tanh.
    *(
        Provocation("flat-images", recipe, (*TINY, "generator.optimizer.lr=1.0"), ("d-has-won", "rate-too-high"))
        for recipe in ("dcgan", "hinge", "hw6")
    ),
    # G finds the one image that today's D likes best.
    *(
        Provocation("mode-collapse", recipe, (*TINY, *FAST_G), ANY, kimg=20)
        for recipe in ("dcgan", "lsgan", "hinge")
    ),
    # D makes many steps at a high rate, and G hardly moves.
    *(
        Provocation("d-has-won", recipe, (*TINY, *STRONG_D), ("flat-images", "mode-collapse", "d-memorizes"))
        for recipe in ("dcgan", "hw6", "lsgan")
    ),
    # D does not learn at all, or is held flat.
    Provocation("d-underfits", "dcgan", (*TINY, "discriminator.optimizer.lr=1e-9"), ANY),
    Provocation("d-underfits", "hinge", (*TINY, "discriminator.optimizer.lr=1e-9"), ANY),
    Provocation("d-underfits", "r3gan-laptop", (
        *SMALL_R3, "discriminator.terms.r1.weight=100000", "discriminator.terms.r2.weight=100000",
    ), ANY, kimg=12, batch=8),
    # D learns, but slower than G.
    *(
        Provocation("g-ahead", recipe, (*TINY, "generator.updates=3", "discriminator.optimizer.lr=1e-5"), ANY)
        for recipe in ("dcgan", "hinge", "lsgan")
    ),
    *(
        Provocation("rate-too-high", recipe, (*TINY, "rate_factor=50"), ANY)
        for recipe in ("dcgan", "lsgan", "hinge")
    ),
    *(Provocation("not-finite", recipe, (*TINY, "rate_factor=1e15"), ANY, kimg=8) for recipe in ("lsgan", "wgan-gp")),
    *(
        Provocation("d-memorizes", recipe, ("generator.width=8", "discriminator.width=32"), FEW, 40, few(100))
        for recipe in ("dcgan", "hinge", "lsgan")
    ),
    *(
        Provocation("copies", recipe, ("generator.width=16", "discriminator.width=16"), FEW, 40, few(8))
        for recipe in ("dcgan-laptop", "hw6", "hinge")
    ),
    *(
        Provocation("label-collapse", recipe, TINY, ("mode-collapse", "getting-worse"), 48, one_image_label)
        for recipe in ("acgan-laptop", "acgan")
    ),
    Provocation("mode-dropping", "dcgan", (*TINY, "generator.optimizer.lr=0"), FEW, 40, part_of_the_data),
)  # fmt: skip


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--only", default="", help="a part of the names: flat-images, dcgan, flat-images-dcgan")
    flags.add_argument("--seeds", default="0")
    flags.add_argument("--data", default="drawn:500")
    flags.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    flags.add_argument("--again", action="store_true", help="train nothing: examine the runs of these seeds")
    flags.add_argument("--remedies", action="store_true", help="apply the first remedy of each sick run, and examine")
    given = flags.parse_args()
    if not given.again:
        provoke(given)
    rows = [
        row for row in examined(given.runs) if row["seed"] in parse_seeds(given.seeds) and given.only in row["name"]
    ]
    for row in rows:
        mark = "ok   " if row["hit"] and not row["wrong"] else "WRONG"
        print(f"{mark} {row['name']} seed {row['seed']}: {', '.join(row['said']) or 'fine'}: {row['answer']}")
    print(table(rows))
    if given.remedies:
        print(remedied(rows, given.runs))


def provoke(given: argparse.Namespace) -> None:
    """Train every run that is not in the folder yet."""
    for seed in parse_seeds(given.seeds):
        for one in (one for one in PROVOCATIONS if given.only in one.name):
            place = given.runs / f"{one.name}-seed{seed}"
            if not (place / "about.json").exists():
                shutil.rmtree(place, ignore_errors=True)
                began = time.monotonic()
                train(one, given.data, seed, place)
                about = {"name": one.name, "kind": one.kind, "seed": seed, "data": Path(given.data).name}
                (place / "about.json").write_text(json.dumps({**about, "seconds": time.monotonic() - began}))


def train(one: Provocation, data: str, seed: int, place: Path) -> None:
    place.mkdir(parents=True)
    options = {"resolution": str(SIDE), "batch": one.batch, "tick": one.kimg / 40, "augment": "none", "init": "none"}
    options |= {"data": data, "outdir": place, "budget": f"{one.kimg}kimg", "seed": seed, "name": "run"}
    options |= one.make(data, place) if one.make else {}
    with suppress(DivergenceError):  # for good, after three rollbacks
        mien.train(one.recipe, set=one.settings, **options)


def examined(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what the doctor says of each run in the folder."""
    known = {one.name: one for one in PROVOCATIONS}
    for path in sorted(folder.glob("*/about.json")):
        about = json.loads(path.read_text())
        if about["name"] not in known:
            continue
        found = examine(case_of(read_run(run_of(path.parent))))
        episodes = sorted([*found.past, *found.active], key=lambda finding: finding.confirmed)
        yield {**about, **judged(known[about["name"]], episodes), "answer": found.answer, "place": path.parent}


def run_of(place: Path) -> RunDirectory:
    return RunDirectory(sorted(place.glob("*-run"))[-1])


def judged(one: Provocation, episodes: list[Finding]) -> dict[str, Any]:
    said = list(dict.fromkeys(finding.name for finding in episodes if finding.severity in ("trouble", "watch")))
    mine = next((finding for finding in episodes if finding.name == one.kind), None)
    return {
        "said": said,
        "hit": mine is not None if one.kind != HEALTHY else not said,
        "wrong": [name for name in said if name != one.kind and name not in one.allowed],
        "delay": mine.confirmed - mine.onset if mine else None,
        "remedies": [remedy for finding in episodes if finding.name == one.kind for remedy in finding.remedies],
    }


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
        delays = [row["delay"] for row in own if row["delay"] is not None]
        hits = sum(row["hit"] for row in own)
        cells = [kind, len(own), *(count[name] or "" for name in said), none or "", f"{hits} of {len(own)}"]
        cells += [sum(bool(row["wrong"]) for row in own), f"{median(delays):.3g}" if delays else ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    seconds = sum(row["seconds"] for row in rows)
    sick = [row for row in rows if row["kind"] != HEALTHY]
    well = [row for row in rows if row["kind"] == HEALTHY]
    lines.append("")
    lines.append(
        f"{sum(row['hit'] for row in sick)} of {len(sick)} troubles detected; {sum(not row['hit'] for row in well)} of "
        f"{len(well)} healthy runs with an alarm; {seconds:.0f} s of training"
    )
    return "\n".join(lines)


def remedied(rows: list[dict[str, Any]], folder: Path) -> str:
    """Continue each sick run with its first remedy that resumes. It has recovered if the diagnosis is over."""
    lines = ["| provoked | run | remedy | recovered |", "|---|---|---|---|"]
    for row in rows:
        remedy = next((one for one in row["remedies"] if one.resumes), None)
        if remedy is None or row["kind"] == HEALTHY:
            continue
        place = folder / "remedied" / row["place"].name
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            shutil.copytree(run_of(row["place"]).path, place)
            with suppress(MienError):
                mien.resume(place, budget="+32kimg", set=remedy.settings)
        active = [finding.name for finding in examine(case_of(read_run(RunDirectory(place)))).active]
        lines.append(f"| {row['kind']} | {row['name']} | {' '.join(remedy.settings)} | {row['kind'] not in active} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
