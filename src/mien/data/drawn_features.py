"""The face itself: head and ears, eyes, brows, nose, mouth, cheeks and glasses. Lengths are in face units."""

import numpy as np

from .drawn_face import Face
from .drawn_pen import BLACK, LINE, MIRROR, WHITE, Colour, Points, Sketch, circle, mix

SKIN_COLOURS: dict[str, Colour] = {
    "pale": (255, 240, 232),
    "light": (255, 226, 206),
    "tan": (236, 188, 150),
    "dark": (176, 122, 92),
}
EYE_COLOURS: dict[str, Colour] = {
    "aqua": (64, 190, 200),
    "blue": (56, 112, 220),
    "brown": (146, 88, 50),
    "green": (58, 162, 84),
    "pink": (236, 104, 158),
    "purple": (142, 82, 200),
    "red": (214, 48, 56),
    "yellow": (238, 184, 44),
}
SKIN_SHADOW: Colour = (206, 92, 96)
LASHES: Colour = (44, 30, 44)
MOUTH_LINE: Colour = (140, 58, 58)
MOUTH_INSIDE: Colour = (188, 68, 74)
TONGUE: Colour = (244, 138, 138)
ROSE: Colour = (248, 104, 112)
FRAMES: Colour = (56, 44, 66)

HEAD_DEPTH = 0.07  # how far a turn moves the chin and the jaw
FEATURE_DEPTH = 0.2
EYE_X = 0.5  # from the middle to an eye's centre
EYE_WIDTH = 0.3  # half the width of an eye
EYE_TOP = 0.33  # from the eye line up to the lid
EYE_BOTTOM = 0.27


def skin_shade(face: Face, share: float = 0.2) -> Colour:
    """The skin in shadow."""
    return mix(SKIN_COLOURS[face.skin], SKIN_SHADOW, share)


def skin_line(face: Face) -> Colour:
    """The outline of skin."""
    return mix(SKIN_COLOURS[face.skin], (92, 40, 52), 0.7)


def head(sketch: Sketch, face: Face) -> None:
    """Ears and the outline of the face."""
    skin, line = SKIN_COLOURS[face.skin], skin_line(face)
    sketch.depth = 0.0
    ear = sketch.closed((0.92, -0.1), (1.1, -0.16), (1.14, 0.06), (1.02, 0.34), (0.92, 0.36))
    fold = sketch.open((0.98, 0.2), (1.06, 0.04), (1.0, -0.04))
    for mirror in (1.0, MIRROR):
        sketch.fill(ear * mirror, skin, line)
        sketch.stroke(fold * mirror, skin_shade(face, 0.5), LINE * 0.7)
    sketch.depth = HEAD_DEPTH
    jaw, chin = 0.05 * face.jaw, 1.08 + 0.05 * face.chin
    half = (
        (0, -1.1),
        (0.7, -0.9),
        (0.97, -0.3),
        (0.96, 0.16),
        (0.86 + jaw, 0.5),
        (0.56 + jaw, chin - 0.24),
        (0.2, chin - 0.03),
        (0, chin),
    )
    sketch.fill(sketch.symmetric(*half), skin, line)


def cheeks(sketch: Sketch, face: Face) -> None:
    """The nose, and a blush where there is one."""
    sketch.depth = FEATURE_DEPTH
    skin = SKIN_COLOURS[face.skin]
    if face.blush:
        rings = 4 if sketch.fine else 2
        for ring in range(rings):
            size = 1 - 0.7 * ring / rings
            for x in (-0.6, 0.6):
                sketch.fill(
                    sketch.ellipse(x, 0.45, 0.24 * size, 0.12 * size), mix(skin, ROSE, 0.42 * (ring + 1) / rings)
                )
        if sketch.fine:
            for x in (-0.68, -0.58, -0.48, 0.48, 0.58, 0.68):
                sketch.stroke(
                    np.array([(x + 0.03, 0.4), (x - 0.03, 0.5)]), mix(skin, ROSE, 0.7), LINE * 0.5, drawn=False
                )
    nose = np.array([(-0.005, 0.36), (0.035, 0.44), (-0.03, 0.46)]) * (float(face.side), 1.0)
    sketch.fill(nose, skin_shade(face, 0.55), ink=BLACK)


def _lid(x: Points, width: float, height: float) -> Points:
    """Height of an eyelid above the eye line, for x in [-width, width]: flatter than an ellipse on top."""
    return height * np.maximum(1 - np.abs(x / width) ** 2.6, 0.0) ** 0.75


