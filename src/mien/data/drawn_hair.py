"""The hair of the built-in faces: its tones, and the crown with bangs and side locks before the head.

Lengths are in face units (see `drawn_pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .drawn_face import Face
from .drawn_pen import LINE, MIRROR, Colour, Points, Sketch, arcs, circle, mix

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
    """Whether the side locks are too short to hide the ears."""
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
    """How much larger than usual the hair is."""
    return 1 + 0.05 * face.volume


@dataclass(frozen=True, slots=True)
class Bangs:
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


LOCK_BULGE = 0.04  # rounds the locks, so that they look like leaves and not like teeth


def _even(count: int, root: float, tip: float, sag: float, spread: float, outermost: float) -> Bangs:
    """Locks of equal width: y of their roots and tips, how much lower the tips hang at the sides, and the ends' y."""
    x = np.linspace(-HAIRLINE, HAIRLINE, count + 1)
    middle = (x[1:] + x[:-1]) / 2
    valleys, tips = (
        np.column_stack([x, np.full_like(x, root)]),
        np.column_stack([middle * spread, tip + sag * middle**2]),
    )
    valleys[[0, -1], 1] = outermost
    return Bangs(valleys, tips)


_EVEN_BANGS = {  # and how far roots and tips (x, y) are out of line
    "straight": (_even(7, root=-0.45, tip=-0.31, sag=0.08, spread=1.0, outermost=-0.4), (0.04, 0.03, 0.02)),
    "zigzag": (_even(5, root=-0.62, tip=-0.24, sag=0.2, spread=1.12, outermost=-0.35), (0.1, 0.06, 0.07)),
}


def bangs(face: Face) -> Bangs:
    """The locks over the forehead, each a little out of line."""
    longer = 0.07 * face.bang_length
    jitter = np.array(face.strands)
    if face.bangs in _EVEN_BANGS:
        even, (root, tip_x, tip_y) = _EVEN_BANGS[face.bangs]
        valleys, tips = even.valleys.copy(), even.tips.copy()
        valleys[1:-1, 1] += root * jitter[: len(valleys) - 2]
        tips[:, 0] += tip_x * jitter[: len(tips)]
        tips[:, 1] += tip_y * jitter[-len(tips) :]
    elif face.bangs == "swept":
        valleys = np.array([(-HAIRLINE, -0.3), (-0.5, -1.0), (-0.16, -0.74), (0.2, -0.64), (0.55, -0.52), (0.86, -0.3)])
        tips = np.array([(-0.8, 0.0), (-0.02, -0.36), (0.36, -0.28), (0.66, -0.2), (0.86, 0.02)])
        tips[:, 1] += 0.06 * jitter[:5]
    elif face.bangs == "parted":
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
    tips[:, 1] += longer - BANG_LIFT
    if face.side < 0:
        return Bangs(valleys[::-1] * MIRROR, tips[::-1] * MIRROR)
    return Bangs(valleys, tips)


BANG_SHADOW = 0.09  # how far below the bangs their shadow reaches


def bang_shadow(sketch: Sketch, edge: Points, colour: Colour) -> None:
    """The shadow of the bangs on the forehead, kept inside the face."""
    sketch.depth = FRONT_DEPTH
    edge = edge + np.array([0.0, BANG_SHADOW])
    edge[:, 0] = np.minimum(np.maximum(edge[:, 0], -0.85), 0.85)
    sketch.fill(np.concatenate([edge, [(0.85, -0.95), (-0.85, -0.95)]]), colour)


