"""The hair behind the head of the built-in faces, one function a style, and the braids over the shoulders.

Lengths are in face units (see `pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.face import STRANDS, Face
from mien.data.synthetic.hair import CROWN, HairTones, hair_size
from mien.data.synthetic.pen import LINE, MIRROR, STEPS, Points, Sketch, affine, arcs

BACK_DEPTH = -0.05  # a turn moves the back of the hair against the face


def back_hair(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """Draw the hair behind neck and shoulders."""
    sketch.depth = BACK_DEPTH
    _BACKS[face.style](sketch, face, tones)


def _fall(sketch: Sketch, face: Face, tones: HairTones, *half: tuple[float, float]) -> None:
    """Draw one shape of hair behind the head, from its right half, top to bottom."""
    points = sketch.symmetric(*half)
    sketch.fill(points * (hair_size(face), 1.0), tones.shade, tones.line)


def _long_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _fall(sketch, face, tones, (0, -1.4), (0.8, -1.2), (1.2, -0.5), (1.3, 0.3), (1.42, 1.3), (1.6, 2.6), (0.9, 3.6))
    for x in (-1.2, 1.2):
        sketch.stroke(sketch.open((x, 0.5), (x * 1.04, 1.2), (x * 1.1, 2.2)), tones.line, LINE * 0.6)


def _hime_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _fall(sketch, face, tones, (0, -1.4), (0.8, -1.2), (1.2, -0.5), (1.24, 0.3), (1.26, 1.3), (1.3, 2.6), (1.2, 3.4))


def _bob_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _fall(
        sketch, face, tones, (0, -1.4), (0.85, -1.2), (1.24, -0.5), (1.36, 0.2), (1.3, 0.8), (0.95, 1.08), (0.4, 0.95)
    )


def _nape(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """Draw the hair of gathered styles: little more than the skull."""
    _fall(sketch, face, tones, (0, -1.4), (0.8, -1.2), (1.12, -0.5), (1.08, 0.2), (0.75, 0.85), (0.3, 0.9))


def _curly_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    half = [(0, -1.4), (0.8, -1.2), (1.25, -0.5), (1.42, 0.3), (1.48, 1.1), (1.25, 1.75), (0.6, 1.9), (0, 1.8)]
    points = Sketch(max(sketch.steps, STEPS)).symmetric(*half)  # a curl takes four points
    middle = np.array([0.0, 0.3])
    curls = 0.09 * np.abs(np.sin(np.linspace(0, 14 * np.pi, len(points), endpoint=False)))
    outward = (points - middle) * (1 + curls[:, None])
    sketch.fill((outward + middle) * (hair_size(face), 1.0), tones.shade, tones.line)


def _twintails(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    wide = 0.12 * face.volume
    tail = sketch.closed(
        (1.0, -1.0), (1.42, -1.16), (1.74 + wide, -0.7), (1.84 + wide, 0.3), (1.7, 1.3), (1.35, 2.1), (1.22, 1.2),
        (1.3, 0.3), (1.14, -0.5),
    )  # fmt: skip
    shade = sketch.closed((1.2, -0.7), (1.42, 0.0), (1.45, 0.9), (1.37, 2.0), (1.25, 1.2), (1.32, 0.3), (1.16, -0.5))
    lock = sketch.open((1.3, -0.95), (1.58 + wide, -0.3), (1.6, 0.6), (1.48, 1.5))
    shine = sketch.closed((1.4 + wide, -0.5), (1.62 + wide, -0.58), (1.7 + wide, -0.3), (1.5 + wide, -0.24))
    for mirror in (1.0, MIRROR):
        sketch.fill(tail * mirror, tones.base, tones.line)
        sketch.fill(shade * mirror, tones.shade)
        sketch.fill(shine * mirror, tones.light)
        sketch.stroke(lock * mirror, tones.line, LINE * 0.6)


def _ponytail(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    side = (float(face.side), 1.0)
    tail = sketch.closed(
        (0.35, -1.25), (0.75, -1.75), (1.35, -1.55), (1.75, -0.8), (1.78, 0.2), (1.4, 1.25), (1.38, 0.3),
        (1.2, -0.5), (0.85, -1.05),
    )  # fmt: skip
    shade = sketch.closed((0.9, -1.2), (1.3, -0.7), (1.5, 0.0), (1.42, 1.1), (1.37, 0.3), (1.2, -0.5), (0.9, -1.0))
    shine = sketch.closed((1.1, -1.4), (1.36, -1.36), (1.56, -1.0), (1.36, -1.0))
    sketch.fill(tail * side, tones.base, tones.line)
    sketch.fill(shade * side, tones.shade)
    sketch.fill(shine * side, tones.light)
    sketch.stroke(sketch.open((0.8, -1.45), (1.3, -1.1), (1.56, -0.3), (1.5, 0.6)) * side, tones.line, LINE * 0.6)


def _buns(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    size = 0.44 + 0.05 * face.volume
    for x in (-0.92, 0.92):
        sketch.fill(sketch.ellipse(x, -1.28, size, size * 0.95), tones.base, tones.line)
        sketch.fill(sketch.ellipse(x - 0.12, -1.4, size * 0.4, size * 0.26), tones.light)
        swirl = sketch.open((x + 0.3, -1.3), (x + 0.1, -1.06), (x - 0.18, -1.16), (x - 0.08, -1.38), (x + 0.1, -1.3))
        sketch.stroke(swirl, tones.line, LINE * 0.7)


SPIKES = 13
SPIKE_REACH = (1.34, 1.2, 1.28, 1.16)  # of the skull's radius, in turn
SPIKE_BEND = 0.11  # radians by which a tip lags behind its root's middle


@lru_cache
def _spikes(steps: int) -> NDArray[np.float64]:
    """Return spikes around the skull, as an affine function of the strands.

    They point away from the crown on both sides. The skull is a unit circle here.
    """
    angle = (np.arange(2 * SPIKES) + 0.5) * (np.pi / SPIKES) - 0.5 * np.pi
    valleys = np.column_stack([np.cos(angle[0::2]), np.sin(angle[0::2])])
    lean = angle[1::2] + SPIKE_BEND * np.sign(np.cos(angle[1::2]))
    after = np.roll(valleys, -1, axis=0)

    def points(strands: NDArray[np.float64]) -> Points:
        reach = np.resize(SPIKE_REACH, SPIKES) + 0.06 * np.resize(strands, SPIKES)
        tips = np.column_stack([np.cos(lean), np.sin(lean)]) * reach[:, None]
        down = np.stack([valleys, (valleys + tips) * 0.53, tips], axis=1)
        up = np.stack([tips, (after + tips) * 0.53, after], axis=1)
        return arcs(np.stack([down, up], axis=1), steps).reshape(-1, 2)

    return affine(points, STRANDS)


def _spiky_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    points = (np.array((1.0, *face.strands)) @ _spikes(sketch.steps)).reshape(-1, 2)
    sketch.fill(points * (1.13, 1.18 * hair_size(face)) + CROWN, tones.base, tones.line)


def _braids(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)


RINGS = 6  # of a drill curl


def _drills(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    points = (np.array((1.0, face.volume)) @ _drill(sketch.steps)).reshape(2 * RINGS, -1, 2)
    for drill in (points * MIRROR, points):
        for ring in range(RINGS - 1, -1, -1):
            turn, under = drill[2 * ring], drill[2 * ring + 1]
            sketch.fill(turn, tones.base, tones.line)
            sketch.fill(under[: 4 * sketch.steps], tones.shade)


@lru_cache
def _drill(steps: int) -> NDArray[np.float64]:
    """Return the rings of the right drill, each with its shade, as an affine function of the hair's volume.

    A shade has four control points and a ring has six, so the last points of a shade only fill its row.
    """

    def points(volume: NDArray[np.float64]) -> Points:
        curves = []
        for ring in range(RINGS):
            x, y = 1.34 - 0.015 * ring, -0.35 + 0.34 * ring
            size = float(0.38 + 0.04 * volume[0] - 0.03 * ring)
            turn = Sketch(steps).closed(
                (x - size, y - 0.16), (x, y - 0.26), (x + size, y - 0.1), (x + size * 0.9, y + 0.18), (x, y + 0.24),
                (x - size * 0.9, y + 0.1),
            )  # fmt: skip
            under = Sketch(steps).closed(
                (x - size * 0.8, y + 0.06), (x, y + 0.08), (x + size * 0.9, y + 0.14), (x, y + 0.22)
            )
            curves += [turn, under, under[: len(turn) - len(under)]]
        return np.concatenate(curves)

    return affine(points, 1)


_BACKS = {
    "long": _long_back,
    "bob": _bob_back,
    "twintails": _twintails,
    "ponytail": _ponytail,
    "spiky": _spiky_back,
    "buns": _buns,
    "braids": _braids,
    "hime": _hime_back,
    "curly": _curly_back,
    "drills": _drills,
}


def front_braids(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """Draw two braids over the shoulders; nothing for other styles."""
    if face.style != "braids":
        return
    sketch.depth = 0.0
    for lobe, shine in _braid_links(sketch.steps):
        sketch.fill(lobe, tones.base, tones.line)
        sketch.fill(shine, tones.light)


@lru_cache
def _braid_links(steps: int) -> list[tuple[Points, Points]]:
    """Return the links of both braids, from below, each with its shine."""
    sketch, links = Sketch(steps), []
    for sign in (-1.0, 1.0):
        for link in range(5, -1, -1):
            x, y = 1.06 + 0.02 * link, 0.42 + 0.27 * link
            lean = 0.1 if link % 2 else -0.1
            lobe = sketch.closed(
                (x - 0.1, y - 0.22), (x + 0.22, y - 0.1 + lean), (x + 0.15, y + 0.16), (x - 0.05, y + 0.24),
                (x - 0.24, y - lean),
            )  # fmt: skip
            links.append((lobe * (sign, 1.0), sketch.ellipse(sign * (x - 0.06), y - 0.02 - lean / 2, 0.09, 0.06)))
    return links
