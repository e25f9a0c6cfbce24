"""The built-in faces: anime-like heads drawn by this code from a seed, each with its attributes, caption and outlines.

A face is a pure function of (seed, index). It can be drawn at any size, as a picture or as a line drawing of the very
same shapes, so unconditional, conditional, paired and unpaired training all run without any download.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .drawn_back_hair import back_hair, front_braids
from .drawn_face import CHOICES, SWITCHES, Face, attribute_names, attributes, caption, sample_face
from .drawn_features import brows, cheeks, ears, eyes, glasses, head, mouth, skin_shade
from .drawn_hair import bang_shadow, bangs, front_hair, hair_tones, shows_ears
from .drawn_pen import FINE_FROM, WHITE, Pose, Shape, Sketch, paint, supersampling
from .drawn_scene import backdrop, behind_front_hair, body, over_hair

__all__ = [
    "CHOICES",
    "SWITCHES",
    "Drawn",
    "Face",
    "attribute_names",
    "attributes",
    "caption",
    "draw",
    "draw_many",
    "line_drawing",
    "sample_face",
]


def _sketch(face: Face, fine: bool) -> list[Shape]:
    """All shapes of a face, back to front."""
    sketch = Sketch(fine)
    tones, locks = hair_tones(face), bangs(face)
    edge = locks.edge(sketch.steps)
    back_hair(sketch, face, tones)
    body(sketch, face)
    if shows_ears(face):
        ears(sketch, face)
    head(sketch, face)
    bang_shadow(sketch, edge, skin_shade(face.skin))
    cheeks(sketch, face)
    mouth(sketch, face)
    eyes(sketch, face)
    front_braids(sketch, face, tones)
    behind_front_hair(sketch, face, tones)
    front_hair(sketch, face, tones, locks, edge)
    brows(sketch, face, tones.line)
    glasses(sketch, face)
    over_hair(sketch, face)
    return sketch.shapes


def _render(face: Face, height: int, width: int, lines: bool) -> Image.Image:
    factor = supersampling(height, width)
    size = (width * factor, height * factor)
    background = Image.new("RGB", size, WHITE) if lines else backdrop(face, size[1], size[0])
    pose = Pose(face.tilt, face.turn, face.x, face.y, face.scale)
    return paint(_sketch(face, min(height, width) >= FINE_FROM), pose, background, factor, lines)


def draw(face: Face, height: int, width: int) -> Image.Image:
    """The picture of a face, in colour and antialiased. -> RGB, width x height pixels, any of both from 1 up"""
    return _render(face, height, width, lines=False)


def line_drawing(face: Face, height: int, width: int) -> Image.Image:
    """The outlines of the same shapes at the same place, black on white. -> RGB, width x height pixels"""
    return _render(face, height, width, lines=True)


@dataclass(frozen=True)
class Drawn:
    """Many faces. `images` uint8 [N,H,W,3]; `labels` float32 [N,K] as `attribute_names` lists them; N `captions`;
    `lines` uint8 [N,H,W,3] or None."""

    images: NDArray[np.uint8]
    labels: NDArray[np.float32]
    captions: list[str]
    lines: NDArray[np.uint8] | None


IN_PROCESS = 256  # so few faces are drawn before a worker process has started
CHUNK = 128  # faces that a worker draws at a time


def _draw_chunk(seed: int, start: int, count: int, height: int, width: int, lines: bool) -> Drawn:
    faces = [sample_face(seed, index) for index in range(start, start + count)]

    def stack(drawing: Callable[[Face, int, int], Image.Image]) -> NDArray[np.uint8]:
        return np.stack([np.asarray(drawing(face, height, width)) for face in faces])

    return Drawn(
        images=stack(draw),
        labels=np.stack([attributes(face) for face in faces]),
        captions=[caption(face) for face in faces],
        lines=stack(line_drawing) if lines else None,
    )


def _chunks(
    starts: list[int], counts: list[int], seed: int, height: int, width: int, lines: bool, workers: int
) -> Iterator[Drawn]:
    """The chunks in order, drawn here or by worker processes."""
    arguments = (repeat(seed), starts, counts, repeat(height), repeat(width), repeat(lines))
    if workers == 1:
        yield from map(_draw_chunk, *arguments)
        return
    # A forked child of a process with threads (torch has them) can hang, so workers start afresh.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(_draw_chunk, *arguments)


def draw_many(
    count: int,
    height: int,
    width: int,
    seed: int,
    start: int = 0,
    workers: int | None = None,
    lines: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Drawn:
    """The faces `start` to `start + count - 1` of a seed, the same whatever the number of workers.

    `workers` defaults to the cores that this process may use; few faces are drawn in this process. `progress` is
    called with the faces drawn so far and `count`.
    """
    cores = workers or len(os.sched_getaffinity(0))
    if count < IN_PROCESS:
        cores = 1
    starts = list(range(start, start + count, CHUNK))
    counts = [min(CHUNK, start + count - first) for first in starts]
    drawn = Drawn(
        images=np.empty((count, height, width, 3), np.uint8),
        labels=np.empty((count, len(attribute_names())), np.float32),
        captions=[],
        lines=np.empty((count, height, width, 3), np.uint8) if lines else None,
    )
    done = 0
    for chunk in _chunks(starts, counts, seed, height, width, lines, cores):
        here = slice(done, done + len(chunk.images))
        drawn.images[here], drawn.labels[here] = chunk.images, chunk.labels
        drawn.captions.extend(chunk.captions)
        if drawn.lines is not None and chunk.lines is not None:
            drawn.lines[here] = chunk.lines
        done = here.stop
        if progress:
            progress(done, count)
    return drawn
