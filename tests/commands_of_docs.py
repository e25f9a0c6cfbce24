"""Executes the commands of the docs in a small form: `python tests/commands_of_docs.py [PAGE…]`.

Each command of a code block runs once, in one process, in a folder with a few images and small runs. A training is its
`--dry-run`: plan, images, networks and one round. Names of files and runs become those of the folder, and amounts
become small ones. tests/test_docs.py checks that verbs, flags, recipes and settings exist.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import test_docs

import mien
from mien import cli

LEFT_OUT = {
    r"^(studio|serve)\b": "a server, which does not end by itself (tests/web starts them)",
    r"weights fetch|--push|user/repo|sentences|--encoder models|wandb|tensorboard": "needs the network or a tracker",
    r"my_|--code|^sharpen|poses/|people/": "needs the reader's own file (tests/test_extending.py runs those)",
    r"…|\$|user/repo": "a placeholder",
    r"--device cuda": "needs a GPU",
    r"paper256|ffhq256": "256 px",
    r"--merge|--part|s3://": "parts of several machines, or a bucket (tests/data makes them)",
    r"afd|--detector|^data align|--output -|^reproduce": "needs real faces, a second program or an earlier image",
    r"--to A": "needs a run of CycleGAN (tests/inference translates both ways)",
    r"^data label": "needs images of which some have a label (tests/data makes them)",
    r"--cond class|--class|fid_by_class": "needs folders of classes (tests/conditioning)",
    r"me\.safetensors|labelled\.zip|kimg-000200|smile=2|silver": "needs what an earlier command of the page made",
    r"--to web": "needs onnxruntime-web (tests/web_page.py)",
}
SMALL = {
    "demo": {"--budget": "32img", "--faces": "64"},
    "lab": {"--budget": "0.5kimg"},
    "neighbours": {"--num-real": "32"},
    "project": {"--steps": "5"},
}
"""Further flags of a verb. The last one of a flag counts."""
MISSING = {"--batch": "4", "--resolution": "32"}
"""What a training gets if the command does not say it."""
CHEAPER = {"r3gan": "r3gan-laptop", "stylegan2": "stylegan2-laptop", "cyclegan": "cyclegan-laptop"}
TINY = ("--set", "generator.width=8", "--set", "discriminator.width=8")
TINY_R3GAN = (*("--set", "generator.width=16", "--set", "generator.group_width=8"),
              *("--set", "discriminator.width=16", "--set", "discriminator.group_width=8"))  # fmt: skip


def small(words: list[str]) -> list[str]:
    """The command in its small form."""
    text = shlex.join(words)
    if words[0] == "train":
        return small_training(words)
    changes = {
        r"0-49999|0-99\b": "0-3",
        r"(--(?:num|accuracy-num)) \d+": r"\1 32",
        r"--steps \d+": "--steps 5",
        r"drawn-lines:\d+@\d+": "drawn-lines:64@32",
    }
    changes |= {r"--frames \d+": "--frames 4", r"(resume .*)--budget \S+": r"\1--budget +8img", r"--snapshot 200\b": ""}
    changes |= {r"(\s'?runs/\S*)+| \d \d\b": " runs/00000-plain runs/00001-labels"}
    for pattern, new in changes.items():
        text = re.sub(pattern, new, text)
    if not text.startswith(("compare", "gradients")):
        text = text.replace("runs/00000-plain runs/00001-labels", "last")
    wanted = (
        "00001-labels"
        if re.search(r"attribute|direction|agreement|by_class|data label|--class", text)
        else "00000-plain"
    )
    wanted = "00002-lines" if text.startswith("translate") or "--to B" in text or "l1," in text else wanted
    wanted = "00003-styles" if text.startswith("mix") or "--split" in text or "--noise" in text else wanted
    wanted = "00004-texts" if "--text" in text else wanted
    text = re.sub(r"\blast\b", f"runs/{wanted}", text)
    found = shlex.split(text)
    if found[:1] == ["evaluate"] and "--num" not in found:
        found += ["--num", "32"]
    if len(found) > 1:
        found += [word for pair in SMALL.get(found[0], {}).items() for word in pair]
    return found


def small_training(words: list[str]) -> list[str]:
    """The training's dry run with narrow networks and four small images a batch. Its own settings come last."""
    text, recipe = " ".join(words), words[1] if len(words) > 1 and not words[1].startswith("-") else "auto"
    kind = "drawn-unpaired" if "cyclegan" in recipe else "drawn-lines" if "pix2pix" in recipe else "drawn"
    values = {"--data": f"{kind}:64@64", "--batch": "4", "--init": "none", "--outdir": "runs", "--budget": "200img"}
    words = [CHEAPER.get(word, word) for word in words]
    found = [values.get(flag, word) for flag, word in zip(["", *words], words, strict=False)]
    several = "--recipes" in words or "--sweep" in words
    tiny = TINY if several or recipe not in ("auto", "r3gan", "r3gan-laptop") else TINY_R3GAN
    narrow = [] if "generator.width" in text else [*tiny]
    if "gan" in text.split() or "celeba" in text or "gan," in text:
        found += ["--resolution", "64"]  # their smallest one
    missing = [word for flag, value in MISSING.items() if flag not in found for word in (flag, value)]
    own = len(found) if "--set" not in found else found.index("--set")
    dry = [] if "--dry-run" in found else ["--dry-run"]
    return [*found[:own], *narrow, *found[own:], *missing, *dry]


