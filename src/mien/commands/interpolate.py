"""mien interpolate: a film in which the images of your seeds turn into each other."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.commands.shared_flags import RequestFlags, RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

MOST_PIXELS = 500_000_000  # of all frames together: they are held in memory, three bytes each


@dataclass(frozen=True)
class Interpolated(VerbResult):
    path: Path
    frames: int
    stations: int
    seconds: float
    scale: int

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}

    def __str__(self) -> str:
        size = self.path.stat().st_size / 1e6
        return f"{self.path} ({size:.1f} MB): {self.frames} frames, {self.seconds:.1f} s, {self.stations} stations"


@takes_groups
def interpolate(
    request_flags: RequestFlags,
    run_flags: RunFlags,
    *,
    seeds: str | None = None,
    latent: Path | None = None,
    frames: int = 60,
    fps: int = 30,
    loop: bool = False,
    grid: str = "1x1",
    trunc: float = 1.0,
    scale: int | None = None,
    output: Path | None = None,
) -> Interpolated:
    """Film the walk from one seed's image to the next, and with --loop back to the first.

    Args:
        seeds: The stations, 0,5,9; 0-5 if left out.
        latent: Stations from a file of latents (mien project), before those of --seeds.
        frames: From one station to the next.
        fps: Frames a second.
        loop: End where it began.
        grid: Several walks at once, rows x columns: 4x4. Each next one has seeds of its own.
        trunc: Below 1 less variety and fewer broken images.
        scale: Enlarge each image this many times. Until the film is easy to see if left out.
        output: A .gif, .webp or .mp4 file; generated/walk.gif in the run's folder if left out.
    """
    import torch

    from mien.inference.latents.files import load_w, place_for
    from mien.inference.latents.interpolation import walk
    from mien.inference.latents.synthesis import draw, split_label, w_of
    from mien.inference.seeds import LARGEST, check_truncation, parse_seeds
    from mien.media import animation
    from mien.media.pixels import check_scale
    from mien.runtime.atomic_files import write_bytes

    if not (2 <= frames <= 600 and 1 <= fps <= 60):
        raise UsageError(f"--frames {frames} --fps {fps}: frames are 2 to 600, fps 1 to 60")
    rows, columns = parse_grid(grid)
    check_truncation(trunc)
    check_scale(scale)
    numbers = parse_seeds(seeds or "0-5") if seeds or not latent else []
    if not numbers and (trunc != 1.0 or request_flags.given):
        raise UsageError(
            "--trunc, --class, --attributes and --text belong to --seeds: the latents of a file are drawn as they are"
        )
    if latent and rows * columns > 1:
        raise UsageError(f"--grid {grid}: a file of latents is one walk: leave --grid out, or use --seeds")
    run, outdir = run_flags.run, run_flags.outdir
    generator = request_flags.apply(run_flags.load())
    path = place_for(output, run, outdir, "walk.gif")
    ending = animation.check(path)
    # Walk k goes through the seeds shifted by k times their span, so that all differ and seeds name them.
    span = max(numbers, default=0) + 1
    shifted = [(seed + span * number) % LARGEST for seed in numbers for number in range(rows * columns)]
    parts = [load_w(latent, "latents", generator, "--latent")[:, None]] if latent else []
    parts += [w_of(generator, shifted, trunc).unflatten(0, (len(numbers), -1))] if numbers else []
    stations = torch.cat(parts)
    if len(stations) < 2:
        raise UsageError(f"{'--seeds ' + seeds if seeds else '--latent'}: a walk needs two stations or more")
    count = len(stations) * frames if loop else (len(stations) - 1) * frames + 1
    height, width = generator.resolution
    scale = scale or film_scale(count, rows, columns, (height, width))
    if count * rows * columns * height * width * scale**2 > MOST_PIXELS:
        cure = "a smaller --scale" if scale > 1 else "fewer --frames"
        raise UsageError(f"a film of {count:,} frames of {rows}x{columns} pictures is too long: use {cure}")
    way = torch.cat([walk(part, frames, loop) for part in split_label(generator, stations)], -1)
    cells = draw(generator, way.flatten(0, 1)).reshape(len(way), rows * columns, height, width, -1)
    write_bytes(path, animation.encode([animation.frame(faces, columns, scale) for faces in cells], fps, ending))
    return Interpolated(path, len(way), len(stations), len(way) / fps, scale)


def film_scale(frames: int, rows: int, columns: int, size: tuple[int, int]) -> int:
    """The scale at which a film of images of (height, width) is easy to see, or less where memory asks for it."""
    from mien.media.pixels import visible_scale

    fits = math.isqrt(MOST_PIXELS // (frames * rows * columns * size[0] * size[1]))
    return max(1, min(visible_scale(size, rows, columns), fits))


def parse_grid(text: str) -> tuple[int, int]:
    """ "4x3" -> (4, 3)"""
    found = re.fullmatch(r"([1-9]\d?)[x×]([1-9]\d?)", text.strip())
    if not found:
        raise UsageError(f"--grid {text!r} is not rows x columns: write 4x4")
    return int(found[1]), int(found[2])
