"""The face itself: head and ears, eyes, brows, nose, mouth, cheeks and glasses. Lengths are in face units."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from .drawn_face import Face
from .drawn_pen import BLACK, LINE, MIRROR, WHITE, Colour, Points, Sketch, circle, mix

SKIN_COLOURS: dict[str, Colour] = {
    "pale": (255, 240, 232),
    "light": (255, 226, 206),
    "tan": (240, 196, 160),
    "dark": (204, 150, 114),
}
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
SKIN_SHADOW: Colour = (206, 92, 96)
SKIN_OUTLINE: Colour = (92, 40, 52)
EYE_WHITE: Colour = (252, 252, 255)
EYE_SHADOW: Colour = (204, 206, 228)  # of the lid
LASHES: Colour = (44, 30, 44)
MOUTH_LINE: Colour = (140, 58, 58)
MOUTH_INSIDE: Colour = (188, 68, 74)
TONGUE: Colour = (244, 138, 138)
ROSE: Colour = (248, 104, 112)
FRAMES: Colour = (56, 44, 66)

HEAD_DEPTH = 0.07  # how far a turn moves the chin and the jaw
FEATURE_DEPTH = 0.2
EYE_X = 0.5  # from the middle to an eye's centre
EYE_WIDTH = 0.3  # half the width of an eye
EYE_TOP = 0.31  # from the eye line up to the lid
EYE_BOTTOM = 0.26
IRIS_X = 0.225  # half-axes of the iris, taller than the eye is open
IRIS_Y = 0.3
LASH_THICKNESS = 0.085


def skin_shade(skin: str, share: float = 0.2) -> Colour:
    """A skin in shadow."""
    return mix(SKIN_COLOURS[skin], SKIN_SHADOW, share)


def skin_line(skin: str) -> Colour:
    """The outline of a skin."""
    return mix(SKIN_COLOURS[skin], SKIN_OUTLINE, 0.7)


def ears(sketch: Sketch, face: Face) -> None:
    """Both ears, for hair that does not hide them."""
    sketch.depth = 0.0
    ear = sketch.closed((0.92, -0.1), (1.1, -0.16), (1.14, 0.06), (1.02, 0.34), (0.92, 0.36))
    fold = sketch.open((0.98, 0.2), (1.06, 0.04), (1.0, -0.04))
    for mirror in (1.0, MIRROR):
        sketch.fill(ear * mirror, SKIN_COLOURS[face.skin], skin_line(face.skin))
        sketch.stroke(fold * mirror, skin_shade(face.skin, 0.5), LINE * 0.7)


def head(sketch: Sketch, face: Face) -> None:
    """The outline of the face."""
    skin, line = SKIN_COLOURS[face.skin], skin_line(face.skin)
    sketch.depth = HEAD_DEPTH
    jaw, chin = 0.05 * face.jaw, 1.08 + 0.05 * face.chin
    half = (
        (0, -1.1),
        (0.7, -0.9),
        (0.97, -0.3),
        (0.96, 0.16),
        (0.86 + jaw, 0.5),
        (0.56 + jaw, chin - 0.24),
        (0.2, chin - 0.03),
        (0, chin),
    )
    sketch.fill(sketch.symmetric(*half), skin, line)


def cheeks(sketch: Sketch, face: Face) -> None:
    """The nose, and a blush where there is one."""
    sketch.depth = FEATURE_DEPTH
    skin = SKIN_COLOURS[face.skin]
    if face.blush:
        rings = 4 if sketch.fine else 2
        for ring in range(rings):
            size = 1 - 0.7 * ring / rings
            for x in (-0.6, 0.6):
                sketch.fill(
                    sketch.ellipse(x, 0.45, 0.24 * size, 0.12 * size), mix(skin, ROSE, 0.42 * (ring + 1) / rings)
                )
        if sketch.fine:
            for x in (-0.68, -0.58, -0.48, 0.48, 0.58, 0.68):
                sketch.stroke(
                    np.array([(x + 0.03, 0.4), (x - 0.03, 0.5)]), mix(skin, ROSE, 0.7), LINE * 0.5, drawn=False
                )
    nose = np.array([(-0.005, 0.36), (0.035, 0.44), (-0.03, 0.46)]) * (float(face.side), 1.0)
    sketch.fill(nose, skin_shade(face.skin, 0.55), ink=BLACK)


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
    """What both eyes share: half the width, heights of the lids, distance from the middle, slant and gaze."""

    size: float
    width: float
    top: float
    bottom: float
    distance: float
    slant: float
    gaze: tuple[float, float]

    def parts(self) -> list[dict[str, Points]]:
        """The fixed parts of the left and the right eye, by name."""
        table, places = _eye_parts()
        right = table @ np.array([(self.width, -self.slant * self.width), (0, self.top), (0, self.bottom), (0, 1)])
        right[:, 0] += self.distance
        return [{name: side[place] for name, place in places.items()} for side in (right * MIRROR, right)]

    def discs(self, table: NDArray[np.float64], steps: int) -> Points:
        """Ellipses (x, y, rx, ry) about the pupil's place, cut off by the lids. [n, 4] -> [2, n, points, 2]

        Unlike the lids they are not mirrored: both eyes look the same way and the light falls from one side.
        """
        x0, y0, rx, ry = (table * self.size).T[:, :, None]
        unit = circle(5 * steps)
        x = np.minimum(np.maximum(x0 + self.gaze[0] + rx * unit[:, 0], -self.width), self.width)
        lid = np.interp(x / self.width, *_lid())
        y = np.minimum(np.maximum(y0 + self.gaze[1] + ry * unit[:, 1], -self.top * lid), self.bottom * lid)
        both = np.empty((2, *x.shape, 2))
        both[..., 0] = x + _SIDES * self.distance
        both[..., 1] = y - _SIDES * self.slant * x
        return both


_SIDES = np.array([-1.0, 1.0])[:, None, None]  # the left and the right eye


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
        slant=0.07 * face.eye_slant + {"angry": 0.05, "worried": -0.04}.get(face.brows, 0.0),
        gaze=(0.04 * face.gaze_x, 0.02 * face.gaze_y),
    )
    colour = EYE_COLOURS[face.eyes]
    rim, dark, bright = mix(colour, LASHES, 0.72), mix(colour, LASHES, 0.36), mix(colour, WHITE, 0.5)
    under_line, fold_line = mix(LASHES, SKIN_COLOURS[face.skin], 0.2), skin_shade(face.skin, 0.6)
    shares = _IRIS_FINE if sketch.fine else _IRIS_COARSE
    colours = [mix(dark, colour, 2 * s) if s < 0.5 else mix(colour, bright, 2 * s - 1) for s in shares]
    discs = shape.discs(_iris_table(sketch.fine), sketch.steps)
    for parts, (outer, *inner, pupil, light, glint) in zip(shape.parts(), discs):
        sketch.fill(parts["white"], EYE_WHITE, ink=WHITE)
        if sketch.fine:
            sketch.fill(parts["shadow"], EYE_SHADOW)
        sketch.fill(outer, rim, rim, LINE * 0.5)
        for disc, shade in zip(inner, colours):
            sketch.fill(disc, shade)
        sketch.fill(pupil, rim, ink=BLACK)
        sketch.fill(light, WHITE, ink=WHITE)
        sketch.fill(glint, WHITE, ink=WHITE)
        sketch.stroke(parts["under"], under_line, LINE * 0.8)
        sketch.fill(parts["lash"], LASHES, ink=BLACK)
        if sketch.fine:
            sketch.stroke(parts["fold"], fold_line, LINE * 0.6)


# The steps of the iris, from the lid's shadow (0) down to where the light gathers (1).
_IRIS_COARSE = (0.0, 0.5, 1.0)
_IRIS_FINE = tuple(step / 7 for step in range(8))


@lru_cache
def _iris_table(fine: bool) -> NDArray[np.float64]:
    """The discs of an eye, back to front, each (x, y, rx, ry): rim, iris, pupil and two lights."""
    shares = _IRIS_FINE if fine else _IRIS_COARSE
    iris = [(0.0, 0.02 + 0.1 * s, IRIS_X * (0.87 - 0.2 * s), IRIS_Y * (0.87 - 0.38 * s)) for s in shares]
    pupil, light, glint = (0.0, -0.02, 0.09, 0.14), (-0.085, -0.12, 0.09, 0.095), (0.095, 0.13, 0.05, 0.05)
    return np.array([(0.0, 0.0, IRIS_X, IRIS_Y), *iris, pupil, light, glint])


BROW_SHAPES = {  # y of a brow's inner end, middle and outer end, from its usual height
    "calm": (0.0, -0.05, 0.02),
    "raised": (-0.1, -0.19, -0.1),
    "angry": (0.13, 0.02, -0.06),
    "worried": (-0.12, -0.06, 0.06),
}
BROW_Y = -0.5


def brows(sketch: Sketch, face: Face, colour: Colour) -> None:
    """Two tapered brows, drawn over the bangs as is the custom."""
    sketch.depth = FEATURE_DEPTH
    inner, middle, outer = (BROW_Y + y for y in BROW_SHAPES[face.brows])
    brow = sketch.closed(
        (0.24, inner), (0.26, inner - 0.06), (0.5, middle - 0.06), (0.78, outer), (0.5, middle + 0.005)
    )
    for mirror in (1.0, MIRROR):
        sketch.fill(brow * mirror, colour, ink=BLACK)


MOUTH_Y = 0.7


def mouth(sketch: Sketch, face: Face) -> None:
    """The mouth in one of its six moods."""
    sketch.depth = FEATURE_DEPTH
    y, wide = MOUTH_Y + 0.02 * face.chin, 1 + 0.15 * face.mouth_size
    inside = mix(MOUTH_INSIDE, BLACK, 0.15 if face.skin == "dark" else 0.0)
    line = mix(MOUTH_LINE, BLACK, 0.2 if face.skin == "dark" else 0.0)

    size, place = np.array([wide, 1.0]), np.array([0.0, y])
    if face.mouth == "open_smile":
        lips = ((-0.24, -0.06), (0, -0.03), (0.24, -0.06), (0.15, 0.13), (0, 0.2), (-0.15, 0.13))
        sketch.fill(sketch.closed(*lips) * size + place, inside, line)
        sketch.fill(sketch.closed((-0.12, 0.12), (0, 0.07), (0.12, 0.12), (0, 0.18)) * size + place, TONGUE)
    elif face.mouth == "surprised":
        sketch.fill(sketch.ellipse(0, 0.05, 0.1, 0.13) * size + place, inside, line)
        sketch.fill(sketch.ellipse(0, 0.11, 0.06, 0.05) * size + place, TONGUE)
    else:
        sketch.stroke(sketch.open(*_MOUTH_LINES[face.mouth]) * size + place, line, LINE * 1.15)
    if face.mouth != "cat":
        below = 0.27 if face.mouth in ("open_smile", "surprised") else 0.15
        sketch.fill(sketch.ellipse(0, below, 0.07, 0.018) + place, skin_shade(face.skin, 0.35))


_MOUTH_LINES = {
    "smile": ((-0.22, -0.05), (-0.11, 0.03), (0, 0.055), (0.11, 0.03), (0.22, -0.05)),
    "neutral": ((-0.13, 0.01), (0, 0.0), (0.13, 0.01)),
    "frown": ((-0.15, 0.07), (-0.07, 0.01), (0, -0.005), (0.07, 0.01), (0.15, 0.07)),
    "cat": ((-0.23, -0.04), (-0.17, 0.04), (-0.07, 0.04), (0, -0.03), (0.07, 0.04), (0.17, 0.04), (0.23, -0.04)),
}


def glasses(sketch: Sketch, face: Face) -> None:
    """Round-cornered frames before the eyes, with a glint."""
    if not face.glasses:
        return
    sketch.depth = FEATURE_DEPTH
    spread = EYE_X + 0.035 * face.eye_spacing
    corners = np.abs(circle(8 * sketch.steps)) ** 0.7 * np.sign(circle(8 * sketch.steps))
    for sign in (-1.0, 1.0):
        rim = corners * (0.4, 0.36) + (sign * spread, 0.03)
        sketch.stroke(np.concatenate([rim, rim[:1]]), FRAMES, LINE * 1.15)
        sketch.stroke(np.array([(sign * (spread + 0.4), -0.02), (sign * 1.02, -0.08)]), FRAMES, LINE)
        glint = np.array([(0.2, -0.22), (0.3, -0.22), (0.18, 0.1), (0.13, 0.1)]) + np.array([sign * spread, 0.0])
        if sketch.fine:
            sketch.fill(glint, (236, 244, 255))
    sketch.stroke(sketch.open((0.4 - spread, 0.0), (0, -0.04), (spread - 0.4, 0.0)), FRAMES, LINE * 1.15)