def prepare() -> None:
    """Images, and small runs: plain, with labels, of pairs, with styles, with texts."""
    for name, more in {
        "plain": ["dcgan-laptop", "--data", "drawn:64@32", "--metrics", "sharpness"],
        "labels": ["dcgan-laptop", "--data", "drawn:64@32", "--cond", "attributes"],
        "lines": ["pix2pix-laptop", "--data", "drawn-lines:64@32"],
        "styles": ["stylegan2-laptop", "--data", "drawn:64@32"],
        "texts": ["dcgan-laptop", "--data", "drawn:64@32", "--cond", "text"],
    }.items():
        options = ["--name", name, "--budget", "32img", "--tick", "0.016", "--batch", "8", *TINY]
        assert cli.run(["train", *more, *options]) == 0, name
    images = mien.load("runs/00000-plain")(seeds=range(64))
    for folder in ("faces", "photos", "drawings", "holiday", "mine", "photos-aligned", "generated"):
        Path(folder).mkdir()
        for index, image in enumerate(images):
            image.save(f"{folder}/{index}.png")
        with zipfile.ZipFile(f"{folder}.zip", "w") as packed:
            for index in range(len(images)):
                packed.write(f"{folder}/{index}.png", f"{index}.png")
    for name in ("me.jpg", "sketch.png", "big.jpg"):
        images[0].save(name)


def main(names: list[str]) -> int:
    os.chdir(tempfile.mkdtemp())
    os.environ["MIEN_CACHE"] = str(Path("cache").absolute())  # neither the reader's weights nor earlier images
    prepare()
    done: set[str] = set()
    counts = {"ran": 0, "left out": 0, "failed": 0}
    for page in test_docs.PAGES:
        if names and test_docs.page_id(page) not in names:
            continue
        for _, *words in test_docs.commands(test_docs.read(page)):
            text = " ".join(words)
            if not words or words[0].startswith("-") or text in done:
                continue
            done.add(text)
            reason = next((why for pattern, why in LEFT_OUT.items() if re.search(pattern, text)), None)
            if reason:
                counts["left out"] += 1
                print(f"left out  {text}: {reason}", flush=True)
                continue
            said, begun = io.StringIO(), time.perf_counter()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = cli.run(small(words))
            state = "ran" if code == 0 else "failed"
            counts[state] += 1
            last = said.getvalue().strip().splitlines()[-1:] if code else []
            print(
                f"{state:<9} {time.perf_counter() - begun:5.1f} s  {' '.join(small(words))}  {' '.join(last)}",
                flush=True,
            )
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return int(counts["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
