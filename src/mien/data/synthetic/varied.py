"""Varied faces: the built-in faces as real sets show them, for trainings that later go on with real images.

They fill the frame, tilt, turn and look aside. Their outlines are thin and coloured, and the finish of the image
varies. No label stays true under all that, so these faces have none.
"""

import cmath
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mien.data import arrays
from mien.data.arrays import RowFile
from mien.data.synthetic.dice import Dice
from mien.data.synthetic.face import Face, sample_face
from mien.data.synthetic.finish import Finish
from mien.data.synthetic.pen import (
    EYE_LINE,
    FACE_UNIT,
    NECK_Y,
    STEPS,
    WHITE,
    Colour,
    Pose,
    curve_steps,
    mix,
    paint,
    supersampling,
)
from mien.data.synthetic.portrait import portrait, portrait_face
from mien.data.synthetic.scene import backdrop
from mien.data.workers import in_parts

BACKGROUND = {"white": 40, "plain": 20, "gradient": 15, "blobs": 20, "pattern": 5}


def draw_varied(seed: int, index: int, height: int, width: int) -> Image.Image:
    """Return varied face number `index` of a seed: RGB, width x height pixels. The same pair gives the same face."""
    dice = Dice(seed, index)
    face = portrait_face(sample_face(seed, index), dice)
    factor = supersampling(height, width)
    shapes = portrait(face, dice, max(STEPS, curve_steps(height, width)))
    background = _background(face, dice, height * factor, width * factor)
    canvas = paint(shapes, _pose(dice), background, lines=False)
    return Finish.sample(dice)(canvas.reduce(factor), dice)


def _pose(dice: Dice) -> Pose:
    """Return a pose in which the face fills the frame, wherever the tilt has moved it."""
    tilt = dice.bell(0.7)
    unit = 0.37 + dice.bell(0.09) - (0.08 if dice.chance(0.1) else 0.0)  # of the image's shorter side
    moved = 1j * NECK_Y * (1 - cmath.rect(1, tilt))  # of the point between the eyes, face units
    x, y = dice.bell(0.1) / unit - moved.real, (0.48 - EYE_LINE + dice.bell(0.1)) / unit - moved.imag
    return Pose(tilt, dice.uniform(-2.0, 2.0), x, y, unit / FACE_UNIT)


def _colour(dice: Dice, pale: float) -> Colour:
    """Return a random colour, mixed with white."""
    pure = (int(dice.uniform(0, 256)), int(dice.uniform(0, 256)), int(dice.uniform(0, 256)))
    return mix(pure, WHITE, pale)


def _background(face: Face, dice: Dice, height: int, width: int) -> Image.Image:
    """Return a background: white, one colour, a gradient, blurred patches or a pattern. The caller may draw on it."""
    kind = dice.pick(BACKGROUND)
    if kind == "pattern":
        return backdrop(face, height, width)
    if kind == "white":
        return Image.new("RGB", (width, height), mix(WHITE, _colour(dice, 0.5), dice.uniform(0, 0.1)))
    if kind == "plain":
        return Image.new("RGB", (width, height), _colour(dice, dice.uniform(0, 0.7)))
    small = Image.new("RGB", (24, 24), _colour(dice, dice.uniform(0, 0.8)))
    draw = ImageDraw.Draw(small)
    for _ in range(2 if kind == "gradient" else 12):
        x, y, reach = dice.uniform(0, 24), dice.uniform(0, 24), dice.uniform(2, 8)
        if kind == "gradient":
            x, y, reach = dice.pick({0: 1, 24: 1}), dice.uniform(0, 24), 16
        draw.ellipse([x - reach, y - reach, x + reach, y + reach], _colour(dice, dice.uniform(0, 0.8)))
    small = small.filter(ImageFilter.GaussianBlur(7 if kind == "gradient" else dice.uniform(0.5, 3)))
    return small.resize((width, height), Image.Resampling.BILINEAR)


def worker(job: dict[str, Any]) -> Callable[[int, int, None], dict[str, Any]]:
    """Return the function of `workers.in_parts`. It draws rows directly into images.npy of `job["folder"]`."""
    images = RowFile(Path(job["folder"]) / "images.npy")

    def rows(start: int, stop: int, _: None) -> dict[str, Any]:
        images.begin(start, stop)
        for row in range(start, stop):
            images[row] = draw_varied(job["seed"], row, job["height"], job["width"])
        images.end()
        return {}

    return rows


def draw_varied_into(
    folder: Path,
    count: int,
    height: int,
    width: int,
    seed: int,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw the first `count` varied faces of a seed into images.npy of a folder: uint8 [count,height,width,3].

    They do not depend on the number of workers (default: one for each core). `progress` is called with the number of
    drawn faces and `count`.
    """
    arrays.create(folder / "images.npy", np.uint8, (count, height, width, 3))
    job = {"folder": str(folder), "height": height, "width": width, "seed": seed}
    done = 0
    for first, stop, _ in in_parts(__name__, job, count, workers, folder):
        done += stop - first
        if progress:
            progress(done, count)
