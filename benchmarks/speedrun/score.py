"""Score generators against held-out images, on two feature networks, and write a grid that nobody chose.

    python benchmarks/speedrun/score.py speedrun/*-8m --real speedrun/held-out.zip
    python benchmarks/speedrun/score.py speedrun/*-8m --table        # print the scores that exist

A FOLDER is a run of `mien train`, a snapshot, or a set of images. The numbers are those of `mien evaluate --metrics
fid,mind,pr,afd` with each extractor. Each image is generated once and goes through each network once. The features of
the held-out images stay in mien's cache, so a second run takes less time. OMP_NUM_THREADS=1 is enough.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mien.config import serialization
from mien.data.layouts import detect
from mien.errors import MienError
from mien.evaluation import evaluate
from mien.evaluation.image_sets import ImageSet, generated_by, image_set_of, is_run
from mien.evaluation.resolve import choose_metrics
from mien.inference.generator import load
from mien.media.pixels import grid
from mien.metrics.choose_extractor import choose_extractor
from mien.metrics.image_batches import size_of
from mien.runs.directory import RunDirectory
from mien.runtime import typed_json
from mien.runtime.atomic_files import write_json
from mien.runtime.console import say
from mien.runtime.device import pick_device

EXTRACTORS = ("efficientnet-lite0", "mobilenet-v2")
NUMBER, BATCH = 2500, 32  # images on each side, and the batch of `mien evaluate`
SHOWN, ACROSS = 36, 9  # images of the grid, and of each of its rows
COLUMNS = {"fid": "FD", "mind": "MIND", "precision": "precision", "recall": "recall", "density": "density",
           "coverage": "coverage"}  # fmt: skip


def image_sets(target: str, real: str, count: int, device: str) -> tuple[ImageSet, ImageSet]:
    """Return the held-out images, and those of a run (seeds 0 to count-1) or of a set of images."""
    place = pick_device(device)
    if is_run(target, Path()):
        generator = load(target, device=place)
        held_out = image_set_of(real, generator.resolution, count)
        return held_out, generated_by(generator, list(range(count)), f"0-{count - 1}", 1.0, held_out)
    size = size_of(detect(target, "none"), target)
    return image_set_of(real, size, count), image_set_of(target, size, count)


def in_memory(images: ImageSet) -> tuple[ImageSet, np.ndarray]:
    """Return the same images, read or generated only once, and their pixels: uint8 [N,H,W,3]."""
    pixels = np.concatenate(list(images.batches(BATCH)))

    def batches(size: int) -> Iterator[np.ndarray]:
        return (pixels[start : start + size] for start in range(0, len(pixels), size))

    return replace(images, batches=batches), pixels


def scored(target: str, real: str, count: int, detector: str | None, device: str) -> tuple[dict[str, Any], np.ndarray]:
    """Return the content of scores.json, and the pixels of the grid: uint8 [36,H,W,3]."""
    held_out, images = image_sets(target, real, count, device)
    images, pixels = in_memory(images)
    rows = []
    for extractor, names in zip(EXTRACTORS, ("fid,mind,pr,afd", "fid,mind,pr")):  # faces are looked for once
        metrics = choose_metrics(names, detector if "afd" in names else None)
        network = choose_extractor(extractor, "clean", None, pick_device(device))
        rows += evaluate.score(held_out, images, metrics, network, BATCH)
    return {"target": target, **training_of(target), "scores": named(rows), "rows": rows}, pixels[:SHOWN]


def training_of(target: str) -> dict[str, float]:
    """Return the kimg and minutes of a run, or of what run.py noted beside a set of images. Others have none."""
    for file in (RunDirectory(Path(target)).status, beside(target, "training.json")):
        if file.exists():
            status = typed_json.read(file, dict[str, Any])
            return {"kimg": status["images"] / 1000, "minutes": status["seconds"] / 60}
    return {}


def named(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the values by name: "fid efficientnet-lite0", …, "afd", "afd of real"."""
    found = {f"{row['metric']} {row['extractor'] or ''}".strip(): row["value"] for row in rows}
    (real,) = [row["real"] for row in rows if row["metric"] == "afd"]
    return found | {"afd of real": real}


def score_all(folders: list[str], real: str, count: int, detector: str | None, device: str) -> None:
    """Write scores.json and the grid of each folder."""
    for folder in folders:
        result, pixels = scored(folder, real, count, detector, device)
        write_json(beside(folder, "scores.json"), result)
        Image.fromarray(grid(pixels, ACROSS)).save(picture_of(folder))
        say(f"{beside(folder, 'scores.json')}, {picture_of(folder)}")


def table_of(folders: list[str]) -> str:
    """Return the table of the scores that exist."""
    return table([typed_json.read(beside(folder, "scores.json"), dict[str, Any]) for folder in folders])


def table(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table. A cell with two numbers has one of each network, in the order of EXTRACTORS."""
    head = ["contestant", "kimg", "minutes", *COLUMNS.values(), "face rate (real)"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for result in results:
        scores = result["scores"]
        cells = [Path(result["target"]).name, shown(result.get("kimg")), shown(result.get("minutes"))]
        cells += [" / ".join(shown(scores[f"{name} {by}"]) for by in EXTRACTORS) for name in COLUMNS]
        cells.append(f"{shown(scores['afd'])} ({shown(scores['afd of real'])})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, f"\nTwo numbers: features of {' / '.join(EXTRACTORS)}."])


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def beside(target: str, ending: str) -> Path:
    """Return the place of a result: in a run's folder, otherwise next to the set of images or the snapshot."""
    path = Path(target)
    if (path / "recipe.json").exists():
        return path / ending
    return path.with_name(f"{path.name if path.is_dir() else path.stem}-{ending}")


def sheet(folders: list[str]) -> Image.Image:
    """Return the first row of each grid, in the order of the folders, from above."""
    rows = [Image.open(picture_of(folder)).convert("RGB") for folder in folders]
    height = rows[0].height // (SHOWN // ACROSS)
    page = Image.new("RGB", (max(row.width for row in rows), height * len(rows)))
    for number, row in enumerate(rows):
        page.paste(row.crop((0, 0, row.width, height)), (0, height * number))
    return page


def picture_of(folder: str) -> Path:
    return beside(folder, f"seeds-0-{SHOWN - 1}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="runs, snapshots or sets of images")
    parser.add_argument("--real", help="the held-out images: what --data of mien takes")
    parser.add_argument("--num", type=int, default=NUMBER, help="images on each side")
    parser.add_argument("--detector", help="face detector, as in mien evaluate; anime if left out")
    parser.add_argument("--code", type=Path, action="append", default=[], help="your file, if a run's recipe needs it")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sheet", type=Path, help="write a picture with the first nine images of each, in rows")
    parser.add_argument("--table", action="store_true", help="score nothing: print the scores that exist")
    args = parser.parse_args()
    if not (args.real or args.table):
        parser.error("name the held-out images: --real held-out.zip")
    for file in args.code:
        serialization.add_user_file(file)
    if not args.table:
        score_all(args.folders, args.real, args.num, args.detector, args.device)
    print(table_of(args.folders))
    if args.sheet:
        sheet(args.folders).save(args.sheet)


if __name__ == "__main__":
    try:
        main()
    except MienError as error:
        sys.exit(f"error: {error}")
