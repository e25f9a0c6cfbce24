"""Train one contestant of the speed run and score it.

    python benchmarks/speedrun/run.py r3gan-laptop --data faces.zip --minutes 8
    python benchmarks/speedrun/run.py r3gan-laptop --data faces.zip --rate              # images a second, in 40 seconds
    python benchmarks/speedrun/run.py r3gan-laptop --data faces.zip --minutes 8 --kimg 10.2
    python benchmarks/speedrun/run.py dcgan-laptop --data faces.zip --minutes 10 --images 100

The same command goes on with an interrupted training. The rules are in README.md beside this file.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from pathlib import Path

import torch
from contestants import CONTESTANTS, PLAIN, Contestant
from PIL import Image
from score import NUMBER, beside, score_all, table_of
from split import split

from mien import cli
from mien.data.prepare import prepare
from mien.errors import MienError, UsageError
from mien.runs.directory import RunDirectory
from mien.runtime.atomic_files import write_json

sys.path.append(str(Path(__file__).parents[1]))
from plain_dcgan import from_memory, plain_training

RATE_SECONDS, PLAIN_BATCH = 40, 128


def command(contestant: Contestant, data: str, budget: str, outdir: Path, name: str, more: list[str]) -> list[str]:
    """Return the command that trains a contestant."""
    recipe = [] if contestant.recipe == "auto" else [contestant.recipe]
    settings = [word for setting in contestant.settings for word in ("--set", setting)]
    flags = ["--data", data, "--budget", budget, "--outdir", str(outdir), "--name", name]
    return ["mien", "train", *recipe, *flags, *contestant.flags, *settings, *more]


def execute(words: list[str]) -> None:
    """Run `mien …` in this process. Ends it with the same exit code if the command fails or is stopped."""
    print(shlex.join(words), flush=True)
    sys.argv = words  # mien notes the command in the run's folder
    code = cli.run(words[1:])
    if code:
        sys.exit(code)


def existing(outdir: Path, name: str) -> Path | None:
    """Return the run with this name, or None."""
    found = sorted(path.parent for path in outdir.glob(f"[0-9]*-{name}/recipe.json"))
    return next((path for path in found if path.name.partition("-")[2] == name), None)


def train(contestant: Contestant, data: str, budget: str, outdir: Path, name: str, more: list[str]) -> Path:
    """Train, or go on with the run of this name, and return its folder."""
    before = existing(outdir, name)
    execute(["mien", "resume", str(before)] if before else command(contestant, data, budget, outdir, name, more))
    made = existing(outdir, name)
    assert made is not None
    return made


def train_plain(data: str, folder: Path, seconds: float, kimg: float | None, seed: int) -> tuple[float, float]:
    """Train the textbook script (width 64, batch 128, images in memory), and return its kimg and seconds.

    It writes NUMBER generated images, because the script saves nothing else. An interrupted training begins again.
    """
    torch.manual_seed(seed)
    pixels = torch.from_numpy(prepare(data, 64, 64).images.copy())
    floats = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    step, draw = plain_training(from_memory(floats, min(PLAIN_BATCH, len(floats))), width=64)
    begun, images = time.monotonic(), 0
    while images < kimg * 1000 if kimg else time.monotonic() - begun < seconds:
        step()
        images += min(PLAIN_BATCH, len(floats))
        if images % 6400 == 0:
            print(f"plain: {images / 1000:.1f} kimg, {images / (time.monotonic() - begun):.0f} img/s", flush=True)
    spent = time.monotonic() - begun
    temporary = folder.with_name(f".{folder.name}")
    temporary.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(draw(NUMBER)):
        Image.fromarray(image).save(temporary / f"{index:05d}.png")
    temporary.rename(folder)
    write_json(beside(str(folder), "training.json"), {"images": images, "seconds": spent})
    return images / 1000, spent


def rate(contestant: Contestant, data: str, outdir: Path, more: list[str]) -> float:
    """Return the images a second of a training of 40 seconds, which is deleted."""
    with tempfile.TemporaryDirectory(prefix=".rate-", dir=outdir) as folder:
        if contestant.recipe == PLAIN:
            kimg, seconds = train_plain(data, Path(folder) / PLAIN, RATE_SECONDS, None, 0)
            return kimg * 1000 / seconds
        run = train(contestant, data, f"{RATE_SECONDS}s", Path(folder), "rate", more)
        status = RunDirectory(run).read_status()
        return status["images"] / status["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("contestant", choices=CONTESTANTS, metavar="CONTESTANT", help=", ".join(CONTESTANTS))
    parser.add_argument("--data", required=True, help="a folder or zip of images, or drawn:30000")
    parser.add_argument("--minutes", type=float, default=8, help="budget, and part of the run's name")
    parser.add_argument("--kimg", type=float, help="train on so many images: those of the budget on an idle machine")
    parser.add_argument("--rate", action="store_true", help="only measure the images a second of this machine")
    parser.add_argument("--images", type=int, help="train on the first N training images alone")
    parser.add_argument("--outdir", type=Path, default=Path("speedrun"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="threads of the processor, in place of the contestant's")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--detector", help="face detector of the score; anime if left out")
    parser.add_argument("--no-score", action="store_true", help="train only; score.py scores later")
    args = parser.parse_args()
    contestant = CONTESTANTS[args.contestant]
    threads = args.threads or contestant.threads
    if threads:
        torch.set_num_threads(threads)
    if args.kimg and contestant.recipe == "auto":
        raise UsageError("--kimg: auto chooses by minutes; name the contestant of the recipe that it chooses")
    sides = split(args.data, args.outdir, args.images)
    more = ["--device", args.device, "--seed", str(args.seed)]
    if args.rate:
        found = rate(contestant, sides.train, args.outdir, more)
        kimg = found * 60 * args.minutes / 1000
        print(f"{args.contestant}: {found:.1f} images a second; {args.minutes:g} minutes are --kimg {kimg:.1f}")
        return
    marks = [f"{args.images}" if args.images else "", f"seed{args.seed}" if args.seed else ""]
    name = "-".join([args.contestant, f"{args.minutes:g}m", *filter(None, marks)])
    if contestant.recipe == PLAIN:
        made = args.outdir / name
        if not made.exists():
            train_plain(sides.train, made, 60 * args.minutes, args.kimg, args.seed)
    else:
        budget = f"{args.kimg:g}kimg" if args.kimg else f"{args.minutes:g}m"
        made = train(contestant, sides.train, budget, args.outdir, name, more)
    if args.no_score:
        print(f"score it with: score.py {made} --real {sides.held_out}")
        return
    score_all([str(made)], str(sides.held_out), NUMBER, args.detector, args.device)
    print(table_of([str(made)]))


if __name__ == "__main__":
    try:
        main()
    except MienError as error:
        sys.exit(f"error: {error}")
