"""The files that the scripts damage: a small real run, a set, images with labels; made once, copied each time."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import harness
import numpy as np
from PIL import Image

SIDE, PICTURES = 16, 12
TINY = ("--set", "generator.width=4", "--set", "discriminator.width=4", "--set", "generator.latent_dim=8")
SHORT = ("--budget", "48img", "--tick", "0.016", "--batch", "8", "--device", "cpu", "--resolution", str(SIDE))
EXAMS = ("--metrics", "sharpness", "--metrics-every", "0.016", "--metrics-num", "4", "--metrics-share", "1")
ENOUGH = 60.0  # seconds for one verb on a busy machine; none needs more than a few


class Hangs(Exception):
    """A verb took much longer than it may."""


@dataclass(frozen=True)
class Victims:
    """run: trained by class, with evaluations. prepared: its set. stylegan: images with StyleGAN's dataset.json.
    metadata: images with metadata.jsonl. latents, directions: files of tensors for the run."""

    run: Path
    prepared: Path
    stylegan: Path
    metadata: Path
    latents: Path
    directions: Path


def make(folder: Path) -> Victims:
    """Makes all of them in `folder`. Raises RuntimeError if mien cannot make them."""
    folder.mkdir(parents=True, exist_ok=True)
    faces, stylegan, metadata = folder / "faces", folder / "stylegan", folder / "metadata"
    draw(faces)
    names = draw(stylegan, classes=False)
    labels = [[name, place % 2] for place, name in enumerate(names)]
    (stylegan / "dataset.json").write_text(json.dumps({"labels": labels}))
    names = draw(metadata, classes=False)
    rows = [{"file_name": name, "hair": ("dark", "fair")[place % 2]} for place, name in enumerate(names)]
    (metadata / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    prepared = folder / "set"
    done("data", "prepare", str(faces), "--resolution", str(SIDE), "--output", str(prepared))
    runs = ("--outdir", str(folder / "runs"))
    done("train", "dcgan", "--data", str(prepared), "--cond", "class", *TINY, *SHORT, *EXAMS, *runs, "--name", "victim")
    run = folder / "runs" / "00000-victim"
    directions = run / "directions.safetensors"
    done("directions", str(run), "--method", "sefa", "--count", "2")
    latents = run / "latents.safetensors"
    keep_latents(run, latents)
    return Victims(run, prepared, stylegan, metadata, latents, directions)


def draw(folder: Path, classes: bool = True) -> list[str]:
    """Writes small images of noise, in folders of two classes or in one. Returns their names."""
    random = np.random.default_rng(0)
    names = [f"{('dark/' if place % 2 else 'fair/') if classes else ''}{place:02d}.png" for place in range(PICTURES)]
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(path)
    return names


def keep_latents(run: Path, path: Path) -> None:
    from mien.inference.generator import load
    from mien.inference.latents.files import save_w
    from mien.inference.latents.synthesis import w_of

    generator = load(run, device="cpu")
    save_w(path, "latents", w_of(generator, [0, 1]), generator, {})


def done(*words: str) -> None:
    code, _, err = harness.in_process(*words)
    if code:
        raise RuntimeError(f"mien {' '.join(words)} ended with {code}: {err[-500:]}")


def tried(*words: str, cwd: Path) -> tuple[str | None, int, str]:
    """Runs one verb on something damaged. Returns (what is wrong with its end, or None; exit code; standard error)."""
    begun = time.monotonic()
    try:
        with limited(ENOUGH):
            code, _, err = harness.in_process(*words, cwd=cwd)
    except Hangs:
        return f"mien {' '.join(words)} hangs", -1, ""
    except BaseException as error:
        return f"mien {' '.join(words)} ends in {type(error).__name__}: {error}", -1, ""
    said = f"mien {' '.join(words)} -> {code} after {time.monotonic() - begun:.1f} s: {err[-700:]}"
    if code == 0:
        return ("mien says 'Traceback' and 0: " + said if "Traceback" in err else None), code, err
    if code not in (2, 3, 65, 71, 74, 75) or not harness.is_one_line(err):
        return said, code, err
    return None, code, err


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises Hangs inside a call that takes longer."""

    def rung(number: int, frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, rung)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def replaced(path: Path, what: str) -> None:
    """Returns something else in place of a file: a pipe, a folder, a link, a file of a terabyte without contents."""
    path.unlink()
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "loop":
        path.symlink_to(path.name)
    elif what == "nowhere":
        path.symlink_to("no-such-file")
    elif what == "sparse":
        with path.open("wb") as file:
            file.truncate(1 << 40)


REPLACEMENTS = ("nothing", "pipe", "folder", "device", "loop", "nowhere", "sparse")
