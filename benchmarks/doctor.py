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
import shlex
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image
from provocations import HEALTHY, PROVOCATIONS, SIDE, Provocation

import mien
from mien import cli
from mien.errors import DivergenceError
from mien.inference.seeds import parse_seeds
from mien.media.pixels import grid
from mien.reports.doctor.case import case_of
from mien.reports.doctor.diagnosis import Finding
from mien.reports.doctor.examination import examine
from mien.reports.doctor.read_grids import read_tiles
from mien.reports.run_data import read_run
from mien.runs.directory import RunDirectory

MOST_TREATED = 3  # runs of a kind


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--only", default="", help="a part of the names: flat-images, dcgan, flat-images-dcgan")
    flags.add_argument("--seeds", default="0")
    flags.add_argument("--data", default="drawn:500")
    flags.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    flags.add_argument("--again", action="store_true", help="train nothing: examine the runs of these seeds")
    flags.add_argument("--images", type=Path, help="folder for an image of each kind")
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
    if given.images:
        save_images(rows, given.images)
    if given.remedies:
        print(remedied(rows, given.runs))


def provoke(given: argparse.Namespace) -> None:
    """Train every run that is not in the folder yet."""
    for seed in parse_seeds(given.seeds):
        for one in (one for one in PROVOCATIONS if given.only in one.name):
            place = given.runs / f"{one.name}-seed{seed}"
            if not (place / "about.json").exists():
                shutil.rmtree(place, ignore_errors=True)
                began = time.process_time()
                train(one, given.data, seed, place)
                about = {"name": one.name, "kind": one.kind, "seed": seed, "data": Path(given.data).name}
                (place / "about.json").write_text(json.dumps({**about, "seconds": time.process_time() - began}))


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


def save_images(rows: list[dict[str, Any]], folder: Path) -> None:
    """Write {kind}.webp: the first images of the last grid, four times as large, of each kind's first detected run."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in reversed([row for row in rows if row["hit"] and row["kind"] != "not-finite"]):
        tiles = read_tiles(run_of(row["place"]).sample_grids()[-1][1])
        assert tiles is not None
        shown = grid(tiles[: 4 if tiles.shape[2] > SIDE else 12], columns=4 if tiles.shape[2] > SIDE else 12)
        image = Image.fromarray(shown[..., 0] if shown.shape[2] == 1 else shown)
        image = image.resize((4 * image.width, 4 * image.height), Image.Resampling.NEAREST)
        image.save(folder / f"{row['kind']}.webp", quality=80)


def remedied(rows: list[dict[str, Any]], folder: Path) -> str:
    """Give the first command that the doctor names, for at most three sick runs of each kind, and examine the result.

    A run has recovered if its diagnosis does not hold at the end. A command that resumes gets as many images as the
    sick run had, and one that trains anew the same budget.
    """
    lines = ["| provoked | run | first remedy | recovered | holds at the end |", "|---|---|---|---|---|"]
    treated: Counter[str] = Counter()
    for row in (row for row in rows if row["kind"] != HEALTHY and row["hit"]):
        place = folder / "remedied" / row["place"].name
        if treated[row["kind"]] == MOST_TREATED or not (place.exists() or treat(row, place)):
            continue
        treated[row["kind"]] += 1
        active = [finding.name for finding in examine(case_of(read_run(run_of(place)))).active]
        what = (place / "remedy.txt").read_text()
        recovered = "yes" if row["kind"] not in active else "no"
        lines.append(
            f"| {row['kind']} | {row['name']}, seed {row['seed']} | `{what}` | {recovered} | {', '.join(active)} |"
        )
    return "\n".join(lines)


def treat(row: dict[str, Any], place: Path) -> bool:
    """Type the first command for a copy of a sick run. Return whether there is one."""
    one = next(one for one in PROVOCATIONS if one.name == row["name"])
    copy = place / "00000-run"
    shutil.copytree(run_of(row["place"]).path, copy)
    found = examine(case_of(read_run(RunDirectory(copy)))).active
    remedy = next((remedy for finding in found if finding.name == one.kind for remedy in finding.remedies), None)
    if remedy is None:
        shutil.rmtree(place)
        return False
    (place / "remedy.txt").write_text(" ".join(remedy.settings) + ("" if remedy.resumes else " (a new run)"))
    words = shlex.split(remedy.command)[1:]
    if remedy.resumes:
        words += ["--budget", f"+{one.kimg}kimg"]
    else:
        words += ["--budget", f"{one.kimg}kimg", "--tick", str(one.kimg / 40), "--outdir", str(place), "--name", "run"]
        words += ["--init", "none", "--seed", str(row["seed"])]
        words += [] if "--augment" in words else ["--augment", "none"]
    cli.run(words)
    return True


if __name__ == "__main__":
    main()
