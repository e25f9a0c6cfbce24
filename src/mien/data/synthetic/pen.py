"""Curves, shapes and the rasteriser under the built-in faces.

A face is first a list of shapes in *face units*: the origin lies midway between the eyes, x points right, y points
down, and 1 is half the width of the face at the cheeks. One pass then poses all points at once (turn, tilt, scale,
shift), fills the shapes back to front on a supersampled canvas and averages that canvas down. The same list gives the
image and its line drawing, so the two always agree.
"""

import cmath
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Points = NDArray[np.float64]  # [n, 2] in face units

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

FACE_UNIT = 0.266  # of the image's shorter side
EYE_LINE = 0.5  # of the image's height
LINE = 0.042  # width of an outline, face units
NECK_Y = 1.0  # the head tilts about the point (0, NECK_Y)
BALL_RADIUS = 1.5  # of the ball that stands for the head when it turns
CANVAS_SIDE = 192  # the supersampled canvas has at least this many pixels along its shorter side
LEAST_SUPERSAMPLING = 3
COARSE_STEPS, STEPS, FINE_STEPS = 2, 3, 8  # of curves, between two control points
STEPS_FROM = 96  # pixels along the shorter side from which curves get STEPS
FINE_FROM = 160  # and from which they get FINE_STEPS, gradients get more steps and small details appear


class Shape(NamedTuple):
    """One flat shape or stroke, in face units.

    `fill` is None for a stroke; `line` is None for a shape without outline; `ink` is the fill in the line drawing
    (None: left out there, as shading is). `depth` says how far a turn of the head moves the shape sideways.
    """

    points: Points
    fill: Colour | None
    line: Colour | None
    width: float
    ink: Colour | None
    depth: float
    body: bool


class Sketch:
    """Collects the shapes of one face, back to front. `depth` and `body` hold for the shapes added next."""

    def __init__(self, steps: int) -> None:
        self.steps = steps  # points between two control points of a curve
        self.fine = steps == FINE_STEPS
        self.depth = 0.0
        self.body = False
        self.shapes: list[Shape] = []

    def fill(
        self, points: Points, fill: Colour, line: Colour | None = None, width: float = LINE, ink: Colour | None = None
    ) -> None:
        """A filled shape. With an outline it is white in the line drawing; without, it appears there only as `ink`."""
        if line is not None and ink is None:
            ink = WHITE
        self.shapes.append(Shape(points, fill, line, width, ink, self.depth, self.body))

    def stroke(self, points: Points, colour: Colour, width: float = LINE, drawn: bool = True) -> None:
        """An open line; `drawn` says whether the line drawing has it too."""
        self.shapes.append(Shape(points, None, colour, width, BLACK if drawn else None, self.depth, self.body))

    def closed(self, *points: tuple[float, float]) -> Points:
        """Return the smooth closed curve through control points. It is cached for the next face: do not change it."""
        return _closed(points, self.steps)

    def open(self, *points: tuple[float, float]) -> Points:
        """Return the smooth open curve through control points, cached as well."""
        return _open(points, self.steps)

    def symmetric(self, *half: tuple[float, float]) -> Points:
        """Return the smooth closed curve through a right half, top to bottom, and its mirror image, cached as well."""
        # A point on the axis is its own mirror image and must not count twice.
        left = tuple((-x, y) for x, y in reversed(half) if x != 0)
        return _closed(half + left, self.steps)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> Points:
        """The ellipse with centre (x, y) and half-axes rx, ry."""
        return _ellipse(x, y, rx, ry, 6 * self.steps)


MIRROR = np.array([-1.0, 1.0])


@lru_cache
def circle(steps: int) -> Points:
    """The unit circle, clockwise from its rightmost point. [steps, 2]"""
    angle = np.arange(steps) * (2 * np.pi / steps)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@lru_cache(maxsize=1024)
def _ellipse(x: float, y: float, rx: float, ry: float, steps: int) -> Points:
    return circle(steps) * (rx, ry) + (x, y)


@lru_cache(maxsize=1024)
def _closed(points: tuple[tuple[float, float], ...], steps: int) -> Points:
    curve: Points = _closed_basis(len(points), steps) @ np.array(points)
    return curve


@lru_cache(maxsize=1024)
def _open(points: tuple[tuple[float, float], ...], steps: int) -> Points:
    curve: Points = _open_basis(len(points), steps) @ np.array(points)
    return curve


def _catmull_rom(steps: int) -> NDArray[np.float64]:
    """Weights of four neighbouring control points, for `steps` points from the second on. [steps, 4]"""
    t = np.arange(steps) / steps
    return 0.5 * np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1
    )


@lru_cache
def _closed_basis(count: int, steps: int) -> NDArray[np.float64]:
    basis = np.zeros((count * steps, count))
    weights = _catmull_rom(steps)
    for segment in range(count):
        for neighbour in range(4):
            basis[segment * steps : (segment + 1) * steps, (segment + neighbour - 1) % count] += weights[:, neighbour]
    return basis