def _side_lock(sketch: Sketch, face: Face, valley: Points) -> Points:
    """The right side lock, from the bangs' last valley down to its tip and up to the crown's rim."""
    end = SIDE_LOCK_ENDS[face.style] + 0.1 * face.bang_length
    if face.style == "hime":
        inner = sketch.open((valley[0], valley[1]), (0.76, 0.1), (0.72, end))
        outer = sketch.open((1.12, end + 0.02), (1.2, 0.1), (CROWN_WIDTH, CROWN[1]))
    elif face.style == "curly":
        inner = sketch.open((valley[0], valley[1]), (0.78, 0.0), (0.94, 0.3), (0.84, 0.6), (1.02, end))
        outer = sketch.open((1.02, end), (1.2, 0.75), (1.12, 0.45), (1.28, 0.15), (CROWN_WIDTH, CROWN[1]))
    else:
        inner = sketch.open((valley[0], valley[1]), (0.8, 0.15 * end), (0.86, 0.6 * end), (0.98, end))
        outer = sketch.open((0.98, end), (1.12, 0.6 * end), (1.2, 0.1 * end), (CROWN_WIDTH, CROWN[1]))
    return np.concatenate([inner, outer])


def _crown(sketch: Sketch, face: Face) -> Points:
    """The rim of the skull's hair over the top, right to left."""
    upper = circle(12 * sketch.steps)[: 6 * sketch.steps + 1] * (1, -1)
    return upper * (CROWN_WIDTH, CROWN_HEIGHT * hair_size(face)) + CROWN


def front_hair(sketch: Sketch, face: Face, tones: HairTones, locks: Bangs, edge: Points) -> None:
    """Crown, bangs and side locks as one shape, then shades, strands and the shine."""
    sketch.depth = FRONT_DEPTH
    right = _side_lock(sketch, face, locks.valleys[-1])
    left = _side_lock(sketch, face, locks.valleys[0] * MIRROR)[::-1] * MIRROR
    sketch.fill(np.concatenate([edge[:-1], right[:-1], _crown(sketch, face), left[1:]]), tones.base, tones.line)
    after, tips = locks.valleys[1:], locks.tips
    shades = np.empty((len(tips), 4, 2))  # the side of each lock away from the light
    shades[:, 0], shades[:, 2] = tips, after
    shades[:, 1] = 0.35 * after + 0.65 * tips + (0.02, 0.0)
    shades[:, 3] = 0.35 * after + 0.65 * _lock_roots(tips, after)
    for shade in shades:
        sketch.fill(shade, tones.shade)
    roots = locks.valleys[1:-1]
    strands = np.empty((len(roots), 2, 2))
    strands[:, 0], strands[:, 1] = roots, roots * (0.76, 1.0) - (0.0, 0.34)
    for strand in strands:
        sketch.stroke(strand, tones.line, LINE * 0.7)
    _shine(sketch, face, tones)
    if face.ahoge:
        s = float(face.side)
        tuft = sketch.closed((-0.06, -1.4), (-0.1, -1.75), (0.14, -1.94), (0.4, -1.8), (0.16, -1.78), (0.07, -1.4))
        sketch.fill(tuft * (s, 1.0), tones.base, tones.line)


def _lock_roots(tips: Points, after: Points) -> Points:
    roots = tips * (0.9, 0.0)
    roots[:, 1] = after[:, 1] - 0.22
    return roots


SHINE_TEETH = 9


@lru_cache
def _shine_band() -> tuple[Points, Points, Points, Points]:
    """Sines and cosines along the shine, and how far its teeth reach up and down there."""
    angle = np.linspace(-0.36, 0.36, 2 * SHINE_TEETH + 1) * np.pi
    odd = np.arange(len(angle)) % 2 == 1
    taper = np.minimum(1, 4 * (0.36 * np.pi - np.abs(angle)))
    return np.sin(angle), np.cos(angle), taper * np.where(odd, 1.2, 0.3), taper * np.where(odd, 0.3, 1.4)


def _shine(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """The bright band with a jagged rim that runs around the crown."""
    sin, cos, up, down = _shine_band()
    jag = 0.055 + 0.035 * np.array(face.strands * 3)[: len(sin)]
    y = CROWN[1] - cos * 0.92 * hair_size(face)
    band = np.empty((2, len(sin), 2))
    band[0, :, 0], band[0, :, 1] = sin, y - up * jag
    band[1, :, 0], band[1, :, 1] = sin[::-1], (y + down * jag)[::-1]
    sketch.fill(band.reshape(-1, 2), tones.light)
