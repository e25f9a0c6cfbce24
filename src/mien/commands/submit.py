"""mien submit: the archive of 1,000 faces that homework 6 asks for, and a check of any such archive."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from mien.commands.python_api import checked
from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import DataError, UsageError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Submission(VerbResult):
    """What was packed. bytes: of the archive. quality, subsampling: of its JPEGs, the same for all."""

    path: str
    bytes: int
    pictures: int
    quality: int
    subsampling: str
    run: str
    kimg: float
    truncation: float
    resized_from: str | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
        return asdict(self)

    def __str__(self) -> str:
        resized = f", resized from {self.resized_from}" if self.resized_from else ""
        return (
            f"{self.path}: {self.pictures:,} JPEGs of 64x64, {self.bytes:,} bytes (the limit is 2,000,000)\n"
            f"  JPEG quality {self.quality}, {self.subsampling}: the best that fits{resized}\n"
            f"  drawn by {self.run} at {self.kimg:g} kimg, truncation {self.truncation:g}\n"
            "  It was checked and is valid. No score is claimed: only the course's judge gives one."
        )


@dataclass(frozen=True)
class Valid(VerbResult):
    """An archive without a fault. bytes: its size."""

    path: str
    bytes: int
    pictures: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it; an archive with faults is an error instead."""
        return {"valid": True, **asdict(self)}

    def __str__(self) -> str:
        return (
            f"{self.path} is valid: {self.pictures:,} JPEGs of 64x64 at its root, {self.bytes:,} bytes\n"
            "  This is about its form alone; no score is claimed."
        )


@checked("mien.commands.submit.hw6")
@takes_groups
def hw6(
    run_flags: RunFlags,
    *,
    output: Path | None = None,
    seeds: str = "1-1000",
    trunc: float = 1.0,
) -> Submission:
    """Pack 1,000 generated faces for NTU ML2022 homework 6: 1.jpg to 1000.jpg in a tgz under 2 MB.

    The JPEG quality is the highest that fits; the same run gives the same bytes.

    Args:
        output: The archive, a .tgz. RUN/hw6.tgz if left out.
        seeds: 1,000 of them: 1-1000.
        trunc: 1 is as trained; less gives fewer broken faces and less variety.
    """
    from mien.export.hw6.pack import pack
    from mien.export.hw6.validate import COUNT, SIDE, problems
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.pixels import resolution_text
    from mien.runtime.atomic_files import io_errors, write_bytes

    chosen = parse_seeds(seeds)
    if len(chosen) != COUNT:
        raise UsageError(f"--seeds {seeds} gives {len(chosen):,} pictures: the homework takes exactly {COUNT:,}")
    check_truncation(trunc)
    if output is not None and output.is_dir():
        raise UsageError(f"--output {output} is a folder: name the archive, {output / 'hw6.tgz'}")
    generator = run_flags.load()
    packed = pack(fitted(generator.stream(chosen, trunc)))
    path = output or default_path(run_flags.run, run_flags.outdir)
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, packed.data)
    if found := problems(path):
        raise AssertionError(f"{path} was packed wrongly: {found[0]}")
    return Submission(
        path=str(path),
        bytes=len(packed.data),
        pictures=COUNT,
        quality=packed.quality,
        subsampling=packed.subsampling,
        run=generator.run,
        kimg=generator.images / 1000,
        truncation=trunc,
        resized_from=None if generator.resolution == (SIDE, SIDE) else resolution_text(*generator.resolution),
    )


@checked("mien.commands.submit.check")
def check(file: tyro.conf.Positional[Path]) -> Valid:
    """Check an archive against homework 6's rules: names, kinds, sizes. Any fault exits with 65.

    Args:
        file: The .tgz to check. It is read with care: nothing in it is written anywhere.
    """
    from mien.export.hw6.validate import COUNT, problems

    if found := problems(file):
        faults = "1 fault" if len(found) == 1 else f"{len(found)} faults"
        raise DataError("\n  ".join([f"{file} would not be accepted, {faults}:", *found]))
    return Valid(str(file), file.stat().st_size, COUNT)


def default_path(run: str, outdir: Path) -> Path:
    from mien.runs.directory import find

    return Path("hw6.tgz") if Path(run).suffix == ".safetensors" else find(run, outdir).path / "hw6.tgz"


def fitted(batches: Any) -> list[np.ndarray]:
    """Batches uint8 [<=B,H,W,1 or 3] -> uint8 [64,64,3] each: the middle square, resized by Lanczos if need be."""
    import numpy as np
    from PIL import Image

    from mien.export.hw6.validate import COUNT, SIDE
    from mien.media.pixels import as_rgb
    from mien.runtime.console import counted

    done: list[np.ndarray] = []
    with counted("drawing") as progress:
        for batch in batches:
            for pixels in as_rgb(batch):
                if pixels.shape[:2] != (SIDE, SIDE):
                    square = Image.fromarray(middle_square(pixels))
                    pixels = np.asarray(square.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
                done.append(pixels)
            progress(len(done), COUNT)
    return done


def middle_square(pixels: np.ndarray) -> np.ndarray:
    """[H,W,C] -> [S,S,C], S the shorter side."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]
