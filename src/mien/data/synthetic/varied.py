"""Varied faces: the built-in faces as real sets show them, for trainings that later go on with real images.

They fill the frame, tilt, turn and look aside. Their outlines are thin and coloured, and the finish of the image
varies. No label stays true under all that, so these faces have none.
"""

import cmath
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mien.data import arrays
from mien.data.arrays import RowFile
from mien.data.synthetic.back_hair import back_hair, front_braids
from mien.data.synthetic.dice import Dice
from mien.data.synthetic.eyes import EYE_X, eyes, glasses
from mien.data.synthetic.face import Face, sample_face
from mien.data.synthetic.features import brows, cheeks, ears, head, mouth, skin_shade
from mien.data.synthetic.finish import Finish
from mien.data.synthetic.hair import HairTones, bang_shadow, bangs, front_hair, hair_tones, shows_ears
from mien.data.synthetic.pen import (
    EYE_LINE,
    FACE_UNIT,
    NECK_Y,
    WHITE,
    Colour,
    Pose,
    Shape,
    Sketch,
    curve_steps,
    mix,
    paint,
    supersampling,
)
from mien.data.synthetic.scene import backdrop, behind_front_hair, body, over_hair
from mien.data.workers import in_parts

HAIR = {
    "black": 18, "brown": 18, "blonde": 15, "pink": 9, "blue": 9, "purple": 8, "red": 6, "gray": 6, "white": 6,
    "aqua": 4, "green": 4, "orange": 4,
}  # fmt: skip
SKIN = {"pale": 50, "light": 40, "tan": 7, "dark": 3}
STYLE = {
    "long": 30, "bob": 18, "twintails": 8, "ponytail": 8, "spiky": 8, "buns": 2, "braids": 4, "hime": 10, "curly": 10,
    "drills": 2,
}  # fmt: skip
BANGS = {"straight": 12, "zigzag": 30, "swept": 22, "parted": 12, "crossed": 24}
ACCESSORY = {
    "none": 70, "ribbon": 8, "hairband": 6, "flower": 4, "cat_ears": 4, "headphones": 2, "hairclip": 5, "crown": 1,
}  # fmt: skip
MOUTH = {"smile": 36, "neutral": 26, "open_smile": 16, "surprised": 9, "frown": 9, "cat": 4}
BACKGROUND = {"white": 40, "plain": 20, "gradient": 15, "blobs": 20, "pattern": 5}


def draw_varied(seed: int, index: int, height: int, width: int) -> Image.Image:
    """Return varied face number `index` of a seed: RGB, width x height pixels. The same pair gives the same face."""
    dice = Dice(seed, index)
    face = _face(sample_face(seed, index), dice)
    factor = supersampling(height, width)
    sketch = _sketch(face, dice, curve_steps(height, width))
    background = _background(face, dice, height * factor, width * factor)
    canvas = paint(sketch, _pose(dice), background, lines=False)
    return Finish.sample(dice)(canvas.reduce(factor), dice)


def _face(face: Face, dice: Dice) -> Face:
    """Return the face with values as frequent as in real sets."""
    return replace(
        face,
        hair=dice.pick(HAIR),
        style=dice.pick(STYLE),
        bangs=dice.pick(BANGS),
        skin=dice.pick(SKIN),
        mouth=dice.pick(MOUTH),
        accessory=dice.pick(ACCESSORY),
        glasses=dice.chance(0.05),
        ahoge=dice.chance(0.1),
        gaze_x=dice.bell(3.0),
        tone=2 * face.tone,
        bang_length=dice.uniform(-1.0, 3.0),
    )


def _pose(dice: Dice) -> Pose:
    """Return a pose in which the face fills the frame, wherever the tilt has moved it."""
    tilt = dice.bell(0.45)
    unit = 0.36 + dice.bell(0.07) - (0.08 if dice.chance(0.1) else 0.0)  # of the image's shorter side
    moved = 1j * NECK_Y * (1 - cmath.rect(1, tilt))  # of the point between the eyes, face units
    x, y = dice.bell(0.1) / unit - moved.real, (0.53 - EYE_LINE + dice.bell(0.08)) / unit - moved.imag
    return Pose(tilt, dice.bell(2.2), x, y, unit / FACE_UNIT)


def _sketch(face: Face, dice: Dice, steps: int) -> list[Shape]:
    """Return all shapes of a face, back to front, with thin outlines in the colours of what they surround."""
    sketch = Sketch(steps)
    tones, locks = _tones(face, dice), bangs(face, steps)
    back_hair(sketch, face, tones)
    body(sketch, face)
    if shows_ears(face):
        ears(sketch, face)
    head(sketch, face)
    bang_shadow(sketch, locks.edge, skin_shade(face.skin))
    cheeks(sketch, face)
    mouth(sketch, face)
    _eyes(sketch, face, dice)
    front_braids(sketch, face, tones)
    behind_front_hair(sketch, face, tones)
    front_hair(sketch, face, tones, locks)
    if dice.chance(0.5):
        brows(sketch, face, tones.line)
    glasses(sketch, face)
    over_hair(sketch, face)
    thin, pale = dice.uniform(0.3, 0.9), dice.uniform(0.0, 0.6)
    return [_softened(shape, thin, pale) for shape in sketch.shapes]


def _softened(shape: Shape, thin: float, pale: float) -> Shape:
    line = shape.line
    if line is not None and shape.fill is not None:
        line = mix(line, shape.fill, pale)
    return shape._replace(line=line, width=shape.width * thin)


def _tones(face: Face, dice: Dice) -> HairTones:
    tones = hair_tones(face)
    shift = tuple(int(dice.bell(40)) for _ in range(3))

    def moved(colour: Colour) -> Colour:
        red, green, blue = (min(max(part + by, 0), 255) for part, by in zip(colour, shift))
        return red, green, blue

    return HairTones(moved(tones.base), moved(tones.shade), moved(tones.light), moved(tones.line))


def _eyes(sketch: Sketch, face: Face, dice: Dice) -> None:
    """Draw the eyes larger, narrower or wider than usual."""
    first = len(sketch.shapes)
    eyes(sketch, face)
    wide, high = dice.uniform(0.95, 1.3), dice.uniform(0.8, 1.3)
    for place in range(first, len(sketch.shapes)):
        points = sketch.shapes[place].points
        middle = np.array([EYE_X if points[:, 0].mean() > 0 else -EYE_X, 0.0])
        sketch.shapes[place] = sketch.shapes[place]._replace(points=(points - middle) * (wide, high) + middle)


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
