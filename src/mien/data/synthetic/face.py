"""The attributes of a built-in face, their random draw from a seed, and their vector."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHOICES: dict[str, tuple[str, ...]] = {
    "hair": (
        "aqua", "black", "blonde", "blue", "brown", "gray", "green", "orange", "pink", "purple", "red", "white",
    ),
    "style": (
        "long", "bob", "twintails", "ponytail", "spiky", "buns", "braids", "hime", "curly", "drills",
    ),
    "bangs": ("straight", "zigzag", "swept", "parted", "crossed"),
    "eyes": ("aqua", "blue", "brown", "green", "pink", "purple", "red", "yellow"),
    "skin": ("pale", "light", "tan", "dark"),
    "mouth": ("smile", "open_smile", "neutral", "frown", "surprised", "cat"),
    "brows": ("calm", "raised", "angry", "worried"),
    "outfit": ("sailor", "blouse", "sweater", "dress"),
    "accessory": ("none", "ribbon", "hairband", "flower", "cat_ears", "headphones", "hairclip", "crown"),
    "background": ("plain", "gradient", "dots", "stripes", "rays", "sky"),
}  # fmt: skip
"""The attributes with one value out of several; each is a one-hot block of the vector, in this order."""

SWITCHES = {"glasses": 0.2, "blush": 0.5, "ahoge": 0.25}
"""The attributes that are there or not, and how often they are."""

TINTS = ("blue", "red", "green", "purple", "pink", "yellow", "navy", "teal")
"""Colours of clothes, accessories and backgrounds; they are no part of the vector."""

STRANDS = 8  # random numbers for the hair's locks


@dataclass(frozen=True)
class Face:
    """One face. Every length is in face units: 1 is half the width of the face.

    Attributes from `CHOICES` and `SWITCHES` are strings and bools. `turn` and the fields below it lie in [-1, 1],
    with 0 the usual value; `tilt` is in radians, positive to the right.
    """

    hair: str
    style: str
    bangs: str
    eyes: str
    skin: str
    mouth: str
    brows: str
    outfit: str
    accessory: str
    background: str
    glasses: bool
    blush: bool
    ahoge: bool
    clothes_tint: str
    accessory_tint: str
    background_tint: str
    side: int  # -1 or 1: where a part, a ponytail or a flower sits
    tilt: float  # about -0.2 to 0.2
    x: float  # -0.15 to 0.15, positive to the right
    y: float  # -0.1 to 0.1, positive down
    scale: float  # 0.94 to 1.06
    turn: float
    gaze_x: float
    gaze_y: float
    eye_size: float
    eye_spacing: float
    eye_slant: float
    jaw: float
    chin: float
    mouth_size: float
    bang_length: float
    volume: float
    tone: float  # hair colour, darker to brighter
    strands: tuple[float, ...]  # STRANDS of them


_CONTINUOUS = 18 + STRANDS
_DRAWS = len(CHOICES) + len(SWITCHES) + 4 + _CONTINUOUS


def sample_face(seed: int, index: int) -> Face:
    """Return face number `index` of a seed, both from 0 to 2^64 - 1. The same pair always gives the same face."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, index], dtype=np.uint64)))
    draws = iter(generator.random(_DRAWS).tolist())

    def choice(values: tuple[str, ...]) -> str:
        return values[int(next(draws) * len(values))]

    chosen: dict[str, Any] = {name: choice(values) for name, values in CHOICES.items()}
    if chosen["style"] == "hime":
        chosen["bangs"] = "straight"  # the cut is named after them
    switched: dict[str, Any] = {name: next(draws) < share for name, share in SWITCHES.items()}
    tints = [choice(TINTS) for _ in range(3)]
    side = 1 if next(draws) < 0.5 else -1
    spread = [2 * u - 1 for u in draws]
    return Face(
        **chosen,
        **switched,
        clothes_tint=tints[0],
        accessory_tint=tints[1],
        background_tint=tints[2],
        side=side,
        # The sum of two uniform draws has a triangular distribution: most heads are nearly upright and centred.
        tilt=0.1 * (spread[0] + spread[1]),
        x=0.075 * (spread[2] + spread[3]),
        y=0.1 * spread[4],
        scale=1 + 0.06 * spread[5],
        turn=spread[6],
        gaze_x=spread[7],
        gaze_y=spread[8],
        eye_size=spread[9],
        eye_spacing=spread[10],
        eye_slant=spread[11],
        jaw=spread[12],
        chin=spread[13],
        mouth_size=spread[14],
        bang_length=spread[15],
        volume=spread[16],
        tone=spread[17],
        strands=tuple(spread[-STRANDS:]),
    )


@lru_cache(maxsize=1)
def attribute_names() -> tuple[str, ...]:
    """Return the names of the attribute vector's entries, in order: "hair=black", "style=long", ..., "glasses"."""
    blocks = [f"{block}={value}" for block, values in CHOICES.items() for value in values]
    return (*blocks, *SWITCHES)


@lru_cache(maxsize=1)
def _positions() -> dict[str, int]:
    return {name: position for position, name in enumerate(attribute_names())}


def attributes(face: Face) -> NDArray[np.float32]:
    """Return the attribute vector [K]: a one-hot block for each of `CHOICES`, then 0 or 1 for each of `SWITCHES`."""
    positions = _positions()
    vector = np.zeros(len(positions), np.float32)
    vector[[positions[f"{block}={getattr(face, block)}"] for block in CHOICES]] = 1
    for name in SWITCHES:
        vector[positions[name]] = getattr(face, name)
    return vector
