"""The hair of varied faces: overlapping locks from the crown, each tapered, with its shade and its light.

Lengths are in face units (see `pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.dice import Dice
from mien.data.synthetic.hair import CROWN, CROWN_HEIGHT, CROWN_WIDTH, FRONT_DEPTH, HairTones
from mien.data.synthetic.pen import LINE, Points, Sketch, arcs, circle, mix

BACK_DEPTH = -0.1


@dataclass(frozen=True)
class Lock:
    """A tapered lock: its middle line from root by bend to tip, and half its width at the bend."""

    root: tuple[float, float]
    bend: tuple[float, float]
    tip: tuple[float, float]
    width: float

    def outline(self, left: float = -1.0, right: float = 1.0, steps: int = 5) -> Points:
        """Return the outline between two shares of the width, -1 to 1. [2 * steps, 2]"""
        along = np.subtract(self.tip, self.root)
        across = np.array([-along[1], along[0]]) * (-self.width / max(float(np.hypot(*along)), 1e-6))
        root, bend, tip = np.array(self.root), np.array(self.bend), np.array(self.tip)
        # A Bézier's middle point has half the weight of its control, so the control lies twice as far out.
        down = np.stack([root + 0.6 * left * across, bend + 2 * left * across, tip])
        up = np.stack([tip, bend + 2 * right * across, root + 0.6 * right * across])
        return arcs(np.stack([down, up]), steps).reshape(-1, 2)

    def _shine(self, dice: Dice) -> Points:
        """Return a leaf of light along the lock, pointed at both ends."""
        left, right = dice.uniform(-0.8, -0.2), dice.uniform(-0.1, 0.6)
        first, length = int(dice.uniform(1, 4)), int(dice.uniform(3, 6))
        sides, middle = self.outline(left, right, 10), self.outline((left + right) / 2, (left + right) / 2, 10)
        last = first + length
        ends = middle[[first - 1]], middle[[last + 1]]
        return np.concatenate([ends[0], sides[first : last + 1], ends[1], sides[20 - last : 21 - first]])

    def draw(self, sketch: Sketch, tones: HairTones, dice: Dice, line: float) -> None:
        """Draw the lock in a tone of its own, its shade on one side, and sometimes a light."""
        darker = dice.uniform(0, 0.5)
        base = mix(tones.base, tones.shade, darker)
        sketch.fill(self.outline(), base, mix(base, tones.line, line), LINE * 0.8)
        side = dice.uniform(0.0, 0.7)
        sketch.fill(self.outline(side, 0.95), mix(base, tones.shade, dice.uniform(0.4, 1.0)))
        if dice.chance(0.75):
            sketch.fill(self._shine(dice), mix(base, tones.light, dice.uniform(0.2, 1.0)))
        for _ in range(int(dice.uniform(0, 3.5))):  # single hairs
            place = dice.uniform(-0.9, 0.9)
            colour = tones.line if dice.chance(0.6) else tones.light
            sketch.stroke(self.outline(place, place)[1:5], mix(base, colour, dice.uniform(0.2, 0.8)), LINE * 0.6)


def front_locks(dice: Dice, length: float, part: float, side_length: float) -> list[Lock]:
    """Return the locks before the face, outer ones first. length: y of the bangs' tips. part: x of the parting."""
    count = int(dice.uniform(4, 10))
    opened = dice.chance(0.3)
    locks = []
    for place in range(count):
        x = 2 * (place + 0.5) / count - 1  # -1 to 1 over the forehead
        outer = abs(x) ** 3
        gap = 0.0
        if opened:
            gap = 0.4 * (1 - min(abs(x - part) / 0.8, 1))
        y = length + 0.16 * x * x - gap + dice.bell(0.35)
        sway = dice.bell(0.3) + 0.12 * (x - part if opened else 0)
        root = (part + 0.35 * (x - part) + dice.bell(0.05), CROWN[1] - CROWN_HEIGHT * (0.97 - 0.12 * x * x))
        bend = (1.12 * x - 0.3 * sway, -0.85 + 0.3 * x * x)
        locks.append((outer, Lock(root, bend, (0.98 * x + sway, y + 0.25 * outer), 1.15 / count + 0.05)))
    for sign in (-1.0, 1.0):
        for _ in range(2):
            tip = (sign * (0.95 + dice.bell(0.25)), side_length + dice.bell(0.4))
            root = (sign * 0.5, CROWN[1] - CROWN_HEIGHT * 0.85)
            locks.append((2.0, Lock(root, (sign * (1.28 + dice.bell(0.08)), -0.25 + dice.bell(0.2)), tip, 0.16)))
    locks.sort(key=lambda one: -one[0])
    return [lock for _, lock in locks]


def cap(sketch: Sketch, tones: HairTones, volume: float) -> None:
    """Draw the skull's hair above the forehead, under the front locks."""
    sketch.depth = 0.05
    rim = circle(24)[12:] * (CROWN_WIDTH, CROWN_HEIGHT * volume) + CROWN
    hem = np.array([(CROWN_WIDTH, -0.1), (0.86, -0.3), (0.5, -0.8), (0.0, -0.95), (-0.5, -0.8), (-0.86, -0.3)])
    sketch.fill(np.concatenate([rim, hem, [(-CROWN_WIDTH, -0.1)]]), mix(tones.base, tones.shade, 0.3), tones.line)


def front(sketch: Sketch, locks: list[Lock], tones: HairTones, dice: Dice) -> None:
    """Draw the front locks."""
    sketch.depth = FRONT_DEPTH
    line = dice.uniform(0.3, 1.0)
    for lock in locks:
        lock.draw(sketch, tones, dice, line)


def shadows(sketch: Sketch, locks: list[Lock], colour: tuple[int, int, int], drop: float) -> None:
    """Draw the front locks' shadow on the face."""
    sketch.depth = FRONT_DEPTH
    for lock in locks:
        if abs(lock.tip[0]) < 0.8:
            sketch.fill(lock.outline() + np.array((0.0, drop)), colour)


def back(sketch: Sketch, tones: HairTones, dice: Dice, reach: float) -> None:
    """Draw locks behind the head, down to y = reach, over the style's own back hair."""
    sketch.depth = BACK_DEPTH
    dark = HairTones(mix(tones.base, tones.shade, 0.7), mix(tones.shade, tones.line, 0.4), tones.base, tones.line)
    line = dice.uniform(0.2, 0.8)
    for _ in range(int(dice.uniform(4, 10))):
        x = dice.uniform(-1, 1)
        side = 1.0 if x > 0 else -1.0
        tip = (1.5 * x + 0.35 * side + dice.bell(0.5), reach + dice.bell(0.8))
        root: NDArray[np.float64] = np.array([0.8 * x, CROWN[1] - 0.9])
        bend = (1.35 * x + 0.3 * side, 0.25 * reach)
        Lock((float(root[0]), float(root[1])), bend, tip, dice.uniform(0.12, 0.25)).draw(sketch, dark, dice, line)
