"""The hair of the built-in faces: its tones, and the crown with bangs and side locks before the head.

Lengths are in face units (see `pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.face import STRANDS, Face
from mien.data.synthetic.pen import LINE, MIRROR, Colour, Points, Sketch, affine, arcs, circle, mix

HAIR_COLOURS: dict[str, Colour] = {
    "aqua": (112, 214, 216),
    "black": (66, 62, 78),
    "blonde": (250, 217, 122),
    "blue": (84, 122, 214),
    "brown": (146, 94, 66),
    "gray": (152, 154, 166),
    "green": (104, 180, 108),
    "orange": (246, 152, 74),
    "pink": (250, 164, 192),
    "purple": (150, 104, 196),
    "red": (206, 66, 68),
    "white": (236, 234, 244),
}
SHADOW: Colour = (58, 34, 92)  # shades lean towards violet, as painters do, not towards black
SUNLIGHT: Colour = (255, 252, 240)

CROWN = (0.0, -0.22)  # the centre of the skull's ellipse
CROWN_WIDTH = 1.17  # its half-axes
CROWN_HEIGHT = 1.27
BANG_LIFT = 0.1  # keeps the bangs off the lashes
HAIRLINE = 0.86  # half the width of the bangs where they meet the side locks
FRONT_DEPTH = 0.1  # how far a turn moves it sideways

SIDE_LOCK_ENDS = {  # y of the side locks' tips
    "long": 1.75,
    "bob": 0.82,
    "twintails": 0.95,
    "ponytail": 0.85,
    "spiky": 0.35,
    "buns": 0.7,
    "braids": 0.45,
    "hime": 0.72,
    "curly": 1.0,
    "drills": 0.6,
}


def shows_ears(face: Face) -> bool:
    """Return whether the side locks are too short to hide the ears."""
    return SIDE_LOCK_ENDS[face.style] < 0.4


@dataclass(frozen=True, slots=True)
class HairTones:
    """Four tones of one hair colour."""

    base: Colour
    shade: Colour
    light: Colour
    line: Colour


def hair_tones(face: Face) -> HairTones:
    """The tones of a face's hair; `face.tone` makes them a little darker or brighter."""
    pure = HAIR_COLOURS[face.hair]
    base = mix(pure, SUNLIGHT if face.tone > 0 else SHADOW, 0.08 * abs(face.tone))
    return HairTones(base, mix(base, SHADOW, 0.24), mix(base, SUNLIGHT, 0.5), mix(base, SHADOW, 0.66))


def hair_size(face: Face) -> float:
    """Return the factor by which the hair is larger than usual."""
    return 1 + 0.05 * face.volume


class _Locks(NamedTuple):
    """The lower edge of the bangs, left to right: n locks between n + 1 valleys."""

    valleys: Points
    tips: Points

    def edge(self, steps: int) -> Points:
        """The edge as a dense curve from the first valley to the last."""
        controls = np.empty((len(self.tips), 2, 3, 2))  # down to each tip, and up again
        before, after = self.valleys[:-1], self.valleys[1:]
        controls[:, 0, 0], controls[:, 0, 2] = before, self.tips
        controls[:, 1, 0], controls[:, 1, 2] = self.tips, after
        controls[:, 0, 1] = 0.3 * before + 0.7 * self.tips - (LOCK_BULGE, 0.03)
        controls[:, 1, 1] = 0.3 * after + 0.7 * self.tips + (LOCK_BULGE, -0.03)
        return np.concatenate([arcs(controls, steps).reshape(-1, 2), after[-1:]])

    def shades(self) -> NDArray[np.float64]:
        """The side of each lock away from the light. [n, 4, 2]"""
        after, tips = self.valleys[1:], self.tips
        roots = np.column_stack([0.9 * tips[:, 0], after[:, 1] - 0.22])
        middle = 0.35 * after + 0.65 * tips
        return np.stack([tips, middle + np.array((0.02, 0.0)), after, 0.35 * after + 0.65 * roots], axis=1)

    def strands(self) -> NDArray[np.float64]:
        """The lines that go up from the inner valleys. [n - 1, 2, 2]"""
        roots = self.valleys[1:-1]
        return np.stack([roots, roots * (0.76, 1.0) - (0.0, 0.34)], axis=1)


@dataclass(frozen=True, slots=True)
class Bangs:
    """The bangs of one face: their lower edge, the shaded side of each lock and the strands between them."""

    edge: Points
    shades: NDArray[np.float64]  # [n, 4, 2]
    strands: NDArray[np.float64]  # [n - 1, 2, 2]


