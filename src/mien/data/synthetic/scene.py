"""The scene of a built-in face: background, shoulders and clothes, and accessories in the hair."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from mien.data.synthetic.face import Face
from mien.data.synthetic.features import SKIN_COLOURS, skin_line, skin_shade
from mien.data.synthetic.hair import CROWN, FRONT_DEPTH, HairTones
from mien.data.synthetic.pen import BLACK, LINE, MIRROR, WHITE, Colour, Points, Shape, Sketch, circle, mix

TINT_COLOURS: dict[str, Colour] = {
    "blue": (92, 140, 224),
    "red": (224, 72, 80),
    "green": (92, 176, 120),
    "purple": (150, 110, 206),
    "pink": (246, 138, 174),
    "yellow": (248, 200, 84),
    "navy": (62, 74, 130),
    "teal": (66, 164, 168),
}
OUTLINE: Colour = (58, 40, 66)
GOLD: Colour = (250, 206, 88)
SCARF: Colour = (214, 58, 66)


# Background


@lru_cache(maxsize=64)
def _backdrop(kind: str, tint: str, height: int, width: int) -> Image.Image:
    """Return one background. All backgrounds fit in the cache."""
    colour = TINT_COLOURS[tint]
    pale, soft = mix(colour, WHITE, 0.78), mix(colour, WHITE, 0.58)
    unit = min(height, width)
    if kind == "gradient":
        return _gradient(mix(colour, WHITE, 0.35), mix(colour, WHITE, 0.88), height, width)
    if kind == "sky":
        image = _gradient((108, 178, 244), (214, 238, 255), height, width)
        draw = ImageDraw.Draw(image)
        for x, y, size in (
            (0.02, 0.22, 0.13),
            (0.14, 0.25, 0.1),
            (0.9, 0.14, 0.12),
            (1.0, 0.18, 0.12),
            (0.78, 0.18, 0.07),
        ):
            box = [
                x * width - size * unit,
                y * height - 0.6 * size * unit,
                x * width + size * unit,
                y * height + 0.6 * size * unit,
            ]
            draw.ellipse(box, fill=(250, 252, 255))
        return image
    image = Image.new("RGB", (width, height), pale)
    draw = ImageDraw.Draw(image)
    if kind == "dots":
        step, radius = unit / 5, unit / 17
        for row in range(int(height / step) + 2):
            for column in range(int(width / step) + 2):
                x, y = (column + 0.5 * (row % 2)) * step, row * step
                draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=soft)
    elif kind == "stripes":
        step = unit / 4
        for stripe in range(-int(height / step) - 1, int(width / step) + 1):
            x = stripe * step
            draw.polygon([x, 0, x + step / 2, 0, x + step / 2 + height, height, x + height, height], fill=soft)
    elif kind == "rays":
        middle, far = (width / 2, height * 0.55), 2 * max(height, width)
        for x, y in circle(10):
            turn = np.array([[x, y], [y, -x]])
            (ax, ay), (bx, by) = np.array([[1, 0.16], [1, -0.16]]) @ turn * far + middle
            draw.polygon([*middle, ax, ay, bx, by], fill=soft)
    return image


def _gradient(top: Colour, bottom: Colour, height: int, width: int) -> Image.Image:
    share = np.linspace(0, 1, height)[:, None]
    column = np.round(np.array(top) * (1 - share) + np.array(bottom) * share).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(column[:, None], (height, width, 3))))


def backdrop(face: Face, height: int, width: int) -> Image.Image:
    """Return a face's background [height, width, 3]. The caller may draw on it."""
    return _backdrop(face.background, face.background_tint, height, width).copy()


# Shoulders and clothes


def body(sketch: Sketch, face: Face) -> None:
    """Draw neck, shoulders and clothes."""
    bow = face.accessory_tint if face.outfit == "blouse" else ""
    sketch.shapes += _body(face.outfit, face.clothes_tint, bow, face.skin, sketch.steps)