def eyes(sketch: Sketch, face: Face) -> None:
    """Both eyes: white, iris from dark to bright, pupil, lights, lashes and the fold of the lid."""
    sketch.depth = FEATURE_DEPTH
    size = 1 + 0.09 * face.eye_size
    top, bottom, width = EYE_TOP * size, EYE_BOTTOM * size, EYE_WIDTH * (1 + 0.05 * face.eye_size)
    if face.mouth == "surprised":
        top *= 1.08
    colour = EYE_COLOURS[face.eyes]
    rim, dark, bright = mix(colour, LASHES, 0.75), mix(colour, LASHES, 0.42), mix(colour, WHITE, 0.5)
    across = np.linspace(-1, 1, 4 * sketch.steps + 1) * width
    upper, lower = -_lid(across, width, top), _lid(across, width, bottom)
    # Local coordinates of a right eye: x towards the temple.
    white = np.concatenate([np.stack([across, upper], 1), np.stack([across, lower], 1)[-2:0:-1]])
    shadow = np.concatenate([np.stack([across, upper], 1), np.stack([across, upper + 0.1], 1)[::-1]])
    thick = 0.075 + 0.055 * np.clip(across / width, -0.6, 1.0)
    lash = np.concatenate(
        [
            np.stack([across * 1.06, upper + 0.03], 1),
            [(width * 1.24, -0.02 - 0.1 * size)],
            np.stack([across * 1.08, upper - thick], 1)[::-1],
        ]
    )
    outer = across > -0.2 * width
    under = np.stack([across, lower + 0.01], 1)[outer]
    fold = np.stack([across * 1.02, upper - thick - 0.075], 1)[4 : -sketch.steps]
    slant = 0.08 * face.eye_slant + {"angry": 0.06, "worried": -0.05}.get(face.brows, 0.0)
    look_x, look_y = 0.05 * face.gaze_x, 0.02 * face.gaze_y
    radius_x, radius_y = 0.2 * size, 0.29 * size
    for sign in (-1.0, 1.0):
        centre = np.array([sign * (EYE_X + 0.035 * face.eye_spacing), 0.0])

        def placed(points: Points, sign: float = sign, centre: Points = centre) -> Points:
            """A right eye's points, mirrored for the left one, slanted and moved to where the eye is."""
            x, y = points[:, 0], points[:, 1]
            return np.stack([x * sign, y - slant * x], 1) + centre

        def disc(x: float, y: float, rx: float, ry: float, sign: float = sign) -> Points:
            """A part of the iris, cut off by the lids. The gaze and the lights are the same for both eyes."""
            points = circle(5 * sketch.steps) * (rx, ry) + ((x + look_x) * sign, y + look_y - 0.01)
            limit = np.clip(points[:, 0], -width, width)
            points[:, 1] = np.clip(points[:, 1], -_lid(limit, width, top), _lid(limit, width, bottom))
            return placed(points)

        sketch.fill(placed(white), (252, 252, 255), ink=WHITE)
        sketch.fill(placed(shadow), (206, 208, 228))
        sketch.fill(disc(0, 0, radius_x, radius_y), rim, rim, LINE * 0.5)
        bands = 8 if sketch.fine else 3
        for band in range(bands):
            # From the lid's shadow down to where the light gathers.
            share = band / (bands - 1)
            down = 0.09 * share * size
            sketch.fill(
                disc(0, 0.02 + down, radius_x * (0.86 - 0.22 * share), radius_y * (0.86 - 0.38 * share)),
                mix(dark, colour, 2 * share) if share < 0.5 else mix(colour, bright, 2 * share - 1),
            )
        sketch.fill(disc(0, -0.03, 0.085 * size, 0.135 * size), rim, ink=BLACK)
        sketch.fill(disc(-0.075 * sign, -0.13, 0.085 * size, 0.095 * size), WHITE, ink=WHITE)
        sketch.fill(disc(0.09 * sign, 0.12, 0.045 * size, 0.05 * size), WHITE, ink=WHITE)
        sketch.stroke(placed(under), mix(LASHES, SKIN_COLOURS[face.skin], 0.25), LINE * 0.8)
        sketch.fill(placed(lash), LASHES, ink=BLACK)
        sketch.stroke(placed(fold), skin_shade(face, 0.6), LINE * 0.6)


