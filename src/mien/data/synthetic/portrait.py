"""The portrait of a varied face: a built-in face with values as frequent as in real sets, and its shapes."""

from dataclasses import replace

import numpy as np

from mien.data.synthetic import locks
from mien.data.synthetic.back_hair import back_hair, front_braids
from mien.data.synthetic.dice import Dice
from mien.data.synthetic.eyes import EYE_SHADOW, EYE_WHITE, EYE_X, LASHES, eyes, glasses
from mien.data.synthetic.face import Face
from mien.data.synthetic.features import (
    BROW_Y,
    FEATURE_DEPTH,
    MOUTH_Y,
    ROSE,
    SKIN_COLOURS,
    SKIN_OUTLINE,
    SKIN_SHADOW,
    brows,
    cheeks,
    ears,
    head,
    mouth,
    skin_line,
    skin_shade,
)
from mien.data.synthetic.hair import HAIR_COLOURS, SHADOW, SIDE_LOCK_ENDS, HairTones, hair_size, shows_ears
from mien.data.synthetic.pen import BLACK, LINE, WHITE, Colour, Shape, Sketch, circle, mix
from mien.data.synthetic.scene import OUTLINE, behind_front_hair, body, over_hair

HAIR = {
    "black": 18, "brown": 18, "blonde": 15, "pink": 9, "blue": 9, "purple": 8, "red": 6, "gray": 6, "white": 6,
    "aqua": 4, "green": 4, "orange": 4,
}  # fmt: skip
SKIN = {"pale": 40, "light": 53, "tan": 5, "dark": 2}
STYLE = {
    "long": 30, "bob": 18, "twintails": 8, "ponytail": 8, "spiky": 8, "buns": 2, "braids": 4, "hime": 10, "curly": 10,
    "drills": 2,
}  # fmt: skip
BANGS = {"straight": 12, "zigzag": 30, "swept": 22, "parted": 12, "crossed": 24}
ACCESSORY = {
    "none": 70, "ribbon": 8, "hairband": 6, "flower": 4, "cat_ears": 4, "headphones": 2, "hairclip": 5, "crown": 1,
}  # fmt: skip
MOUTH = {"smile": 36, "neutral": 26, "open_smile": 16, "surprised": 9, "frown": 9, "cat": 4}
REACH = {"long": 3.0, "hime": 3.0, "curly": 1.8, "bob": 1.2, "spiky": 0.6}  # y of the tips of the locks behind
HAIR_MIDDLE = (0.0, -0.1)  # where the tips of the bangs lie
SHADES = (0.1, 0.2, 0.32, 0.35, 0.45, 0.5, 0.55, 0.6)  # of the skin, in `features` and `scene`


def portrait_face(face: Face, dice: Dice) -> Face:
    """Return the face with values as frequent as in real sets."""
    return replace(
        face,
        hair=dice.pick(HAIR),
        style=dice.pick(STYLE),
        bangs=dice.pick(BANGS),
        skin=dice.pick(SKIN),
        mouth=dice.pick(MOUTH),
        accessory=dice.pick(ACCESSORY),
        glasses=dice.chance(0.05),
        ahoge=dice.chance(0.1),
        gaze_x=dice.bell(3.0),
        jaw=dice.uniform(-2.5, 0.5),
        chin=dice.uniform(-2.0, 1.0),
    )