@lru_cache(maxsize=1024)
def _body(outfit: str, tint: str, bow: str, skin_name: str, steps: int) -> list[Shape]:
    """Return the shapes of a body. Nothing here varies continuously, and all bodies fit in the cache."""
    sketch = Sketch(steps)
    sketch.body = True
    skin, line, shade = SKIN_COLOURS[skin_name], skin_line(skin_name), skin_shade(skin_name, 0.32)
    cloth = TINT_COLOURS[tint]
    if outfit == "dress":
        sketch.fill(_shoulders(sketch, 0.36), skin, line)
    else:
        base = {"sailor": (248, 248, 252), "blouse": mix(cloth, WHITE, 0.1), "sweater": mix(cloth, WHITE, 0.3)}[outfit]
        sketch.fill(_shoulders(sketch, 0.5), base, mix(base, OUTLINE, 0.6))
    neck = np.array([(-0.33, 0.7), (0.33, 0.7), (0.36, 1.35), (0.5, 1.48), (0, 1.72), (-0.5, 1.48), (-0.36, 1.35)])
    sketch.fill(neck, skin, line if outfit != "dress" else None, ink=WHITE)
    if outfit == "dress":  # bare shoulders go on from the neck, so only its sides have a line
        for mirror in (1.0, MIRROR):
            sketch.stroke(np.array([(0.33, 0.7), (0.36, 1.37)]) * mirror, line)
    sketch.fill(sketch.closed((-0.33, 0.8), (0.33, 0.8), (0.34, 1.14), (0, 1.34), (-0.34, 1.14)), shade)
    if outfit == "sailor":
        _sailor(sketch, cloth, GOLD if tint == "red" else SCARF)
    elif outfit == "blouse":
        _blouse(sketch, TINT_COLOURS[bow])
    elif outfit == "sweater":
        _sweater(sketch, base)
    else:
        _dress(sketch, cloth, skin_shade(skin_name, 0.45))
    return sketch.shapes


def _shoulders(sketch: Sketch, neck: float) -> Points:
    """Return the outline from the neck to below the lower edge of the image."""
    slope = sketch.open((neck, 1.36), (0.9, 1.52), (1.4, 1.7), (1.68, 2.2), (1.8, 3.2))
    right = np.concatenate([slope, [(1.9, 8.0)]])
    return np.concatenate([right, right[::-1] * MIRROR])


def _sailor(sketch: Sketch, cloth: Colour, bow: Colour) -> None:
    flap = np.array([(0.36, 1.26), (0.95, 1.5), (1.3, 1.72), (1.0, 1.95), (0.0, 2.1), (0.05, 1.75)])
    stripe = np.array([(0.46, 1.42), (0.92, 1.58), (1.14, 1.72), (0.9, 1.86), (0.15, 1.96)])
    dark = mix(cloth, OUTLINE, 0.25)
    for mirror in (1.0, MIRROR):
        sketch.fill(flap * mirror, dark, mix(dark, OUTLINE, 0.6))
        sketch.stroke(stripe * mirror, WHITE, LINE * 0.8, drawn=sketch.fine)
    _bow(sketch, 0.0, 1.78, 0.8, bow)


def _blouse(sketch: Sketch, bow: Colour) -> None:
    wing = np.array([(0.34, 1.18), (0.62, 1.42), (0.5, 1.78), (0.0, 1.62), (0.2, 1.48)])
    for mirror in (1.0, MIRROR):
        sketch.fill(wing * mirror, (250, 250, 253), (104, 96, 124))
    _bow(sketch, 0.0, 1.66, 0.55, bow)


def _sweater(sketch: Sketch, knit: Colour) -> None:
    roll = sketch.closed((-0.46, 1.22), (0.0, 1.34), (0.46, 1.22), (0.56, 1.52), (0.0, 1.74), (-0.56, 1.52))
    sketch.fill(roll, mix(knit, WHITE, 0.25), mix(knit, OUTLINE, 0.6))
    for x in (-0.36, -0.18, 0.0, 0.18, 0.36):
        sketch.stroke(np.array([(x * 0.9, 1.36), (x, 1.6)]), mix(knit, OUTLINE, 0.3), LINE * 0.5)


def _dress(sketch: Sketch, cloth: Colour, bone: Colour) -> None:
    top = sketch.symmetric((0.0, 2.0), (0.5, 1.85), (1.2, 2.0), (1.5, 4.0), (0.0, 7.0))
    line = mix(cloth, OUTLINE, 0.6)
    strap = np.array([(0.56, 1.4), (0.68, 1.44), (0.77, 1.95), (0.63, 1.95)])
    for mirror in (1.0, MIRROR):
        sketch.fill(strap * mirror, cloth, line, LINE * 0.7)
    sketch.fill(top, cloth, line)
    for mirror in (1.0, MIRROR):
        sketch.stroke(sketch.open((0.12, 1.62), (0.4, 1.56), (0.62, 1.6)) * mirror, bone, LINE * 0.6)


def _bow(sketch: Sketch, x: float, y: float, size: float, colour: Colour) -> None:
    """A bow whose loops reach `size` times half a unit to each side."""
    line = mix(colour, OUTLINE, 0.6)
    loop = np.array([(0.04, -0.02), (0.3, -0.26), (0.5, -0.2), (0.5, 0.16), (0.3, 0.22), (0.04, 0.04)]) * size
    for mirror in (1.0, MIRROR):
        sketch.fill(loop * mirror + (x, y), colour, line)
        if sketch.fine:
            sketch.fill((loop * (0.5, 0.4) + (0.04 * size, 0)) * mirror + (x, y), mix(colour, OUTLINE, 0.25))
    sketch.fill(sketch.ellipse(x, y, 0.11 * size, 0.12 * size), mix(colour, WHITE, 0.2), line)


