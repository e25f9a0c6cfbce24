"""The built-in faces: anime-like heads drawn by this code from a seed, each with its attributes, caption and outlines.

A face is a pure function of (seed, index). It can be drawn at any size, as an image, as a line drawing of the very
same shapes or in coloured pencil, so unconditional, conditional, paired and unpaired training all run without any
download.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.data import arrays
from mien.data.arrays import RowFile
from mien.data.synthetic.back_hair import back_hair, front_braids
from mien.data.synthetic.captions import USUAL
from mien.data.synthetic.eyes import eyes, glasses
from mien.data.synthetic.face import CHOICES, SWITCHES, Face, attribute_names, attributes, sample_face
from mien.data.synthetic.features import brows, cheeks, ears, head, mouth, skin_shade
from mien.data.synthetic.hair import bang_shadow, bangs, front_hair, hair_tones, shows_ears
from mien.data.synthetic.pen import WHITE, Pose, Shape, Sketch, curve_steps, paint, supersampling
from mien.data.synthetic.pencil import pencilled
from mien.data.synthetic.rewording import OTHER
from mien.data.synthetic.scene import backdrop, behind_front_hair, body, over_hair
from mien.data.workers import in_parts
from mien.runtime import leftovers

__all__ = [
    "CHOICES",
    "OTHER",
    "SWITCHES",
    "USUAL",
    "Drawn",
    "Face",
    "Sources",
    "attribute_names",
    "attributes",
    "draw",
    "draw_into",
    "draw_many",
    "line_drawing",
    "numbers",
    "pencil_drawing",
    "sample_face",
]

Sources = Literal["lines", "pencil"]
"""What comes with each image: the line drawing of the same face, or another face in coloured pencil."""

SOURCE_LABELS = "source_labels.npy"


def _sketch(face: Face, steps: int) -> list[Shape]:
    """Return all shapes of a face, back to front."""
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


def _canvas(face: Face, height: int, width: int, lines: bool) -> tuple[Image.Image, int]:
    """Return the supersampled canvas before averaging, and the factor of the averaging."""
    factor = supersampling(height, width)
    size = (width * factor, height * factor)
    background = Image.new("RGB", size, WHITE) if lines else backdrop(face, size[1], size[0])
    pose = Pose(face.tilt, face.turn, face.x, face.y, face.scale)
    return paint(_sketch(face, curve_steps(height, width)), pose, background, lines), factor


def draw(face: Face, height: int, width: int) -> Image.Image:
    """Return the image of a face, in colour and antialiased: RGB, width x height pixels, each at least 1."""
    canvas, factor = _canvas(face, height, width, lines=False)
    return canvas.reduce(factor)


def line_drawing(face: Face, height: int, width: int) -> Image.Image:
    """Return the outlines of the same shapes, black on white: RGB, width x height pixels."""
    canvas, factor = _canvas(face, height, width, lines=True)
    return canvas.reduce(factor)


def pencil_drawing(face: Face, height: int, width: int) -> Image.Image:
    """Return the same face in coloured pencil on cream paper: RGB, width x height pixels."""
    colours, factor = _canvas(face, height, width, lines=False)
    return pencilled(colours, _canvas(face, height, width, lines=True)[0], factor)


@dataclass(frozen=True)
class Drawn:
    """Drawn faces. `images` uint8 [N,H,W,3]; `labels` float32 [N,K] as in `attribute_names`; N `captions`.

    `sources` uint8 [N,H,W,3] or None. Labels and captions are those of the images.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.float32]
    captions: list[str]
    sources: NDArray[np.uint8] | None


def numbers(row: int, sources: Sources | None) -> tuple[int, int]:
    """Return the faces of a row: (image, source). Unpaired: even faces are in pencil, odd ones in colour.

    So no face appears in both styles.
    """
    return (2 * row + 1, 2 * row) if sources == "pencil" else (row, row)


def worker(job: dict[str, Any]) -> Callable[[int, int, None], dict[str, Any]]:
    """Return the function of `workers.in_parts`. It draws rows directly into the arrays of `job["folder"]`."""
    folder, size = Path(job["folder"]), (job["height"], job["width"])
    images, labels = RowFile(folder / "images.npy"), RowFile(folder / "labels.npy")
    wanted: Sources | None = job["sources"]
    sources = RowFile(folder / "sources.npy") if wanted else None
    wording = OTHER if job["in_other_words"] else USUAL
    source_drawing = pencil_drawing if wanted == "pencil" else line_drawing
    of_sources = RowFile(folder / SOURCE_LABELS) if wanted == "pencil" else None
    files = [file for file in (images, labels, sources, of_sources) if file]

    def rows(start: int, stop: int, _: None) -> dict[str, Any]:
        captions = []
        for file in files:
            file.begin(start, stop)
        for row in range(start, stop):
            image, source = numbers(job["first"] + row, wanted)
            face = sample_face(job["seed"], image)
            images[row] = draw(face, *size)
            labels[row] = attributes(face)
            captions.append(wording.caption(face, image))
            if sources is not None:
                sources[row] = source_drawing(sample_face(job["seed"], source), *size)
            if of_sources is not None:
                of_sources[row] = attributes(sample_face(job["seed"], source))
        for file in files:
            file.end()
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
    sources: Sources | None = None,
    progress: Callable[[int, int], None] | None = None,
    in_other_words: bool = False,
) -> list[str]:
    """Draw into images.npy, labels.npy and (with sources) sources.npy of a folder, in the shapes of `Drawn`.

    The rows are `start` to `start + count - 1` of a seed (see `numbers`). They do not depend on the number of workers
    (default: one for each core). `progress` is called with the number of drawn faces and `count`. Returns the captions,
    in the words of `rewording.py` if `in_other_words`.
    """
    shape = (count, height, width, 3)
    for name in ("images.npy", "sources.npy") if sources else ("images.npy",):
        arrays.create(folder / name, np.uint8, shape)
    arrays.create(folder / "labels.npy", np.float32, (count, len(attribute_names())))
    if sources == "pencil":  # the sources show other faces than the images, so they have their own labels
        arrays.create(folder / SOURCE_LABELS, np.float32, (count, len(attribute_names())))
    job = {"folder": str(folder), "height": height, "width": width, "seed": seed, "first": start}
    job |= {"sources": sources, "in_other_words": in_other_words}
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
    sources: Sources | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Drawn:
    """Draw as `draw_into` does, but in memory."""
    with leftovers.temporary_folder(Path(tempfile.gettempdir())) as folder:
        captions = draw_into(folder, count, height, width, seed, start, workers, sources, progress)
        return Drawn(
            images=np.load(folder / "images.npy"),
            labels=np.load(folder / "labels.npy"),
            captions=captions,
            sources=np.load(folder / "sources.npy") if sources else None,
        )