def portrait(face: Face, dice: Dice, steps: int) -> list[Shape]:
    """Return all shapes of a face, back to front, with thin outlines in the colours of what they surround."""
    sketch = Sketch(steps)
    tones = _tones(face, dice)
    front = locks.front_locks(
        dice, dice.uniform(-0.5, 0.1), dice.bell(0.7), SIDE_LOCK_ENDS[face.style] + dice.bell(0.6)
    )
    volume = dice.uniform(1.0, 1.25)
    back_hair(sketch, face, tones)
    locks.back(sketch, tones, dice, REACH.get(face.style, 0.9))
    _scaled(sketch, 0, HAIR_MIDDLE, (volume, volume))
    body(sketch, face)
    _clothes(sketch, dice)
    if shows_ears(face):
        ears(sketch, face)
    first, narrow = len(sketch.shapes), dice.uniform(0.8, 0.95)
    head(sketch, face)
    _scaled(sketch, first, (0.0, 0.0), (narrow, 1.0))
    _side_shade(sketch, face, dice, narrow)
    locks.shadows(sketch, front, skin_shade(face.skin), dice.uniform(0.05, 0.2))
    first = len(sketch.shapes)
    cheeks(sketch, face)
    _scaled(sketch, first, (0.0, 0.4), (0.8 * narrow, 1.0))
    first, small = len(sketch.shapes), dice.uniform(0.45, 0.9)
    mouth(sketch, face)
    _scaled(sketch, first, (0.0, MOUTH_Y), (small, small))
    _eyes(sketch, face, dice)
    first = len(sketch.shapes)
    front_braids(sketch, face, tones)
    behind_front_hair(sketch, face, tones)
    locks.cap(sketch, tones, hair_size(face))
    locks.front(sketch, front, tones, dice)
    _scaled(sketch, first, HAIR_MIDDLE, (volume, volume))
    if dice.chance(0.7):
        first = len(sketch.shapes)
        brows(sketch, face, mix(tones.line, tones.base, dice.uniform(0.0, 0.5)))
        _scaled(sketch, first, (0.0, BROW_Y), (1.0, dice.uniform(0.3, 0.9)))
    glasses(sketch, face)
    first = len(sketch.shapes)
    over_hair(sketch, face)
    _scaled(sketch, first, HAIR_MIDDLE, (volume, volume))
    thin, pale, pitch = dice.uniform(0.6, 1.5), dice.pick({0.1: 4, 0.3: 4, 0.5: 3, 0.9: 2}), dice.bell(0.16)
    skin = _skin(face, dice)
    return [_softened(shape, thin, pale, pitch, skin) for shape in sketch.shapes]


def _side_shade(sketch: Sketch, face: Face, dice: Dice, narrow: float) -> None:
    """Shade one cheek in two steps, away from the light."""
    side, depth = dice.pick({-1.0: 1, 1.0: 1}), dice.uniform(0.0, 0.3)
    rim = np.array([(0.95, -0.4), (0.96, 0.16), (0.82, 0.5), (0.52, 0.82), (0.2, 1.02)]) * (side * narrow * 0.97, 1.0)
    for share, step in ((0.1, 1.0), (0.2, 0.5)):
        inner = rim[::-1] - np.array((side * depth * step, 0.4 * depth * step))
        sketch.fill(np.concatenate([rim, inner]), skin_shade(face.skin, share))


def _clothes(sketch: Sketch, dice: Dice) -> None:
    """Draw what real crops show below a face: collars, ribbons, hands, edges of clothes, in any colours."""
    for _ in range(int(dice.uniform(0, 5))):
        colour = mix((int(dice.uniform(0, 256)), int(dice.uniform(0, 256)), int(dice.uniform(0, 256))), WHITE,
                     dice.pick({0.0: 1, 0.4: 1, 0.9: 2}))  # fmt: skip
        if dice.chance(0.25):
            colour = mix(BLACK, colour, 0.2)
        middle, size = np.array([dice.uniform(-1.4, 1.4), dice.uniform(1.1, 2.0)]), dice.uniform(0.1, 0.5)
        corners = circle(int(dice.uniform(3, 7))) * np.array((size, size * dice.uniform(0.5, 2.0)))
        corners = corners * np.array((1.0, 1.0 + dice.bell(0.5))) + corners[::-1] * dice.bell(0.4) + middle
        sketch.fill(sketch.closed(*map(tuple, corners.tolist())), colour, mix(colour, OUTLINE, 0.6))