# In the hair


def behind_front_hair(sketch: Sketch, face: Face, tones: HairTones) -> None:
    """Draw accessories that the front hair covers in part."""
    sketch.depth = 0.0
    if face.accessory == "cat_ears":
        ear = sketch.closed((0.3, -1.25), (0.52, -1.62), (0.98, -1.98), (1.12, -1.5), (1.08, -0.8))
        inner = np.array([(0.55, -1.3), (0.68, -1.6), (0.95, -1.82), (1.02, -1.45), (1.0, -1.0)])
        for mirror in (1.0, MIRROR):
            sketch.fill(ear * mirror, tones.base, tones.line)
            sketch.fill(inner * mirror, (250, 178, 186), mix(tones.line, ROSY, 0.4), LINE * 0.6)


ROSY: Colour = (240, 130, 150)


def over_hair(sketch: Sketch, face: Face) -> None:
    """Draw accessories on top of the hair."""
    sketch.shapes += _worn(face.accessory, face.accessory_tint, float(face.side), sketch.steps)


@lru_cache(maxsize=512)
def _worn(accessory: str, tint: str, side: float, steps: int) -> list[Shape]:
    sketch = Sketch(steps)
    sketch.depth = FRONT_DEPTH
    if accessory in _ACCESSORIES:
        _ACCESSORIES[accessory](sketch, side, TINT_COLOURS[tint])
    return sketch.shapes


def _ribbon(sketch: Sketch, side: float, colour: Colour) -> None:
    _bow(sketch, 0.7 * side, -1.2, 1.05, colour)


def _band(sketch: Sketch, colour: Colour, reach: float, thick: float, half_angle: float) -> None:
    """A band over the crown, `reach` times the crown's size away from its centre."""
    angle = np.linspace(-half_angle, half_angle, 6 * sketch.steps + 1)
    arc = np.stack([np.sin(angle) * 1.2, -np.cos(angle) * 1.27], axis=1) * reach
    points = np.concatenate([arc, arc[::-1] * ((reach - thick) / reach)]) + CROWN
    sketch.fill(points, colour, mix(colour, OUTLINE, 0.6))


def _hairband(sketch: Sketch, side: float, colour: Colour) -> None:
    _band(sketch, colour, 0.93, 0.13, 0.47 * np.pi)


def _flower(sketch: Sketch, side: float, colour: Colour) -> None:
    x, y = 0.82 * side, -0.82
    petal = mix(colour, WHITE, 0.25)
    for dx, dy in circle(5) @ np.array([[0.0, -1.0], [1.0, 0.0]]):
        sketch.fill(sketch.ellipse(x + 0.19 * dx, y + 0.19 * dy, 0.17, 0.17), petal, mix(petal, OUTLINE, 0.5))
    sketch.fill(
        sketch.ellipse(x, y, 0.12, 0.12), GOLD if colour != TINT_COLOURS["yellow"] else WHITE, OUTLINE, LINE * 0.6
    )


def _headphones(sketch: Sketch, side: float, colour: Colour) -> None:
    _band(sketch, mix(colour, OUTLINE, 0.45), 1.1, 0.12, 0.5 * np.pi)
    for sign in (-1.0, 1.0):
        sketch.fill(sketch.ellipse(1.2 * sign, 0.02, 0.22, 0.36), colour, mix(colour, OUTLINE, 0.7))
        sketch.fill(sketch.ellipse(1.24 * sign, 0.02, 0.11, 0.2), mix(colour, WHITE, 0.5))


def _hairclip(sketch: Sketch, side: float, colour: Colour) -> None:
    for lift in (0.0, 0.2):
        clip = np.array([(0.5, -0.78), (0.86, -0.7), (0.86, -0.6), (0.5, -0.68)]) - (lift * 0.15, lift)
        sketch.fill(clip * (side, 1.0), colour, mix(colour, OUTLINE, 0.7), LINE * 0.8)


def _crown(sketch: Sketch, side: float, colour: Colour) -> None:
    crown = np.array(
        [(-0.5, -1.26), (-0.6, -1.74), (-0.28, -1.5), (0, -1.86), (0.28, -1.5), (0.6, -1.74), (0.5, -1.26), (0, -1.2)]
    )
    sketch.fill(crown, GOLD, (150, 96, 40))
    sketch.fill(sketch.ellipse(0, -1.42, 0.1, 0.11), colour, mix(colour, BLACK, 0.4), LINE * 0.7)


_ACCESSORIES = {
    "ribbon": _ribbon,
    "hairband": _hairband,
    "flower": _flower,
    "headphones": _headphones,
    "hairclip": _hairclip,
    "crown": _crown,
}
