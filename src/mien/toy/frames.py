"""The film of an experiment: its arms side by side, real and generated points over D's score of each place.

Colours are those of the report: blue for real, orange for generated, green for D's own curve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from mien.toy.distances import CELLS, REACH
from mien.toy.train_arm import Arm, Frame

SIDE = 380  # pixels of a panel's plot
HEAD, FOOT, GAP = 58, 12, 14  # pixels above a plot, below it, between panels
FINE = 2  # Pillow draws without soft edges: drawn larger, then reduced
SHOWN = 1000  # points of either kind
LEVELS = 12  # contour lines over the field's range
PAPER, INK, SOFT, LINE = (251, 251, 249), (27, 28, 32), (92, 96, 107), (228, 228, 223)
REAL, FAKE, CURVE = (47, 95, 224), (217, 84, 30), (12, 133, 119)
LEAST, WHITE, MOST = (248, 205, 182), (252, 252, 250), (190, 208, 250)  # of the ground, by D's score
EACH, FIRST, LAST = 110, 900, 2500  # milliseconds that a frame is shown


def draw_film(arms: Sequence[Arm], real: np.ndarray) -> tuple[list[Image.Image], list[int]]:
    """The frames, and how long each is shown in milliseconds. real: points [N, dimensions]."""
    count = max(len(arm.frames) for arm in arms)
    images = [still(arms, real, index) for index in range(count)]
    return images, [FIRST, *[EACH] * (count - 2), LAST]


def still(arms: Sequence[Arm], real: np.ndarray, index: int) -> Image.Image:
    """Frame `index` of all arms, RGB. An arm with fewer frames shows its last."""
    width = len(arms) * (SIDE + GAP) + GAP
    sheet = Image.new("RGB", (width, HEAD + SIDE + FOOT), PAPER)
    for column, arm in enumerate(arms):
        sheet.paste(panel(arm, arm.frames[min(index, len(arm.frames) - 1)], real), (GAP + column * (SIDE + GAP), 0))
    return sheet


def panel(arm: Arm, frame: Frame, real: np.ndarray) -> Image.Image:
    size = SIDE * FINE
    image = Image.new("RGB", (size, (HEAD + SIDE + FOOT) * FINE), PAPER)
    plot = plane(arm, frame, real) if arm.mixture.dimensions == 2 else axis(arm, frame)
    image.paste(plot, (0, HEAD * FINE))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, HEAD * FINE, size - 1, (HEAD + SIDE) * FINE - 1), outline=LINE, width=FINE)
    top, below = 10 * FINE, 34 * FINE
    draw.text((0, top), arm.recipe.name, INK, ImageFont.load_default(17 * FINE))
    draw.text((size, top + 2 * FINE), f"{frame.kimg:.1f} kimg", SOFT, ImageFont.load_default(14 * FINE), "ra")
    draw.text((0, below), caption(arm, frame), SOFT, ImageFont.load_default(14 * FINE))
    return image.reduce(FINE)


def caption(arm: Arm, frame: Frame) -> str:
    row, total = frame.row, len(arm.mixture.centres)
    if arm.mixture.thin:
        return f"theta {row['place']:.2f}   " + "   ".join(
            f"{key} {row[key]:.2f}" for key in row if key.endswith("of D")
        )
    return f"{row['modes']:.0f} of {total} {arm.mixture.mode}   {row['good']:.0%} good   JS {row['js']:.2f}"


# --- two dimensions ---------------------------------------------------------------------------------------------------


def plane(arm: Arm, frame: Frame, real: np.ndarray) -> Image.Image:
    """The field as a tint with contour lines, and the points on it."""
    size = SIDE * FINE
    field = np.asarray(Image.fromarray(shares(frame.field.numpy())).resize((size, size), Image.Resampling.BICUBIC))
    image = Image.fromarray(tinted(field))
    draw = ImageDraw.Draw(image, "RGBA")
    for points, colour, radius in ((real, REAL, 1.6), (frame.points.numpy(), FAKE, 2.2)):
        for x, y in pixels(points[:SHOWN], arm.view, size):
            draw.ellipse((x - radius * FINE, y - radius * FINE, x + radius * FINE, y + radius * FINE), (*colour, 150))
    return image


def shares(field: np.ndarray) -> np.ndarray:
    """D's realness scaled to [0, 1] over the view, float32; 0.5 everywhere where D is flat."""
    low, high = float(field.min()), float(field.max())
    flat = high - low < 1e-6
    return np.full_like(field, 0.5) if flat else ((field - low) / (high - low)).astype(np.float32)