@lru_cache
def _open_basis(count: int, steps: int) -> NDArray[np.float64]:
    basis = np.zeros(((count - 1) * steps + 1, count))
    weights = _catmull_rom(steps)
    for segment in range(count - 1):
        for neighbour in range(4):
            control = min(max(segment + neighbour - 1, 0), count - 1)
            basis[segment * steps : (segment + 1) * steps, control] += weights[:, neighbour]
    basis[-1, -1] = 1
    return basis


@lru_cache
def _bezier_basis(steps: int) -> NDArray[np.float64]:
    t = np.arange(steps) / steps
    return np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], axis=1)


def arcs(controls: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Quadratic Bézier curves, the end point left out. [..., 3, 2] -> [..., steps, 2]"""
    return _bezier_basis(steps) @ controls


def affine(function: Callable[[NDArray[np.float64]], Points], count: int) -> NDArray[np.float64]:
    """The matrix of an affine function of `count` numbers: function(v) is [1, *v] @ matrix, unravelled. [1 + count, 2n]

    Most parts that vary from face to face are affine functions, so that one product gives many curves at once.
    """
    origin = function(np.zeros(count))
    return np.stack([origin, *(function(unit) - origin for unit in np.eye(count))]).reshape(1 + count, -1)


@lru_cache(maxsize=4096)
def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour that lies `share` (0 to 1) of the way from a to b."""
    return (
        int(a[0] + (b[0] - a[0]) * share + 0.5),
        int(a[1] + (b[1] - a[1]) * share + 0.5),
        int(a[2] + (b[2] - a[2]) * share + 0.5),
    )


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose of the head: `tilt` in radians, `turn` in [-1, 1], `x` and `y` in face units, `scale` about 1."""

    tilt: float
    turn: float
    x: float
    y: float
    scale: float


def supersampling(height: int, width: int) -> int:
    """Return the number of canvas pixels of one image pixel, along each side."""
    return max(LEAST_SUPERSAMPLING, -(-CANVAS_SIDE // min(height, width)))


def curve_steps(height: int, width: int) -> int:
    """Return the number of steps of a curve. With fewer steps, corners would be visible."""
    side = min(height, width)
    return FINE_STEPS if side >= FINE_FROM else STEPS if side >= STEPS_FROM else COARSE_STEPS


PIXEL_CENTRE = 0.5  # Pillow counts from the middle of the first pixel, not from its corner
BODY_TILT = 0.25  # the share of the head's tilt that the shoulders follow


def _posed(shapes: list[Shape], pose: Pose, canvas: tuple[int, int], unit: float) -> tuple[memoryview, list[int]]:
    """All shapes' points in canvas pixels, x and y in turn, and how many numbers each shape has of them.

    The first point of a filled shape with an outline is there again at its end.
    """
    head, body = cmath.rect(unit, pose.tilt), cmath.rect(unit, BODY_TILT * pose.tilt)
    pieces: list[Points] = []
    counts, depths, rotations = [], [], []
    for piece, fill, line, _, _, depth, of_body in shapes:
        pieces.append(piece)
        count = len(piece)
        if fill is not None and line is not None:
            pieces.append(piece[:1])
            count += 1
        counts.append(count)
        depths.append(depth)
        rotations.append(body if of_body else head)
    points = np.concatenate(pieces)
    # A turned ball: its middle moves most, its rim not at all, so the far eye narrows and the near one widens.
    x = points[:, 0]
    bulge = x * (1 / BALL_RADIUS)
    x += np.repeat(pose.turn * np.array(depths), counts) * np.maximum(1 - bulge * bulge, 0.0)
    width, height = canvas
    corner = complex(width / 2 - PIXEL_CENTRE, height * EYE_LINE - PIXEL_CENTRE)
    place = points.view(np.complex128)[:, 0]  # x + iy: a product is a rotation
    place -= 1j * NECK_Y
    place *= np.repeat(rotations, counts)
    place += unit * complex(pose.x, NECK_Y + pose.y) + corner
    # Pillow takes floats of 4 bytes as they are, and would have to look at each number of a list.
    return points.ravel().astype(np.float32).data, [2 * count for count in counts]


def paint(shapes: list[Shape], pose: Pose, background: Image.Image, lines: bool) -> Image.Image:
    """Fill the shapes, back to front, on a supersampled background, and return it. The background changes.

    With `lines`, outlines are black, insides are white and shading is left out.
    """
    if lines:
        shapes = [shape for shape in shapes if shape.ink is not None]
    unit = FACE_UNIT * min(background.size) * pose.scale
    placed, counts = _posed(shapes, pose, background.size, unit)
    draw = ImageDraw.Draw(background)
    end = 0
    for (_, fill, line, thickness, ink, _, _), count in zip(shapes, counts):
        start, end = end, end + count
        xy = placed[start:end]
        filled, outlined = fill is not None, line is not None
        if lines:
            fill, line = ink, BLACK
        if filled:
            draw.polygon(xy, fill)
        if outlined and not (filled and fill == line):
            width = max(1, round(thickness * unit))
            if width > 4:  # only these need round joints, which Pillow can give to lists
                draw.line(xy.tolist(), line, width, "curve")
            else:
                draw.line(xy, line, width)
    return background