def _skin(face: Face, dice: Dice) -> dict[Colour, Colour]:
    """Return new colours for those of the skin: another tone, and another colour of the shade."""
    old, tone = SKIN_COLOURS[face.skin], (dice.bell(12), dice.bell(14), dice.bell(22))
    base = _moved(old, tone)
    shadow = _moved(SKIN_SHADOW, (dice.bell(40), dice.bell(40), dice.bell(60)))
    shades = {mix(old, SKIN_SHADOW, share): mix(base, shadow, share) for share in SHADES}
    rosy = dice.uniform(0.2, 1.0)
    blush = {mix(old, ROSE, share): mix(base, ROSE, rosy * share) for share in (0.105, 0.21, 0.315, 0.42)}
    return {old: base, skin_line(face.skin): mix(base, SKIN_OUTLINE, dice.uniform(0.45, 0.75)), **shades, **blush}


def _moved(colour: Colour, by: tuple[float, float, float]) -> Colour:
    red, green, blue = (min(max(int(part + move), 0), 255) for part, move in zip(colour, by))
    return red, green, blue


def _softened(shape: Shape, thin: float, pale: float, pitch: float, skin: dict[Colour, Colour]) -> Shape:
    points, fill, line, width, ink, depth, of_body = shape
    if fill is not None:
        fill = skin.get(fill, fill)
    if line is not None:
        line = skin.get(line, line)
        line = line if fill is None else mix(line, fill, pale)
    if depth == FEATURE_DEPTH:
        points = points + np.array((0.0, pitch))
    return Shape(points, fill, line, width * thin, ink, depth, of_body)


def _tones(face: Face, dice: Dice) -> HairTones:
    """Return the tones of the hair, with a hue, a shade and a light of its own."""
    shift = (dice.bell(36), dice.bell(36), dice.bell(36))
    base = _moved(HAIR_COLOURS[face.hair], shift)
    dark = mix(base, BLACK, dice.uniform(0.0, 0.35) if dice.chance(0.5) else 0.0)
    shadow, light = mix(SHADOW, BLACK, dice.uniform(0.0, 0.7)), mix(dark, WHITE, dice.uniform(0.1, 0.6))
    return HairTones(dark, mix(dark, shadow, dice.uniform(0.2, 0.5)), light, mix(dark, shadow, dice.uniform(0.55, 0.9)))


def _eyes(sketch: Sketch, face: Face, dice: Dice) -> None:
    """Draw the eyes narrower and darker than usual, or closed."""
    size = np.array([dice.uniform(0.75, 1.1), dice.uniform(0.75, 1.2)])
    dark, gray = dice.uniform(0.0, 0.5), mix(EYE_WHITE, EYE_SHADOW, dice.uniform(0.0, 1.0))
    if dice.chance(0.05):
        lid = sketch.open((-0.3, 0.05), (0.0, 0.05 + dice.pick({-0.16: 1, 0.16: 1})), (0.3, 0.05)) * size
        for x in (-EYE_X, EYE_X):
            sketch.stroke(lid + np.array((x, 0.0)), LASHES, LINE * 2)
        return
    first = len(sketch.shapes)
    eyes(sketch, face)
    for place in range(first, len(sketch.shapes)):
        shape = sketch.shapes[place]
        middle = np.array([EYE_X if shape.points[:, 0].mean() > 0 else -EYE_X, 0.0])
        fill = gray if shape.fill == EYE_WHITE else shape.fill
        if fill is not None and fill not in (gray, WHITE):
            fill = mix(fill, LASHES, dark)
        sketch.shapes[place] = shape._replace(points=(shape.points - middle) * size + middle, fill=fill)


def _scaled(sketch: Sketch, first: int, middle: tuple[float, float], size: tuple[float, float]) -> None:
    """Make the shapes from number `first` on larger or smaller about a point."""
    factor = np.array(size)
    shift = np.array(middle) * (1 - factor)
    # Shape() takes a third of the time of _replace, and this runs for each of some 200 shapes.
    sketch.shapes[first:] = [Shape(shape.points * factor + shift, *shape[1:]) for shape in sketch.shapes[first:]]
