"""The hair of the built-in faces: what hangs behind the head, and the crown with bangs and side locks before it.

Lengths are in face units (see `drawn_pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

from dataclasses import dataclass

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


def _spiky_back(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """Spikes around the skull, longest at the sides."""
    count = 15
    around = circle(count * 2)
    reach = np.where(np.arange(count * 2) % 2, 1.0, 1.24 + 0.08 * face.volume)
    spikes = around * reach[:, None] * (1.12, 1.2) + CROWN
    tips, valleys = spikes[0::2], spikes[1::2]
    # Spikes hang down at the sides and stand up on top.
    tips = tips + np.stack([0.06 * np.sign(tips[:, 0]), np.where(tips[:, 1] > -0.6, 0.12, 0.0)], axis=1)
    before = np.roll(valleys, 1, axis=0)
    rise = arcs(before, before * 0.45 + tips * 0.55 + 0.1 * (tips - CROWN), tips, sketch.steps)
    fall = arcs(tips, (tips + valleys) / 2, valleys, sketch.steps)
    sketch.fill(np.concatenate([rise, fall], axis=1).reshape(-1, 2), tones.shade, tones.line)


def _braids(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)


def _drills(sketch: Sketch, face: Face, tones: HairTones) -> None:
    _nape(sketch, face, tones)
    for sign in (-1.0, 1.0):
        for ring in range(6, -1, -1):
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
        for link in range(6, -1, -1):
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
        down = arcs(self.valleys[:-1], 0.3 * self.valleys[:-1] + 0.7 * self.tips * (1, 1) + _BULGE, self.tips, steps)
        up = arcs(self.tips, 0.3 * self.valleys[1:] + 0.7 * self.tips - _BULGE * (1, -1), self.valleys[1:], steps)
        return np.concatenate([np.concatenate([down, up], axis=1).reshape(-1, 2), self.valleys[-1:]])


_BULGE = np.array([-0.04, -0.03])  # rounds the locks, so that they look like leaves and not like teeth


def bangs(face: Face) -> Bangs:
    """The locks over the forehead, each a little out of line."""
    longer = 0.07 * face.bang_length
    jitter = np.array(face.strands)
    if face.bangs == "straight":
        x = np.linspace(-HAIRLINE, HAIRLINE, 8)
        valleys = np.stack([x, -0.47 + 0.06 * jitter], axis=1)
        middle = (x[1:] + x[:-1]) / 2
        tips = np.stack([middle + 0.03 * jitter[1:], -0.31 + 0.08 * middle**2 + 0.02 * jitter[:-1]], axis=1)
        valleys[[0, -1], 1] = -0.4
    elif face.bangs == "zigzag":
        x = np.linspace(-HAIRLINE, HAIRLINE, 6)
        valleys = np.stack([x, -0.62 + 0.1 * jitter[:6]], axis=1)
        middle = (x[1:] + x[:-1]) / 2
        tips = np.stack([middle * 1.12 + 0.06 * jitter[1:6], -0.24 + 0.2 * middle**2 + 0.07 * jitter[3:8]], axis=1)
        valleys[[0, -1], 1] = -0.35
    elif face.bangs == "swept":
        valleys = np.array([(-HAIRLINE, -0.3), (-0.5, -1.0), (-0.16, -0.74), (0.2, -0.64), (0.55, -0.52), (0.86, -0.3)])
        tips = np.array([(-0.8, 0.0), (-0.02, -0.36), (0.36, -0.28), (0.66, -0.2), (0.86, 0.02)])
        tips[:, 1] += 0.06 * jitter[:5]
    elif face.bangs == "parted":
        half = np.array([(0.0, -1.02), (0.3, -0.74), (0.6, -0.56), (HAIRLINE, -0.3)])
        valleys = np.concatenate([half[:0:-1] * MIRROR, half]) + (0.08 * jitter[0], 0.0)
        ends = np.array([(0.46, -0.4), (0.7, -0.22), (0.87, 0.04)])
        tips = np.concatenate([ends[::-1] * MIRROR, ends])
        tips[:, 1] += 0.06 * jitter[:6]
    else:
        valleys = np.array(
            [(-HAIRLINE, -0.35), (-0.5, -0.62), (-0.16, -0.72), (0.14, -0.72), (0.5, -0.62), (0.86, -0.35)]
        )
        tips = np.array([(-0.75, -0.08), (-0.34, -0.26), (0.03, 0.12), (0.36, -0.26), (0.77, -0.08)])
        tips += np.stack([0.03 * jitter[:5], 0.05 * jitter[1:6]], axis=1)
    tips[:, 1] += longer
    if face.side < 0:
        return Bangs(valleys[::-1] * MIRROR, tips[::-1] * MIRROR)
    return Bangs(valleys, tips)


BANG_SHADOW = 0.1  # how far below the bangs their shadow reaches


def bang_shadow(sketch: Sketch, locks: Bangs, colour: Colour) -> None:
    """The shadow of the bangs on the forehead, kept inside the face."""
    sketch.depth = FRONT_DEPTH
    edge = locks.edge(sketch.steps) + (0.0, BANG_SHADOW)
    edge[:, 0] = np.clip(edge[:, 0], -0.85, 0.85)
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


def front_hair(sketch: Sketch, face: Face, tones: HairTones, locks: Bangs) -> None:
    """Crown, bangs and side locks as one shape, then shades, strands and the shine."""
    sketch.depth = FRONT_DEPTH
    edge = locks.edge(sketch.steps)
    right = _side_lock(sketch, face, locks.valleys[-1])
    left = _side_lock(sketch, face, locks.valleys[0] * MIRROR)[::-1] * MIRROR
    sketch.fill(np.concatenate([edge[:-1], right[:-1], _crown(sketch, face), left[1:]]), tones.base, tones.line)
    for valley, tip, after in zip(locks.valleys[:-1], locks.tips, locks.valleys[1:]):
        # The side of each lock away from the light.
        root = 0.35 * after + 0.65 * np.array([tip[0] * 0.9, after[1] - 0.22])
        sketch.fill(np.stack([tip, 0.35 * after + 0.65 * tip + (0.02, 0), after, root]), tones.shade)
        del valley
    for valley in locks.valleys[1:-1]:
        top = np.array([valley[0] * 0.72, valley[1] - 0.34])
        sketch.stroke(
            np.stack([valley, (valley + top) / 2 + (0.02 * np.sign(valley[0]), 0), top]), tones.line, LINE * 0.7
        )
    _shine(sketch, face, tones)
    if face.ahoge:
        s = float(face.side)
        tuft = sketch.closed((-0.06, -1.4), (-0.1, -1.75), (0.14, -1.94), (0.4, -1.8), (0.16, -1.78), (0.07, -1.4))
        sketch.fill(tuft * (s, 1.0), tones.base, tones.line)


SHINE_TEETH = 9


def _shine(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """The bright band with a jagged rim that runs around the crown."""
    angle = np.linspace(-0.36 * np.pi, 0.36 * np.pi, 2 * SHINE_TEETH + 1)
    rim = np.stack([np.sin(angle) * 1.0, CROWN[1] - np.cos(angle) * 0.92 * _size(face)], axis=1)
    jag = 0.055 + 0.035 * np.resize(face.strands, len(angle))
    jag[[0, -1]] = 0
    teeth = np.where(np.arange(len(angle)) % 2, 1.0, 0.25) * jag
    upper = rim - np.stack([np.zeros_like(angle), teeth * 1.2], axis=1)
    lower = rim + np.stack([np.zeros_like(angle), np.where(np.arange(len(angle)) % 2, 0.3, 1.4) * jag], axis=1)
    sketch.fill(np.concatenate([upper, lower[::-1]]), tones.light)
