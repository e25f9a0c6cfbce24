"""The eyes of the built-in faces, and the glasses before them. Lengths are in face units."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.face import Face
from mien.data.synthetic.features import FEATURE_DEPTH, SKIN_COLOURS, skin_shade
from mien.data.synthetic.pen import BLACK, LINE, MIRROR, WHITE, Colour, Points, Sketch, circle, mix

EYE_COLOURS: dict[str, Colour] = {
    "aqua": (64, 190, 200),
    "blue": (56, 112, 220),
    "brown": (146, 88, 50),
    "green": (58, 162, 84),
    "pink": (236, 104, 158),
    "purple": (142, 82, 200),
    "red": (214, 48, 56),
    "yellow": (238, 184, 44),
}
EYE_WHITE: Colour = (252, 252, 255)
EYE_SHADOW: Colour = (204, 206, 228)  # of the lid
LASHES: Colour = (44, 30, 44)
FRAMES: Colour = (56, 44, 66)

EYE_X = 0.5  # from the middle to an eye's centre
EYE_WIDTH = 0.3  # half the width of an eye
EYE_TOP = 0.31  # from the eye line up to the lid
EYE_BOTTOM = 0.26
IRIS_X = 0.225  # half-axes of the iris, taller than the eye is open
IRIS_Y = 0.3
LASH_THICKNESS = 0.085


LID_BEND = 2.6  # 2 would make the lids elliptic; more makes them flat on top
LID_SHARPNESS = 0.75  # how steeply they end at the corners
LID_STEPS = 13


@lru_cache
def _lid() -> tuple[Points, Points]:
    """An eyelid of half-width 1 and height 1: x from -1 to 1, and its height there."""
    x = np.linspace(-1, 1, LID_STEPS)
    return x, (1 - np.abs(x) ** LID_BEND) ** LID_SHARPNESS


EYE_PARTS = ("white", "shadow", "lash", "under", "fold")


@lru_cache
def _eye_parts() -> tuple[NDArray[np.float64], dict[str, slice]]:
    """The fixed parts of a right eye, one after another, and where each lies.

    A row says how often a point has the eye's width (in x) and its top, its bottom and 1 (in y). [n, 4]
    """
    x, lid = _lid()
    none = np.zeros_like(x)
    thick = LASH_THICKNESS * (1 + 0.6 * np.maximum(x, -0.6))
    upper, lower = np.stack([x, -lid, none, none], 1), np.stack([x, none, lid, none], 1)
    lash_below = np.stack([1.06 * x, -lid, none, none + 0.03], 1)
    lash_above = np.stack([1.08 * x, -lid, none, -thick], 1)
    parts = {
        "white": [upper, lower[-2:0:-1]],
        "shadow": [upper, upper[::-1] + np.array([0, 0, 0, 0.1])],
        "lash": [lash_below, [(1.26, 0, 0, -0.11)], lash_above[::-1]],
        "under": [lower[x > -0.2] + (0, 0, 0, 0.01)],
        "fold": [lash_above[1:-2] - (0, 0, 0, 0.07)],
    }
    joined = [np.concatenate(parts[name]) for name in EYE_PARTS]
    bounds = pairwise(accumulate(map(len, joined), initial=0))
    return np.concatenate(joined), {name: slice(*ends) for name, ends in zip(EYE_PARTS, bounds)}


@dataclass(frozen=True, slots=True)
class _Eyes:
    """The geometry of both eyes: half the width, heights of the lids, distance from the middle, slant and gaze."""

    size: float
    width: float
    top: float
    bottom: float
    distance: float
    slant: float
    gaze: tuple[float, float]

    def parts(self) -> tuple[Points, Points]:
        """The fixed parts of the left and the right eye."""
        table, _ = _eye_parts()
        right = table @ np.array([(self.width, -self.slant * self.width), (0, self.top), (0, self.bottom), (0, 1)])
        right[:, 0] += self.distance
        return right * MIRROR, right

    def discs(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ellipses about the pupil's place, cut off by the lids. [2, n, points] -> [2, n, points, 2]

        The result has the left eye before the right one. Unlike the lids they are not mirrored: both eyes look the
        same way and the light falls from one side.
        """
        x, y = table * self.size
        x += self.gaze[0]
        y += self.gaze[1]
        np.minimum(np.maximum(x, -self.width, out=x), self.width, out=x)
        lid = np.interp(x * (1 / self.width), *_lid())
        np.minimum(np.maximum(y, lid * -self.top, out=y), lid * self.bottom, out=y)
        both = np.empty((2, *x.shape, 2))
        lean = self.slant * x
        np.subtract(x, self.distance, out=both[0, ..., 0])
        np.add(y, lean, out=both[0, ..., 1])
        np.add(x, self.distance, out=both[1, ..., 0])
        np.subtract(y, lean, out=both[1, ..., 1])
        return both


SLANTS = {"angry": 0.05, "worried": -0.04}


