"""The parts of a face except the eyes: head and ears, brows, nose, mouth and cheeks. Lengths are in face units."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.face import Face
from mien.data.synthetic.pen import BLACK, LINE, MIRROR, Colour, Points, Shape, Sketch, affine, mix

SKIN_COLOURS: dict[str, Colour] = {
    "pale": (255, 240, 232),
    "light": (255, 226, 206),
    "tan": (240, 196, 160),
    "dark": (204, 150, 114),
}
SKIN_SHADOW: Colour = (206, 92, 96)
SKIN_OUTLINE: Colour = (92, 40, 52)
MOUTH_LINE: Colour = (140, 58, 58)
MOUTH_INSIDE: Colour = (188, 68, 74)
TONGUE: Colour = (244, 138, 138)
ROSE: Colour = (248, 104, 112)

HEAD_DEPTH = 0.07  # how far a turn moves the chin and the jaw
FEATURE_DEPTH = 0.2


def skin_shade(skin: str, share: float = 0.2) -> Colour:
    """Return a skin colour in shadow."""
    return mix(SKIN_COLOURS[skin], SKIN_SHADOW, share)


def skin_line(skin: str) -> Colour:
    """Return the outline colour of a skin."""
    return mix(SKIN_COLOURS[skin], SKIN_OUTLINE, 0.7)


def ears(sketch: Sketch, face: Face) -> None:
    """Draw both ears, if the hair does not hide them."""
    sketch.depth = 0.0
    ear = sketch.closed((0.92, -0.1), (1.1, -0.16), (1.14, 0.06), (1.02, 0.34), (0.92, 0.36))
    fold = sketch.open((0.98, 0.2), (1.06, 0.04), (1.0, -0.04))
    for mirror in (1.0, MIRROR):
        sketch.fill(ear * mirror, SKIN_COLOURS[face.skin], skin_line(face.skin))
        sketch.stroke(fold * mirror, skin_shade(face.skin, 0.5), LINE * 0.7)


def head(sketch: Sketch, face: Face) -> None:
    """Draw the outline of the face."""
    skin, line = SKIN_COLOURS[face.skin], skin_line(face.skin)
    sketch.depth = HEAD_DEPTH
    points = np.array((1.0, face.jaw, face.chin)) @ _head(sketch.steps)
    sketch.fill(points.reshape(-1, 2), skin, line)


@lru_cache
def _head(steps: int) -> NDArray[np.float64]:
    """Return the outline as an affine function of jaw and chin."""

    def points(numbers: NDArray[np.float64]) -> Points:
        jaw, chin = 0.05 * numbers[0], 1.08 + 0.05 * numbers[1]
        half = [(0, -1.1), (0.7, -0.9), (0.97, -0.3), (0.96, 0.16), (0.86 + jaw, 0.5), (0.56 + jaw, chin - 0.24)]
        return Sketch(steps).symmetric(*half, (0.2, chin - 0.03), (0, chin))

    return affine(points, 2)


def cheeks(sketch: Sketch, face: Face) -> None:
    """Draw the nose, and a blush if the face has one."""
    sketch.shapes += _cheeks(face.skin, face.blush, float(face.side), sketch.steps)


@lru_cache
def _cheeks(skin_name: str, blush: bool, side: float, steps: int) -> list[Shape]:
    """Return the shapes of the cheeks. Nothing here varies continuously."""
    sketch, skin = Sketch(steps), SKIN_COLOURS[skin_name]
    sketch.depth = FEATURE_DEPTH
    if blush:
        rings = 4 if sketch.fine else 2
        for ring in range(rings):
            size, colour = 1 - 0.7 * ring / rings, mix(skin, ROSE, 0.42 * (ring + 1) / rings)
            for x in (-0.6, 0.6):
                sketch.fill(sketch.ellipse(x, 0.45, 0.24 * size, 0.12 * size), colour)
        if sketch.fine:
            for x in (-0.68, -0.58, -0.48, 0.48, 0.58, 0.68):
                slash = np.array([(x + 0.03, 0.4), (x - 0.03, 0.5)])
                sketch.stroke(slash, mix(skin, ROSE, 0.7), LINE * 0.5, drawn=False)
    nose = np.array([(-0.005, 0.36), (0.035, 0.44), (-0.03, 0.46)]) * (side, 1.0)
    sketch.fill(nose, skin_shade(skin_name, 0.55), ink=BLACK)
    return sketch.shapes


BROW_SHAPES = {  # y of a brow's inner end, middle and outer end, from its usual height
    "calm": (0.0, -0.05, 0.02),
    "raised": (-0.1, -0.19, -0.1),
    "angry": (0.13, 0.02, -0.06),
    "worried": (-0.12, -0.06, 0.06),
}
BROW_Y = -0.5


def brows(sketch: Sketch, face: Face, colour: Colour) -> None:
    """Draw two tapered brows over the bangs, as anime does."""
    sketch.depth = FEATURE_DEPTH
    for brow in _brows(face.brows, sketch.steps):
        sketch.fill(brow, colour, ink=BLACK)


@lru_cache
def _brows(kind: str, steps: int) -> tuple[Points, Points]:
    inner, middle, outer = (BROW_Y + y for y in BROW_SHAPES[kind])
    brow = Sketch(steps).closed(
        (0.24, inner), (0.26, inner - 0.06), (0.5, middle - 0.06), (0.78, outer), (0.5, middle + 0.005)
    )
    return brow, brow * MIRROR


MOUTH_Y = 0.7


def mouth(sketch: Sketch, face: Face) -> None:
    """Draw the mouth in one of its six moods."""
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
