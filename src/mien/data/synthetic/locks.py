"""The hair of varied faces: overlapping locks from the crown, each tapered, with its shade and its light.

Lengths are in face units (see `pen`): the face reaches from -1 to 1, the eyes lie at y = 0, the chin near 1.1.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.data.synthetic.dice import Dice
from mien.data.synthetic.hair import CROWN, CROWN_HEIGHT, CROWN_WIDTH, FRONT_DEPTH, HairTones
from mien.data.synthetic.pen import LINE, Points, Sketch, circle, mix

BACK_DEPTH = -0.1
Place = tuple[float, float]


@lru_cache
def _curves(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of root, bend and tip in a lock's middle line, [steps + 1, 3], and its width, [steps + 1]."""
    t = np.linspace(0, 1, steps + 1)
    line = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], axis=1)
    # At its root a lock has 0.6 of its width. A curve's middle has half of its control, so the bend counts twice.
    return line, 0.6 * line[:, 0] + 2 * line[:, 1]


class Lock:
    """A tapered lock: its middle line from root by bend to tip, and half its width at the bend."""

    def __init__(self, root: Place, bend: Place, tip: Place, width: float) -> None:
        self.root, self.bend, self.tip, self.width = root, bend, tip, width

    def edges(self, steps: int, *shares: float) -> NDArray[np.float64]:
        """Return lines from root to tip, each at a share of the width, -1 to 1. [shares, steps + 1, 2]"""
        line, width = _curves(steps)
        x, y = self.tip[0] - self.root[0], self.tip[1] - self.root[1]
        scale = self.width / max(math.hypot(x, y), 1e-6)
        middle = line @ np.array((self.root, self.bend, self.tip))
        across = width[:, None] * np.array((y * scale, -x * scale))
        lines: NDArray[np.float64] = middle + np.array(shares)[:, None, None] * across
        return lines

    def draw(self, sketch: Sketch, tones: HairTones, dice: Dice, line: float, hairs: int) -> None:
        """Draw the lock in a tone of its own: dark at the root and on one side, with a light and single hairs.

        line: how dark its outline is, 0 to 1. hairs: the number of single hairs.
        """
        base = mix(tones.base, tones.shade, dice.uniform(0, 0.5))
        light, side = dice.uniform(-0.8, -0.2), dice.uniform(0.0, 0.7)
        steps = 2 * sketch.steps
        shares = (-1.0, 1.0, side, 0.95, light, light + dice.uniform(0.3, 1.0))
        left, right, *inner = self.edges(steps, *shares, *(dice.uniform(-0.95, 0.95) for _ in range(hairs)))
        sketch.fill(_between(left, right), base, mix(base, tones.line, line), LINE * 1.2)
        sketch.fill(_between(inner[0], inner[1]), mix(base, tones.shade, dice.uniform(0.4, 1.0)))
        if dice.chance(0.6):
            for length, share in ((0.55, 0.25), (0.3, 0.5)):
                root = slice(round(length * steps * dice.uniform(0.6, 1.0)) + 1)
                sketch.fill(_between(left[root], right[root]), mix(base, tones.shade, share))
        if dice.chance(0.85):
            first, length = dice.uniform(0.1, 0.35), dice.uniform(0.25, 0.6)
            start, stop = max(round(first * steps), 1), min(round((first + length) * steps), steps - 1)
            leaf = _between(inner[2][start : stop + 1], inner[3][start : stop + 1])
            ends = (inner[2] + inner[3])[[stop + 1, start - 1]] / 2
            leaf = np.concatenate([leaf[: len(leaf) // 2], ends[:1], leaf[len(leaf) // 2 :], ends[1:]])
            sketch.fill(leaf, mix(base, tones.light, dice.uniform(0.2, 1.0)))
        share = dice.uniform(0.2, 0.8)
        dark, bright = mix(base, tones.line, share), mix(base, tones.light, share)
        for number, hair in enumerate(inner[4:]):
            sketch.stroke(hair[:-1], bright if number % 5 in (1, 3) else dark, LINE * 0.4)


def _between(left: Points, right: Points) -> Points:
    """Return the outline down one line and up the other."""
    return np.concatenate([left, right[::-1]])


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
        locks.append((outer, Lock(root, bend, (0.98 * x + sway, y + 0.25 * outer), 1.0 / count + 0.04)))
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
    line, hairs = dice.uniform(0.3, 1.0), int(dice.uniform(2, 7))
    for lock in locks:
        lock.draw(sketch, tones, dice, line, hairs)


def shadows(sketch: Sketch, locks: list[Lock], colour: tuple[int, int, int], drop: float) -> None:
    """Draw the front locks' shadow on the face."""
    sketch.depth = FRONT_DEPTH
    for lock in locks:
        if abs(lock.tip[0]) < 0.8:
            left, right = lock.edges(2 * sketch.steps, -1.0, 1.0)
            sketch.fill(_between(left, right) + np.array((0.0, drop)), colour)


def back(sketch: Sketch, tones: HairTones, dice: Dice, reach: float) -> None:
    """Draw locks behind the head, down to y = reach, over the style's own back hair."""
    sketch.depth = BACK_DEPTH
    dark = HairTones(mix(tones.base, tones.shade, 0.7), mix(tones.shade, tones.line, 0.4), tones.base, tones.line)
    line, hairs = dice.uniform(0.2, 0.8), int(dice.uniform(2, 6))
    for _ in range(int(dice.uniform(5, 12))):
        side = dice.pick({-1.0: 1, 1.0: 1})
        x = side * dice.uniform(0.35, 1)
        tip = (1.5 * x + 0.35 * side + dice.bell(0.5), reach + dice.bell(0.8))
        bend = (1.35 * x + 0.3 * side, 0.25 * reach)
        Lock((0.8 * x, CROWN[1] - 0.9), bend, tip, dice.uniform(0.12, 0.25)).draw(sketch, dark, dice, line, hairs)