def eyes(sketch: Sketch, face: Face) -> None:
    """Both eyes: white, iris from dark to bright, pupil, lights, lashes and the fold of the lid."""
    sketch.depth = FEATURE_DEPTH
    size = 1 + 0.08 * face.eye_size
    shape = _Eyes(
        size=size,
        width=EYE_WIDTH * (1 + 0.05 * face.eye_size),
        top=EYE_TOP * size * (1.08 if face.mouth == "surprised" else 1.0),
        bottom=EYE_BOTTOM * size,
        distance=EYE_X + 0.03 * face.eye_spacing,
        slant=0.07 * face.eye_slant + SLANTS.get(face.brows, 0.0),
        gaze=(0.04 * face.gaze_x, 0.02 * face.gaze_y),
    )
    colours = _eye_colours(face.eyes, face.skin, sketch.fine)
    _, place = _eye_parts()
    discs = shape.discs(_iris(sketch.fine, sketch.steps))
    for parts, (outer, *inner, pupil, light, glint) in zip(shape.parts(), discs):
        sketch.fill(parts[place["white"]], EYE_WHITE, ink=WHITE)
        if sketch.fine:
            sketch.fill(parts[place["shadow"]], EYE_SHADOW)
        sketch.fill(outer, colours.rim, colours.rim, LINE * 0.5)
        for disc, shade in zip(inner, colours.iris):
            sketch.fill(disc, shade)
        sketch.fill(pupil, colours.rim, ink=BLACK)
        sketch.fill(light, WHITE, ink=WHITE)
        sketch.fill(glint, WHITE, ink=WHITE)
        sketch.stroke(parts[place["under"]], colours.under, LINE * 0.8)
        sketch.fill(parts[place["lash"]], LASHES, ink=BLACK)
        if sketch.fine:
            sketch.stroke(parts[place["fold"]], colours.fold, LINE * 0.6)


class _Colours(NamedTuple):
    """The colours of an eye: its rim and pupil, the steps of the iris, the line under it and the fold of the lid."""

    rim: Colour
    iris: list[Colour]
    under: Colour
    fold: Colour


@lru_cache(maxsize=128)
def _eye_colours(eyes: str, skin: str, fine: bool) -> _Colours:
    colour = EYE_COLOURS[eyes]
    rim, dark, bright = mix(colour, LASHES, 0.72), mix(colour, LASHES, 0.36), mix(colour, WHITE, 0.5)
    shares = _IRIS_FINE if fine else _IRIS_COARSE
    iris = [mix(dark, colour, 2 * s) if s < 0.5 else mix(colour, bright, 2 * s - 1) for s in shares]
    return _Colours(rim, iris, mix(LASHES, SKIN_COLOURS[skin], 0.2), skin_shade(skin, 0.6))


# The steps of the iris, from the lid's shadow (0) down to where the light gathers (1).
_IRIS_COARSE = (0.0, 0.5, 1.0)
_IRIS_FINE = tuple(step / 7 for step in range(8))


@lru_cache
def _iris(fine: bool, steps: int) -> NDArray[np.float64]:
    """The discs of an eye of usual size, back to front: rim, iris, pupil and two lights. [2, n, points]"""
    shares = _IRIS_FINE if fine else _IRIS_COARSE
    iris = [(0.0, 0.02 + 0.1 * s, IRIS_X * (0.87 - 0.2 * s), IRIS_Y * (0.87 - 0.38 * s)) for s in shares]
    pupil, light, glint = (0.0, -0.02, 0.09, 0.14), (-0.085, -0.12, 0.09, 0.095), (0.095, 0.13, 0.05, 0.05)
    x, y, rx, ry = np.array([(0.0, 0.0, IRIS_X, IRIS_Y), *iris, pupil, light, glint]).T[:, :, None]
    unit = circle(5 * steps)
    return np.stack([x + rx * unit[:, 0], y + ry * unit[:, 1]])


def glasses(sketch: Sketch, face: Face) -> None:
    """Round-cornered frames before the eyes, with a glint."""
    if not face.glasses:
        return
    sketch.depth = FEATURE_DEPTH
    spread = EYE_X + 0.035 * face.eye_spacing
    for sign in (-1.0, 1.0):
        sketch.stroke(_rim(sketch.steps) + np.array((sign * spread, 0.03)), FRAMES, LINE * 1.15)
        sketch.stroke(np.array([(sign * (spread + 0.4), -0.02), (sign * 1.02, -0.08)]), FRAMES, LINE)
        if sketch.fine:
            glint = np.array([(0.2, -0.22), (0.3, -0.22), (0.18, 0.1), (0.13, 0.1)]) + np.array((sign * spread, 0.0))
            sketch.fill(glint, (236, 244, 255))
    sketch.stroke(sketch.open((0.4 - spread, 0.0), (0, -0.04), (spread - 0.4, 0.0)), FRAMES, LINE * 1.15)


@lru_cache
def _rim(steps: int) -> Points:
    """The frame around a lens, closed."""
    corners = np.abs(circle(8 * steps)) ** 0.7 * np.sign(circle(8 * steps)) * (0.4, 0.36)
    return np.concatenate([corners, corners[:1]])