BROW_SHAPES = {  # y of a brow's inner end, middle and outer end, from its usual height
    "calm": (0.0, -0.05, 0.02),
    "raised": (-0.1, -0.19, -0.1),
    "angry": (0.13, 0.02, -0.06),
    "worried": (-0.12, -0.06, 0.06),
}
BROW_Y = -0.5


def brows(sketch: Sketch, face: Face, colour: Colour) -> None:
    """Two tapered brows, drawn over the bangs as is the custom."""
    sketch.depth = FEATURE_DEPTH
    inner, middle, outer = (BROW_Y + y for y in BROW_SHAPES[face.brows])
    brow = sketch.closed(
        (0.24, inner), (0.26, inner - 0.06), (0.5, middle - 0.06), (0.78, outer), (0.5, middle + 0.005)
    )
    for mirror in (1.0, MIRROR):
        sketch.fill(brow * mirror, colour, ink=BLACK)


MOUTH_Y = 0.7


def mouth(sketch: Sketch, face: Face) -> None:
    """The mouth in one of its six moods."""
    sketch.depth = FEATURE_DEPTH
    y, wide = MOUTH_Y + 0.02 * face.chin, 1 + 0.15 * face.mouth_size
    inside = mix(MOUTH_INSIDE, BLACK, 0.15 if face.skin == "dark" else 0.0)
    line = mix(MOUTH_LINE, BLACK, 0.2 if face.skin == "dark" else 0.0)

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(px * wide, y + py) for px, py in points]

    if face.mouth == "open_smile":
        sketch.fill(
            sketch.closed(*at((-0.24, -0.06), (0, -0.03), (0.24, -0.06), (0.15, 0.13), (0, 0.2), (-0.15, 0.13))),
            inside,
            line,
        )
        sketch.fill(sketch.closed(*at((-0.12, 0.12), (0, 0.07), (0.12, 0.12), (0, 0.18))), TONGUE)
    elif face.mouth == "surprised":
        sketch.fill(sketch.ellipse(0, y + 0.05, 0.1 * wide, 0.13 * wide), inside, line)
        sketch.fill(sketch.ellipse(0, y + 0.11, 0.06 * wide, 0.05 * wide), TONGUE)
    else:
        sketch.stroke(sketch.open(*at(*_MOUTH_LINES[face.mouth])), line, LINE * 1.15)
    if face.mouth != "cat":
        sketch.fill(
            sketch.ellipse(0, y + (0.27 if face.mouth in ("open_smile", "surprised") else 0.15), 0.07, 0.018),
            skin_shade(face, 0.35),
        )


_MOUTH_LINES = {
    "smile": ((-0.22, -0.05), (-0.11, 0.03), (0, 0.055), (0.11, 0.03), (0.22, -0.05)),
    "neutral": ((-0.13, 0.01), (0, 0.0), (0.13, 0.01)),
    "frown": ((-0.15, 0.07), (-0.07, 0.01), (0, -0.005), (0.07, 0.01), (0.15, 0.07)),
    "cat": ((-0.23, -0.04), (-0.17, 0.04), (-0.07, 0.04), (0, -0.03), (0.07, 0.04), (0.17, 0.04), (0.23, -0.04)),
}


def glasses(sketch: Sketch, face: Face) -> None:
    """Round-cornered frames before the eyes, with a glint."""
    if not face.glasses:
        return
    sketch.depth = FEATURE_DEPTH
    spread = EYE_X + 0.035 * face.eye_spacing
    corners = np.abs(circle(8 * sketch.steps)) ** 0.7 * np.sign(circle(8 * sketch.steps))
    for sign in (-1.0, 1.0):
        rim = corners * (0.4, 0.36) + (sign * spread, 0.03)
        sketch.stroke(np.concatenate([rim, rim[:1]]), FRAMES, LINE * 1.15)
        sketch.stroke(np.array([(sign * (spread + 0.4), -0.02), (sign * 1.02, -0.08)]), FRAMES, LINE)
        glint = np.array([(0.2, -0.22), (0.3, -0.22), (0.18, 0.1), (0.13, 0.1)]) + (sign * spread, 0.0)
        if sketch.fine:
            sketch.fill(glint, (236, 244, 255))
    sketch.stroke(sketch.open((0.4 - spread, 0.0), (0, -0.04), (spread - 0.4, 0.0)), FRAMES, LINE * 1.15)
