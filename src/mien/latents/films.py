"""A film's file: GIF, WebP, or MP4 where PyAV is installed."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mien.commands.video import gif, webp
from mien.errors import UsageError
from mien.images import as_rgb, grid

ENDINGS = ("gif", "webp", "mp4")
CURE = "pip install 'mien[video]', or end it in .webp"
QUALITY = "18"  # x264's constant rate factor: differences are hard to see


def check(path: Path) -> str:
    """The film's format by the name of its file; before anything is drawn. Raises UsageError."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in ENDINGS:
        raise UsageError(f"--output {path} is no film's name: end it in .gif, .webp or .mp4")
    if ending == "mp4":
        pyav(path)
    return ending


def pyav(path: Path) -> Any:
    try:
        return importlib.import_module("av")
    except ImportError:
        raise UsageError(f"--output {path}: MP4 needs PyAV: {CURE}") from None


def frame(faces: np.ndarray, columns: int) -> Image.Image:
    """faces uint8 [N,H,W,1 or 3] -> RGB; one alone has no margin."""
    faces = as_rgb(faces)
    return Image.fromarray(faces[0] if len(faces) == 1 else grid(faces, columns))


def encode(frames: Sequence[Image.Image], fps: int, ending: str) -> bytes:
    """frames: RGB, of one size"""
    if ending == "mp4":
        return mp4(frames, fps)
    return {"gif": gif, "webp": webp}[ending](frames, [round(1000 / fps)] * len(frames))


def mp4(frames: Sequence[Image.Image], fps: int) -> bytes:
    """H.264 in 4:2:0, which plays everywhere; it needs even sides, so an odd one repeats its last line."""
    av, file = pyav(Path("film.mp4")), io.BytesIO()
    width, height = (side + side % 2 for side in frames[0].size)
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("h264", rate=fps, options={"crf": QUALITY})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in frames:
            pixels = np.asarray(picture)
            margin = ((0, height - picture.height), (0, width - picture.width), (0, 0))
            even = av.VideoFrame.from_ndarray(np.pad(pixels, margin, "edge"), format="rgb24")
            container.mux(stream.encode(even))
        container.mux(stream.encode())
    return file.getvalue()
