"""mien interpolate: make a film that morphs between the images of your seeds."""

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

MOST_PIXELS = 500_000_000  # of all frames together: they are in memory, three bytes per pixel


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
    """Make a film that morphs from one seed's image to the next, and with --loop back to the first.

    Args:
        seeds: Seeds of the stations: 0,5,9. If left out: 0-5.
        latent: Use the latents of this file (mien project) as stations, before those of --seeds.
        frames: Frames from one station to the next.
        fps: Frames per second.
        loop: Return to the first station at the end.
        grid: Several interpolations at once, rows x columns: 4x4. Each one has other seeds.
        trunc: Truncation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: A .gif, .webp or .mp4 file. If left out: generated/walk.gif in the run's folder.
    """
    import torch

    from mien.inference.latents.files import load_w, place_for
    from mien.inference.latents.interpolation import walk
    from mien.inference.latents.synthesis import images_of, split_label, w_of
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
            "--trunc, --class, --attributes and --text need --seeds: the latents of a file are used unchanged"
        )
    if latent and rows * columns > 1:
        raise UsageError(f"--grid {grid}: a file of latents gives one interpolation: leave --grid out, or use --seeds")
    run, outdir = run_flags.run, run_flags.outdir
    generator = request_flags.apply(run_flags.load())
    path = place_for(output, run, outdir, "walk.gif")
    ending = animation.check(path)
    # Walk k uses the seeds plus k times their span: all walks differ, and seeds identify their stations.
    span = max(numbers, default=0) + 1
    shifted = [(seed + span * number) % LARGEST for seed in numbers for number in range(rows * columns)]
    parts = [load_w(latent, "latents", generator, "--latent")[:, None]] if latent else []
    parts += [w_of(generator, shifted, trunc).unflatten(0, (len(numbers), -1))] if numbers else []
    stations = torch.cat(parts)
    if len(stations) < 2:
        raise UsageError(f"{'--seeds ' + seeds if seeds else '--latent'}: an interpolation needs two stations or more")
    count = len(stations) * frames if loop else (len(stations) - 1) * frames + 1
    height, width = generator.resolution
    scale = scale or film_scale(count, rows, columns, (height, width))
    if count * rows * columns * height * width * scale**2 > MOST_PIXELS:
        cure = "a smaller --scale" if scale > 1 else "fewer --frames"
        raise UsageError(f"a film of {count:,} frames of {rows}x{columns} images is too long: use {cure}")
    way = torch.cat([walk(part, frames, loop) for part in split_label(generator, stations)], -1)
    cells = images_of(generator, way.flatten(0, 1)).reshape(len(way), rows * columns, height, width, -1)
    write_bytes(path, animation.encode([animation.frame(faces, columns, scale) for faces in cells], fps, ending))
    return Interpolated(path, len(way), len(stations), len(way) / fps, scale)


def film_scale(frames: int, rows: int, columns: int, size: tuple[int, int]) -> int:
    """The scale that `visible_scale` gives for images of (height, width), or a smaller one if memory requires it."""
    from mien.media.pixels import visible_scale

    fits = math.isqrt(MOST_PIXELS // (frames * rows * columns * size[0] * size[1]))
    return max(1, min(visible_scale(size, rows, columns), fits))


def parse_grid(text: str) -> tuple[int, int]:
    """ "4x3" -> (4, 3)"""
    found = re.fullmatch(r"([1-9]\d?)[x×]([1-9]\d?)", text.strip())
    if not found:
        raise UsageError(f"--grid {text!r} is not rows x columns: write 4x4")
    return int(found[1]), int(found[2])
