"""Quality for time: trains the textbook script and mien's recipes for the same time on the same faces.

    python benchmarks/quality.py --data faces.zip --minutes 30 --outdir quality
    python benchmarks/quality.py --data faces.zip --outdir quality --only dcgan,r3gan-laptop --table

They run one after the other, on an idle machine. Then the script evaluates all alike (2,500 images, standard FID if
Inception's weights exist) and writes a sheet with twelve images of each. An existing run is not trained again, so an
interrupted comparison continues. On a busy machine count in images: --kimg plain=77,dcgan=396 gives each the number
that it would reach on an idle one.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from PIL import Image
from plain_dcgan import from_memory, plain_training

import mien
from mien.data.prepare import prepare

SCORED, SHOWN = 2500, 12
CONTESTANTS: dict[str, tuple[str, ...]] = {  # recipe -> changes: half the width for those made for a GPU
    "plain": (),
    "dcgan": ("generator.width=32", "discriminator.width=32"),
    "wgan-gp": ("generator.width=32", "discriminator.width=32"),
    "sngan": ("generator.width=32", "discriminator.width=32"),
    "dcgan-laptop": (),
    "stylegan2-laptop": (),
    "r3gan-laptop": (),  # what `mien train` chooses for half an hour
}


def train_plain(data: str, folder: Path, minutes: float, kimg: float | None) -> None:
    """Trains with width 64, batch 128 and images in memory. Writes generated images, because the script saves nothing
    else."""
    torch.manual_seed(0)
    pixels = torch.from_numpy(prepare(data, 64, 64).images.copy())
    floats = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    step, draw = plain_training(from_memory(floats, 128), width=64)
    begun, images = time.monotonic(), 0
    while images < kimg * 1000 if kimg else time.monotonic() - begun < 60 * minutes:
        step()
        images += 128
        if images % 6400 == 0:
            print(f"plain: {images / 1000:.1f} kimg, {images / (time.monotonic() - begun):.0f} img/s", flush=True)
    temporary = folder.with_name(f".{folder.name}")
    temporary.mkdir(parents=True, exist_ok=True)
    for index, pixels in enumerate(draw(SCORED)):
        Image.fromarray(pixels).save(temporary / f"{index:05d}.png")
    temporary.rename(folder)


def place(outdir: Path, name: str) -> Path | None:
    """Returns where a candidate's result is, or None."""
    found = sorted(outdir.glob(name if name == "plain" else f"[0-9]*-{name}"))
    return found[0] if found else None


def train(name: str, args: argparse.Namespace, kimg: float | None) -> None:
    if name == "plain":
        return train_plain(args.data, args.outdir / name, args.minutes, kimg)
    budget = f"{kimg}kimg" if kimg else f"{args.minutes}m"
    done = place(args.outdir, name)
    if done:
        mien.resume(str(done), budget=budget)
    else:
        mien.train(name, data=args.data, budget=budget, outdir=args.outdir, name=name, set=CONTESTANTS[name])


def score(name: str, args: argparse.Namespace) -> dict[str, float]:
    where = place(args.outdir, name)
    flags = {"data": args.data} if name == "plain" else {}
    rows = mien.evaluate(str(where), metrics=args.metrics, num=SCORED, detector=args.detector, **flags).rows
    return {row["metric"]: row["value"] for row in rows}


def shown(name: str, args: argparse.Namespace) -> list[Image.Image]:
    where = place(args.outdir, name)
    assert where is not None
    if name == "plain":
        return [Image.open(path) for path in sorted(where.glob("*.png"))[:SHOWN]]
    return mien.load(str(where))(seeds=range(SHOWN))


def sheet(names: list[str], args: argparse.Namespace) -> Image.Image:
    """Writes one row per candidate, 66 px per image."""
    picture = Image.new("RGB", (66 * SHOWN - 2, 66 * len(names) - 2), "white")
    for row, name in enumerate(names):
        for column, face in enumerate(shown(name, args)):
            picture.paste(face.convert("RGB"), (66 * column, 66 * row))
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kimg", default="", help="NAME=KIMG,…: so many pictures in place of minutes")
    parser.add_argument("--outdir", type=Path, default=Path("quality"))
    parser.add_argument("--only", default=",".join(CONTESTANTS))
    parser.add_argument("--metrics", default="fid,kid,pr,afd")
    parser.add_argument("--detector")
    parser.add_argument("--table", action="store_true", help="train nothing: score and show what there is")
    args = parser.parse_args()
    names = args.only.split(",")
    kimg = {name: float(number) for name, _, number in (part.partition("=") for part in args.kimg.split(",") if part)}
    args.outdir.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not args.table and (place(args.outdir, name) is None or name in kimg):
            train(name, args, kimg.get(name))
    scores = {name: score(name, args) for name in names if place(args.outdir, name)}
    columns = list(dict.fromkeys(metric for found in scores.values() for metric in found))
    print(f"| contestant | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, found in scores.items():
        print(f"| {name} | {' | '.join(f'{found[column]:.4g}' for column in columns)} |")
    sheet(list(scores), args).save(args.outdir / "quality.png")
    print(f"{args.outdir / 'quality.png'}: {', '.join(scores)}, from above")


if __name__ == "__main__":
    main()