def bangs(face: Face, steps: int) -> Bangs:
    """The locks over the forehead, each a little out of line."""
    matrix, count, edge = _bangs(face.bangs, face.side, steps)
    points = (np.array((1.0, face.bang_length, *face.strands)) @ matrix).reshape(-1, 2)
    shades = edge + 4 * count
    return Bangs(points[:edge], points[edge:shades].reshape(-1, 4, 2), points[shades:].reshape(-1, 2, 2))


@lru_cache(maxsize=64)
def _bangs(kind: str, side: int, steps: int) -> tuple[NDArray[np.float64], int, int]:
    """Edge, shades and strands as an affine function of bang length and strands; how many locks and points of edge."""

    def points(numbers: NDArray[np.float64]) -> Points:
        locks = _locks(kind, side, numbers[0], numbers[1:])
        return np.concatenate([locks.edge(steps), locks.shades().reshape(-1, 2), locks.strands().reshape(-1, 2)])

    count = len(_locks(kind, side, 0.0, np.zeros(STRANDS)).tips)
    return affine(points, 1 + STRANDS), count, 2 * count * steps + 1


LOCK_BULGE = 0.04  # rounds the locks, so that they look like leaves and not like teeth


def _even(count: int, root: float, tip: float, sag: float, spread: float, outermost: float) -> _Locks:
    """Locks of equal width: y of their roots and tips, how much lower the tips hang at the sides, and the ends' y."""
    x = np.linspace(-HAIRLINE, HAIRLINE, count + 1)
    middle = (x[1:] + x[:-1]) / 2
    valleys, tips = (
        np.column_stack([x, np.full_like(x, root)]),
        np.column_stack([middle * spread, tip + sag * middle**2]),
    )
    valleys[[0, -1], 1] = outermost
    return _Locks(valleys, tips)


_EVEN_BANGS = {  # and how far roots and tips (x, y) are out of line
    "straight": (_even(7, root=-0.45, tip=-0.31, sag=0.08, spread=1.0, outermost=-0.4), (0.04, 0.03, 0.02)),
    "zigzag": (_even(5, root=-0.62, tip=-0.24, sag=0.2, spread=1.12, outermost=-0.35), (0.1, 0.06, 0.07)),
}


def _locks(kind: str, side: int, length: float, jitter: NDArray[np.float64]) -> _Locks:
    """The locks of one kind of bangs, for a length and the strands' numbers; affine in both."""
    if kind in _EVEN_BANGS:
        even, (root, tip_x, tip_y) = _EVEN_BANGS[kind]
        valleys, tips = even.valleys.copy(), even.tips.copy()
        valleys[1:-1, 1] += root * jitter[: len(valleys) - 2]
        tips[:, 0] += tip_x * jitter[: len(tips)]
        tips[:, 1] += tip_y * jitter[-len(tips) :]
    elif kind == "swept":
        valleys = np.array([(-HAIRLINE, -0.3), (-0.5, -1.0), (-0.16, -0.74), (0.2, -0.64), (0.55, -0.52), (0.86, -0.3)])
        tips = np.array([(-0.8, 0.0), (-0.02, -0.36), (0.36, -0.28), (0.66, -0.2), (0.86, 0.02)])
        tips[:, 1] += 0.06 * jitter[:5]
    elif kind == "parted":
        half = np.array([(0.0, -1.02), (0.3, -0.74), (0.6, -0.56), (HAIRLINE, -0.3)])
        valleys = np.concatenate([half[:0:-1] * MIRROR, half]) + np.array([0.08 * jitter[0], 0.0])
        ends = np.array([(0.46, -0.4), (0.7, -0.22), (0.87, 0.04)])
        tips = np.concatenate([ends[::-1] * MIRROR, ends])
        tips[:, 1] += 0.06 * jitter[:6]
    else:
        valleys = np.array(
            [(-HAIRLINE, -0.35), (-0.5, -0.62), (-0.16, -0.72), (0.14, -0.72), (0.5, -0.62), (0.86, -0.35)]
        )
        tips = np.array([(-0.75, -0.08), (-0.34, -0.26), (0.03, 0.12), (0.36, -0.26), (0.77, -0.08)])
        tips += np.stack([0.03 * jitter[:5], 0.05 * jitter[1:6]], axis=1)
    tips[:, 1] += 0.07 * length - BANG_LIFT
    if side < 0:
        return _Locks(valleys[::-1] * MIRROR, tips[::-1] * MIRROR)
    return _Locks(valleys, tips)


BANG_SHADOW = 0.09  # how far below the bangs their shadow reaches


