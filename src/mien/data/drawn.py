"""The built-in faces: anime-like heads drawn by this code from a seed, each with its attributes, caption and outlines.

A face is a pure function of (seed, index). It can be drawn at any size, as a picture or as a line drawing of the very
same shapes, so unconditional, conditional, paired and unpaired training all run without any download.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.data.drawn_back_hair import back_hair, front_braids
from mien.data.drawn_eyes import eyes, glasses
from mien.data.drawn_face import CHOICES, SWITCHES, Face, attribute_names, attributes, caption, sample_face
from mien.data.drawn_features import brows, cheeks, ears, head, mouth, skin_shade
from mien.data.drawn_hair import bang_shadow, bangs, front_hair, hair_tones, shows_ears
from mien.data.drawn_pen import WHITE, Pose, Shape, Sketch, curve_steps, paint, supersampling
from mien.data.drawn_scene import backdrop, behind_front_hair, body, over_hair
from mien.data.workers import in_parts

__all__ = [
    "CHOICES",
    "SWITCHES",
    "Drawn",
    "Face",
    "attribute_names",
    "attributes",
    "caption",
    "draw",
    "draw_into",
    "draw_many",
    "line_drawing",
    "sample_face",
]


def _sketch(face: Face, steps: int) -> list[Shape]:
    """All shapes of a face, back to front."""
    sketch = Sketch(steps)
    tones, locks = hair_tones(face), bangs(face, steps)
    back_hair(sketch, face, tones)
    body(sketch, face)
    if shows_ears(face):
        ears(sketch, face)
    head(sketch, face)
    bang_shadow(sketch, locks.edge, skin_shade(face.skin))
    cheeks(sketch, face)
    mouth(sketch, face)
    eyes(sketch, face)
    front_braids(sketch, face, tones)
    behind_front_hair(sketch, face, tones)
    front_hair(sketch, face, tones, locks)
    brows(sketch, face, tones.line)
    glasses(sketch, face)
    over_hair(sketch, face)
    return sketch.shapes


def _render(face: Face, height: int, width: int, lines: bool) -> Image.Image:
    factor = supersampling(height, width)
    size = (width * factor, height * factor)
    background = Image.new("RGB", size, WHITE) if lines else backdrop(face, size[1], size[0])
    pose = Pose(face.tilt, face.turn, face.x, face.y, face.scale)
    return paint(_sketch(face, curve_steps(height, width)), pose, background, factor, lines)


def draw(face: Face, height: int, width: int) -> Image.Image:
    """The picture of a face, in colour and antialiased. -> RGB, width x height pixels, any of both from 1 up"""
    return _render(face, height, width, lines=False)


def line_drawing(face: Face, height: int, width: int) -> Image.Image:
    """The outlines of the same shapes at the same place, black on white. -> RGB, width x height pixels"""
    return _render(face, height, width, lines=True)


@dataclass(frozen=True)
class Drawn:
    """Many faces. `images` uint8 [N,H,W,3]; `labels` float32 [N,K] as `attribute_names` lists them; N `captions`;
    `lines` uint8 [N,H,W,3] or None."""

    images: NDArray[np.uint8]
    labels: NDArray[np.float32]
    captions: list[str]
    lines: NDArray[np.uint8] | None


def worker(job: dict[str, Any]) -> Callable[[int, int], dict[str, Any]]:
    """What `workers.in_parts` asks for: draws rows straight into the arrays of `job["folder"]`."""
    folder, size = Path(job["folder"]), (job["height"], job["width"])
    images = np.lib.format.open_memmap(folder / "images.npy", mode="r+")
    labels = np.lib.format.open_memmap(folder / "labels.npy", mode="r+")
    lines = np.lib.format.open_memmap(folder / "sources.npy", mode="r+") if job["lines"] else None

    def rows(start: int, stop: int) -> dict[str, Any]:
        captions = []
        for row in range(start, stop):
            face = sample_face(job["seed"], job["first"] + row)
            images[row] = draw(face, *size)
            labels[row] = attributes(face)
            captions.append(caption(face))
            if lines is not None:
                lines[row] = line_drawing(face, *size)
        return {"captions": captions}

    return rows


def draw_into(
    folder: Path,
    count: int,
    height: int,
    width: int,
    seed: int,
    start: int = 0,
    workers: int | None = None,
    lines: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Draws into images.npy, labels.npy and (with `lines`) sources.npy of a folder, shaped as `Drawn` has them.

    The faces are `start` to `start + count - 1` of a seed, the same whatever the number of workers (default: every
    core). `progress` is called with the faces drawn so far and `count`. -> the captions
    """
    shape = (count, height, width, 3)
    for name in ("images.npy", "sources.npy") if lines else ("images.npy",):
        np.lib.format.open_memmap(folder / name, mode="w+", dtype=np.uint8, shape=shape)
    np.lib.format.open_memmap(folder / "labels.npy", "w+", np.float32, (count, len(attribute_names())))
    job = {"folder": str(folder), "height": height, "width": width, "seed": seed, "first": start, "lines": lines}
    captions: dict[int, list[str]] = {}
    done = 0
    for first, stop, answer in in_parts(__name__, job, count, workers, folder):
        captions[first] = answer["captions"]
        done += stop - first
        if progress:
            progress(done, count)
    return [text for first in sorted(captions) for text in captions[first]]


def draw_many(
    count: int,
    height: int,
    width: int,
    seed: int,
    start: int = 0,
    workers: int | None = None,
    lines: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Drawn:
    """The same as `draw_into`, in memory."""
    with tempfile.TemporaryDirectory(prefix="mien-drawn-") as name:
        folder = Path(name)
        captions = draw_into(folder, count, height, width, seed, start, workers, lines, progress)
        return Drawn(
            images=np.load(folder / "images.npy"),
            labels=np.load(folder / "labels.npy"),
            captions=captions,
            lines=np.load(folder / "sources.npy") if lines else None,
        )
