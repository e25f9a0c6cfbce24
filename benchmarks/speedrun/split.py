"""The fixed data of the speed run: training images and held-out images, the same on every machine."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from mien.data.layouts import Layout, detect, is_drawn
from mien.data.prepare import prepare
from mien.errors import UsageError
from mien.runtime import typed_json
from mien.runtime.atomic_files import write_json

EVERY = 12  # of the sorted names, number 0, 12, 24, … is held out
SEED = 12  # of the held-out built-in faces; trainings see those of seed 0


@dataclass(frozen=True)
class Split:
    """train: a value of --data. held_out: a zip."""

    train: str
    held_out: Path


def divided(names: list[str]) -> tuple[list[str], list[str]]:
    """Return the names to train on and the held-out names: of the sorted names, every twelfth is held out."""
    names = sorted(names)
    return [name for number, name in enumerate(names) if number % EVERY], names[::EVERY]


def split(data: str, folder: Path, images: int | None = None) -> Split:
    """Write the zips of both sides into `folder`, unless they are there.

    images: train only on the first so many of the sorted names. For "drawn:30000" the held-out images are faces of
    another seed, at 64 px. Raises UsageError if the folder has the split of other data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    layout = detect(data, "none")
    held_out = folder / "held-out.zip"
    check_same_data(folder / "split.json", data, layout)
    if is_drawn(data):
        if not held_out.exists():
            size = layout.size or (64, 64)
            faces = prepare(f"{layout.kind}:{len(layout) // EVERY}", *size, seed=SEED).images
            write_zip(held_out, [(f"{number:06d}.png", png(pixels)) for number, pixels in enumerate(faces)])
        _, at, own_size = str(data).partition("@")
        return Split(data if images is None else f"{layout.kind}:{images}{at}{own_size}", held_out)
    if layout.files is None or not layout.entries:
        raise UsageError(f"--data {data}: the speed run divides image files: give a folder, a zip or drawn:30000")
    train, kept_back = divided(layout.entries)
    chosen = folder / ("train.zip" if images is None else f"train-{images}.zip")
    for path, names in ((chosen, train[:images]), (held_out, kept_back)):
        if not path.exists():
            write_zip(path, [(name, layout.files.read(name)) for name in names])
    return Split(str(chosen), held_out)


def check_same_data(file: Path, data: str, layout: Layout) -> None:
    """Write the sha256 of the names into `file`, or compare it with the one there."""
    text = "\n".join(sorted(layout.entries)) or str(data)
    own = {"data": str(data), "images": len(layout), "names": hashlib.sha256(text.encode()).hexdigest()}
    if not file.exists():
        write_json(file, own)
    before = typed_json.read(file, dict[str, str | int])
    if before["names"] != own["names"]:
        raise UsageError(
            f"--outdir {file.parent} is a speed run on {before['data']}, not {data}: choose another folder"
        )


def write_zip(path: Path, members: list[tuple[str, bytes]]) -> None:
    """Write all members, stored as they are. The same members give the same bytes."""
    part = path.with_name(f".{path.name}.part")
    with zipfile.ZipFile(part, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    part.rename(path)


def png(pixels: np.ndarray) -> bytes:
    """Return the PNG file of uint8 [H,W,3]."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()