def tinted(field: np.ndarray) -> np.ndarray:
    """[H,W] in [0, 1] -> uint8 [H,W,3]: pale orange over white to pale blue, contours a little darker."""
    tint = (field.clip(0, 1) * 255).astype(np.int16)
    step = np.minimum(field * LEVELS, LEVELS - 1).astype(np.int16)
    edge = np.zeros(step.shape, bool)
    edge[:-1] |= step[:-1] != step[1:]
    edge[:, :-1] |= step[:, :-1] != step[:, 1:]
    edge[1:] |= edge[:-1]  # two fine pixels wide
    colours: np.ndarray = TINTS[tint + 256 * edge]
    return colours


def tints() -> np.ndarray:
    """uint8 [512,3]: the ground's colours from 0 to 1, then the same for contours."""
    share = np.linspace(0, 1, 256)
    plain = np.stack([np.interp(share, (0, 0.5, 1), ends) for ends in zip(LEAST, WHITE, MOST)], axis=1)
    return np.concatenate([plain, 0.86 * plain]).round().astype(np.uint8)


TINTS = tints()


def pixels(points: np.ndarray, view: float, size: int) -> np.ndarray:
    """[N,2] in the plane -> [N,2] pixels, y downwards; what is out of view is left out."""
    inside = points[(np.abs(points) < view).all(axis=1)]
    return np.stack([(inside[:, 0] + view), (view - inside[:, 1])], axis=1) * (size / (2 * view))


# --- one dimension ----------------------------------------------------------------------------------------------------


def axis(arm: Arm, frame: Frame) -> Image.Image:
    """Below: the real density and the generated points' histogram, filled. Above: D(x) over its own range."""
    size, view = SIDE * FINE, arm.view
    image = Image.new("RGB", (size, size), (255, 255, 255))
    draw = ImageDraw.Draw(image, "RGBA")
    base, middle = round(0.94 * size), round(0.42 * size)
    cells = CELLS[1]
    edges = np.linspace(-REACH, REACH, cells + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    real = arm.mixture.masses(torch.from_numpy(edges)).numpy()
    fake = np.histogram(frame.points.numpy()[:, 0], edges)[0] / len(frame.points)
    tallest = 1.9 * real.max()  # a narrower heap of generated points is cut off
    across = (centres + view) * (size / (2 * view))
    for masses, colour in ((real, REAL), (fake, FAKE)):
        heights = base - (base - middle) * np.minimum(masses / tallest, 1.0)
        outline = list(zip(across.tolist(), heights.tolist()))
        draw.polygon([(across[0], base), *outline, (across[-1], base)], (*colour, 70))
        draw.line(outline, colour, 2 * FINE, "curve")
    draw.line([(0, base), (size, base)], SOFT, FINE)
    small = ImageFont.load_default(12 * FINE)
    for mark in (-1, 0, 1):
        x = (mark + view) * size / (2 * view)
        draw.line([(x, base), (x, base + 4 * FINE)], SOFT, FINE)
        draw.text((x, base + 5 * FINE), str(mark), SOFT, small, "ma")
    field = frame.field.numpy()
    top, bottom = round(0.1 * size), round(0.37 * size)
    heights = bottom - (bottom - top) * shares(field)
    draw.line(list(zip(np.linspace(0, size, len(field)).tolist(), heights.tolist())), CURVE, 2 * FINE, "curve")
    draw.text((8 * FINE, 8 * FINE), f"D(x), from {field.min():.3g} to {field.max():.3g}", CURVE, small)
    return image


# --- weights ----------------------------------------------------------------------------------------------------------


def draw_weights(arms: Sequence[Arm]) -> Image.Image:
    """A histogram of D's weights at the end for each arm, on its own range (Gulrajani et al. 2017, figure 1b)."""
    height, bars = 150, 61
    width = len(arms) * (SIDE + GAP) + GAP
    sheet = Image.new("RGB", (width * FINE, (HEAD + height + 26) * FINE), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, arm in enumerate(arms):
        left, right = (GAP + column * (SIDE + GAP)) * FINE, (column + 1) * (SIDE + GAP) * FINE
        values = arm.weights.numpy()
        reach = float(np.abs(values).max()) or 1.0
        counts = np.histogram(values, bars, (-reach, reach))[0]
        top, base = HEAD * FINE, (HEAD + height) * FINE
        draw.text((left, 10 * FINE), arm.recipe.name, INK, ImageFont.load_default(17 * FINE))
        about = f"{len(values):,} weights of D, histogram"
        draw.text((left, 34 * FINE), about, SOFT, ImageFont.load_default(14 * FINE))
        step = (right - left) / bars
        for index, count in enumerate(counts):
            x = left + index * step
            draw.rectangle((x, base - (base - top) * count / counts.max(), x + step - FINE, base), CURVE)
        draw.line([(left, base), (right, base)], SOFT, FINE)
        small = ImageFont.load_default(12 * FINE)
        for x, value, anchor in ((left, -reach, "la"), ((left + right) / 2, 0.0, "ma"), (right, reach, "ra")):
            draw.text((x, base + 5 * FINE), f"{value:.3g}", SOFT, small, anchor)
    return sheet.reduce(FINE)
