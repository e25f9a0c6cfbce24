"""The second style of the built-in faces: coloured pencils on cream paper.

The shapes and places are the same, so all attributes stay visible. Paper shines through the pigment, the pigment lies
in hatched strokes and fades towards the rim, and the outlines are graphite.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PAPER = (252, 245, 230)
GRAPHITE = (88, 78, 84)
PIGMENT = 0.55  # on the whole; 1 would be the colour itself
PRESSED, LIGHT = 0.95, 0.2  # how much strokes add and leave out, in the darkest parts and in the lightest
STROKES = 30  # across the shorter side
LEAST_PERIOD = 3.0  # pixels of the finished image, from one stroke to the next
SLOPE = 0.55  # of the strokes, upwards to the right
GRAIN = 0.16  # of the pigment, that the paper's tooth takes away here and there
INK = 0.85  # of an outline
FADE_FROM, FADE = 0.8, 0.75  # of half the image's side, and how much pigment is lost in its corners
TOOTH_SEED = 7


def pencilled(colours: Image.Image, outlines: Image.Image, factor: int) -> Image.Image:
    """Return the image in pencil, from an image and its line drawing, both on a canvas of `factor` times the size."""
    width, height = colours.size
    strokes, even, grain = _sheet(height, width, factor)
    share = np.asarray(colours, np.float32) / 255
    darkness = 1 - share.mean(axis=-1, keepdims=True)
    pigment = (PIGMENT + strokes * (LIGHT + (PRESSED - LIGHT) * darkness)) * even
    ink = (1 - np.asarray(outlines.getchannel(0), np.float32)[..., None] / 255) * (INK * grain)
    # Pigment absorbs light of the paper: twice as much pigment squares the remaining share.
    picture = np.array(PAPER, np.float32) * np.maximum(share, 0.02) ** pigment
    picture += ink * (np.array(GRAPHITE, np.float32) - picture)
    return Image.fromarray((picture + 0.5).astype(np.uint8)).reduce(factor)


def off_paper(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the full colours without strokes, tooth and fading: uint8 [...,3] -> the same."""
    share = np.minimum(pixels / np.array(PAPER, np.float32), 1)
    return (255 * share ** (1 / PIGMENT) + 0.5).astype(np.uint8)


@lru_cache(maxsize=4)
def _sheet(height: int, width: int, factor: int) -> tuple[NDArray[np.float32], ...]:
    """Return the position of the strokes, -1/2 to 1/2, and the shares of pigment and of graphite, 0 to 1.

    Each is [height, width, 1].
    """
    y, x = np.arange(height, dtype=np.float64)[:, None], np.arange(width, dtype=np.float64)
    side = min(height, width)
    period = max(LEAST_PERIOD * factor, side / STROKES)
    # Strokes by hand are neither straight nor evenly spaced.
    bent = SLOPE * x + y + 0.5 * period * np.sin(5 * (x - y) / side) + 0.25 * period * np.sin(23 * x / side)
    strokes = 0.5 * np.sin(2 * np.pi * bent / period)
    bumps = np.random.Generator(np.random.Philox(TOOTH_SEED)).random((-(-height // factor), -(-width // factor)))
    tooth = 1 - GRAIN * np.kron(bumps, np.ones((factor, factor)))
    away = np.hypot((x - width / 2) / (width / 2), (y - height / 2) / (height / 2))
    fade = 1 - FADE * np.clip((away - FADE_FROM) / (np.sqrt(2) - FADE_FROM), 0, 1)
    return tuple(one[..., None].astype(np.float32) for one in (strokes, tooth * fade, tooth))