def bang_shadow(sketch: Sketch, edge: Points, colour: Colour) -> None:
    """The shadow of the bangs on the forehead, inside the face."""
    sketch.depth = FRONT_DEPTH
    points = np.empty((len(edge) + 2, 2))
    np.minimum(np.maximum(edge[:, 0], -0.85), 0.85, out=points[:-2, 0])
    np.add(edge[:, 1], BANG_SHADOW, out=points[:-2, 1])
    points[-2:] = _SHADOW_TOP
    sketch.fill(points, colour)


_SHADOW_TOP = np.array([(0.85, -0.95), (-0.85, -0.95)])


@lru_cache(maxsize=64)
def _side_lock(style: str, steps: int) -> NDArray[np.float64]:
    """The right side lock, from the bangs' last valley down to its tip and up to the crown's rim.

    It is an affine function of the bangs' length and of that valley's x and y.
    """

    def points(numbers: NDArray[np.float64]) -> Points:
        length, *valley = numbers.tolist()
        x, y = valley
        end = SIDE_LOCK_ENDS[style] + 0.1 * length
        sketch = Sketch(steps)
        if style == "hime":
            inner = sketch.open((x, y), (0.76, 0.1), (0.72, end))
            outer = sketch.open((1.12, end + 0.02), (1.2, 0.1), (CROWN_WIDTH, CROWN[1]))
        elif style == "curly":
            inner = sketch.open((x, y), (0.78, 0.0), (0.94, 0.3), (0.84, 0.6), (1.02, end))
            outer = sketch.open((1.02, end), (1.2, 0.75), (1.12, 0.45), (1.28, 0.15), (CROWN_WIDTH, CROWN[1]))
        else:
            inner = sketch.open((x, y), (0.8, 0.15 * end), (0.86, 0.6 * end), (0.98, end))
            outer = sketch.open((0.98, end), (1.12, 0.6 * end), (1.2, 0.1 * end), (CROWN_WIDTH, CROWN[1]))
        return np.concatenate([inner, outer])

    return affine(points, 3)


SHINE_TEETH = 9
SHINE_ANGLE = 0.36 * np.pi


@lru_cache
def _crown(steps: int) -> NDArray[np.float64]:
    """The rim of the skull's hair over the top, right to left, and then the shine.

    The shine is the bright band with a jagged rim that runs around the crown. Both are an affine function of the
    hair's size less 1 and of the strands.
    """
    upper = circle(12 * steps)[: 6 * steps + 1] * (1, -1)
    angle = np.linspace(-SHINE_ANGLE, SHINE_ANGLE, 2 * SHINE_TEETH + 1)
    odd = np.arange(len(angle)) % 2 == 1
    taper = np.minimum(1, 4 * (SHINE_ANGLE - np.abs(angle)))
    up, down = taper * np.where(odd, 1.2, 0.3), taper * np.where(odd, 0.3, 1.4)

    def points(numbers: NDArray[np.float64]) -> Points:
        size = 1 + numbers[0]
        jag = 0.055 + 0.035 * np.resize(numbers[1:], len(angle))
        y = CROWN[1] - np.cos(angle) * 0.92 * size
        above, below = np.stack([np.sin(angle), y - up * jag], 1), np.stack([np.sin(angle), y + down * jag], 1)
        return np.concatenate([upper * (CROWN_WIDTH, CROWN_HEIGHT * size) + CROWN, above, below[::-1]])

    return affine(points, 1 + STRANDS)


def front_hair(sketch: Sketch, face: Face, tones: HairTones, locks: Bangs) -> None:
    """Crown, bangs and side locks as one shape, then shades, strands and the shine."""
    sketch.depth = FRONT_DEPTH
    (left_x, left_y), (right_x, right_y) = locks.edge[[0, -1]].tolist()
    length = face.bang_length
    ends = np.array([(1.0, length, right_x, right_y), (1.0, length, -left_x, left_y)])
    right, left = (ends @ _side_lock(face.style, sketch.steps)).reshape(2, -1, 2)
    above = (np.array((1.0, hair_size(face) - 1, *face.strands)) @ _crown(sketch.steps)).reshape(-1, 2)
    crown = 6 * sketch.steps + 1
    rim = np.concatenate([locks.edge[:-1], right[:-1], above[:crown], left[-2::-1] * MIRROR])
    sketch.fill(rim, tones.base, tones.line)
    for shade in locks.shades:
        sketch.fill(shade, tones.shade)
    for strand in locks.strands:
        sketch.stroke(strand, tones.line, LINE * 0.7)
    sketch.fill(above[crown:], tones.light)
    if face.ahoge:
        s = float(face.side)
        tuft = sketch.closed((-0.06, -1.4), (-0.1, -1.75), (0.14, -1.94), (0.4, -1.8), (0.16, -1.78), (0.07, -1.4))
        sketch.fill(tuft * (s, 1.0), tones.base, tones.line)
