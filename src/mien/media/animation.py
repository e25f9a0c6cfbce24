"""Animations as files: GIF, WebP, or MP4 where PyAV is installed."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from mien.errors import UsageError
from mien.media.pixels import as_rgb, enlarged, grid

ENDINGS = ("gif", "webp", "mp4")
CURE = "pip install 'mien[video]', or end it in .webp"
QUALITY = "18"  # x264's constant rate factor: differences are hard to see


def check(path: Path) -> str:
    """Return the animation's format from its file name. Raises UsageError, before any image is generated."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in ENDINGS:
        raise UsageError(f"--output {path} is no film's name: end it in .gif, .webp or .mp4")
    if ending == "mp4":
        pyav(path)
    return ending


def pyav(path: Path) -> ModuleType:
    try:
        return importlib.import_module("av")
    except ImportError:
        raise UsageError(f"--output {path}: MP4 needs PyAV: {CURE}") from None


def frame(faces: np.ndarray, columns: int, scale: int = 1) -> Image.Image:
    """Return an RGB frame of faces uint8 [N,H,W,1 or 3], each enlarged `scale` times. A single face has no margin."""
    faces = enlarged(as_rgb(faces), scale)
    return Image.fromarray(faces[0] if len(faces) == 1 else grid(faces, columns))


def encode(frames: Sequence[Image.Image], fps: int, ending: str) -> bytes:
    """Return the file's content. frames: RGB, of one size. ending: one of ENDINGS."""
    if ending == "mp4":
        return mp4(frames, fps)
    return {"gif": gif, "webp": webp}[ending](frames, [round(1000 / fps)] * len(frames))


def mp4(frames: Sequence[Image.Image], fps: int) -> bytes:
    """Return an MP4 in H.264, 4:2:0. It needs an even width and height, so an odd one repeats its last line."""
    av, file = pyav(Path("film.mp4")), io.BytesIO()
    width, height = (side + side % 2 for side in frames[0].size)
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("h264", rate=fps, options={"crf": QUALITY})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in frames:
            pixels = np.asarray(image)
            margin = ((0, height - image.height), (0, width - image.width), (0, 0))
            even = av.VideoFrame.from_ndarray(np.pad(pixels, margin, "edge"), format="rgb24")
            container.mux(stream.encode(even))
        container.mux(stream.encode())
    return file.getvalue()


def gif(frames: Sequence[Image.Image], durations: Sequence[int]) -> bytes:
    """Return a GIF with one palette and no dithering, so that parts without motion do not flicker."""
    palette = shared_palette(frames)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    indexed[0].save(
        buffer, "GIF", save_all=True, append_images=indexed[1:], duration=list(durations), loop=0, optimize=False
    )
    return buffer.getvalue()


def shared_palette(frames: Sequence[Image.Image]) -> Image.Image:
    """Return 256 colours for all frames. The last frame counts twice, because viewers look at it longest."""
    chosen = [frames[round(share * (len(frames) - 1))] for share in (0.0, 0.25, 0.5, 0.75, 1.0, 1.0)]
    width, height = frames[0].size
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for row, frame in enumerate(chosen):
        sheet.paste(frame, (0, row * height))
    return sheet.quantize(256, method=Image.Quantize.MEDIANCUT)


def webp(frames: Sequence[Image.Image], durations: Sequence[int]) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=list(frames[1:]),
        duration=list(durations),
        loop=0,
        quality=85,
        method=4,
    )
    return buffer.getvalue()
