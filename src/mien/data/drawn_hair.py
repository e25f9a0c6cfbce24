"""The hair of the built-in faces: what hangs behind the head, and the crown with bangs and side locks before it.

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
BACK_DEPTH = -0.05  # a turn moves the back of the hair against the face
FRONT_DEPTH = 0.1

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


def _size(face: Face) -> float:
    return 1 + 0.05 * face.volume


# Behind the head


def back_hair(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """What hangs behind neck and shoulders."""
    sketch.depth = BACK_DEPTH
    _BACKS[face.style](sketch, face, tones)


def _fall(sketch: Sketch, face: Face, tones: HairTones, *half: tuple[float, float]) -> None:
    """One mass of hair behind the head, from its right half, top to bottom."""
    points = sketch.symmetric(*half)
    sketch.fill(points * (_size(face), 1.0), tones.shade, tones.line)


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
    """Hair that is gathered elsewhere: little more than the skull."""
    _fall(sketch, face, tones, (0, -1.4), (0.8, -1.2), (1.12, -0.5), (1.08, 0.2), (0.75, 0.85), (0.3, 0.9))


def _curly_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    half = [(0, -1.4), (0.8, -1.2), (1.25, -0.5), (1.42, 0.3), (1.48, 1.1), (1.25, 1.75), (0.6, 1.9), (0, 1.8)]
    points = sketch.symmetric(*half)
    middle = np.array([0.0, 0.3])
    curls = 0.09 * np.abs(np.sin(np.linspace(0, 14 * np.pi, len(points), endpoint=False)))
    outward = (points - middle) * (1 + curls[:, None])
    sketch.fill((outward + middle) * (_size(face), 1.0), tones.shade, tones.line)


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


def _spikes(face: Face, steps: int) -> Points:
    """Spikes all around the skull, which fall away from the crown on both sides."""
    angle = (np.arange(2 * SPIKES) + 0.5) * (np.pi / SPIKES) - 0.5 * np.pi
    valleys = np.column_stack([np.cos(angle[0::2]), np.sin(angle[0::2])])
    lean = angle[1::2] + SPIKE_BEND * np.sign(np.cos(angle[1::2]))
    reach = np.resize(SPIKE_REACH, SPIKES) + 0.06 * np.resize(face.strands, SPIKES)
    tips = np.column_stack([np.cos(lean), np.sin(lean)]) * reach[:, None]
    after = np.roll(valleys, -1, axis=0)
    controls = np.empty((SPIKES, 2, 3, 2))
    controls[:, 0, 0], controls[:, 0, 2] = valleys, tips
    controls[:, 1, 0], controls[:, 1, 2] = tips, after
    controls[:, 0, 1] = (valleys + tips) * 0.53
    controls[:, 1, 1] = (after + tips) * 0.53
    return arcs(controls, steps).reshape(-1, 2) * (1.13, 1.18 * _size(face)) + CROWN


def _spiky_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    sketch.fill(_spikes(face, sketch.steps), tones.base, tones.line)


def _braids(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)


def _drills(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    for sign in (-1.0, 1.0):
        for ring in range(5, -1, -1):
            x, y = 1.34 - 0.015 * ring, -0.35 + 0.34 * ring
            size = 0.38 + 0.04 * face.volume - 0.03 * ring
            turn = sketch.closed(
                (x - size, y - 0.16), (x, y - 0.26), (x + size, y - 0.1), (x + size * 0.9, y + 0.18), (x, y + 0.24),
                (x - size * 0.9, y + 0.1),
            )  # fmt: skip
            sketch.fill(turn * (sign, 1.0), tones.base, tones.line)
            under = sketch.closed((x - size * 0.8, y + 0.06), (x, y + 0.08), (x + size * 0.9, y + 0.14), (x, y + 0.22))
            sketch.fill(under * (sign, 1.0), tones.shade)


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
    """Two braids over the shoulders; nothing for other styles."""
    if face.style != "braids":
        return
    sketch.depth = 0.0
    for sign in (-1.0, 1.0):
        for link in range(5, -1, -1):
            x, y = 1.06 + 0.02 * link, 0.42 + 0.27 * link
            lean = 0.1 if link % 2 else -0.1
            lobe = sketch.closed(
                (x - 0.1, y - 0.22), (x + 0.22, y - 0.1 + lean), (x + 0.15, y + 0.16), (x - 0.05, y + 0.24),
                (x - 0.24, y - lean),
            )  # fmt: skip
            sketch.fill(lobe * (sign, 1.0), tones.base, tones.line)
            sketch.fill(sketch.ellipse(sign * (x - 0.06), y - 0.02 - lean / 2, 0.09, 0.06), tones.light)


# Before the head


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
    return upper * (CROWN_WIDTH, CROWN_HEIGHT * _size(face)) + CROWN


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
    y = CROWN[1] - cos * 0.92 * _size(face)
    band = np.empty((2, len(sin), 2))
    band[0, :, 0], band[0, :, 1] = sin, y - up * jag
    band[1, :, 0], band[1, :, 1] = sin[::-1], (y + down * jag)[::-1]
    sketch.fill(band.reshape(-1, 2), tones.light)
