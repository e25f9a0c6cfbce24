"""mien reproduce: generate an image again, from what its file says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import FileError, UsageError

if TYPE_CHECKING:
    from PIL import Image

    from mien.runs.directory import RunDirectory


@dataclass(frozen=True)
class Reproduced(VerbResult):
    """path: the new file. same: whether every pixel is that of the image. different: number of pixels that are not."""

    path: Path
    run: str
    kimg: float
    same: bool
    different: int

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}

    def __str__(self) -> str:
        found = "every pixel is the same" if self.same else f"{self.different:,} pixels differ"
        return f"{self.path}: generated again by {self.run} at {self.kimg:g} kimg; {found}"


def reproduce(
    image: tyro.conf.Positional[Path],
    *,
    run: str | None = None,
    outdir: Path = Path("runs"),
    code: Path | None = None,
    output: Path | None = None,
) -> Reproduced:
    """Generate an image again that mien generate or the studio saved, and compare every pixel.

    Args:
        image: A PNG, JPEG or WebP file. It names its run, snapshot, seeds and settings.
        run: The run's folder, number or name. If left out: the run that the file names.
        outdir: Folder that holds the runs.
        code: Your Python file, if the run's recipe comes from one.
        output: The new file. If left out: IMAGE-again.png beside the image.
    """
    import io

    import numpy as np
    from PIL import Image

    from mien.inference.generator import load
    from mien.media.image_files import FORMATS, encode, read_facts, to_image
    from mien.media.image_output import ending_of
    from mien.media.pixels import enlarged, grid
    from mien.runs.directory import find
    from mien.runtime.atomic_files import io_errors, write_bytes

    try:
        with Image.open(image) as opened:
            facts, before, kind = read_facts(opened), opened.convert("RGB"), ending_of(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileError(f"{image} cannot be read as an image: {error}") from None
    if facts is None:
        raise UsageError(
            f"{image} does not say how it was generated: use a file that mien generate or the studio saved"
        )
    scene, kimg, scale, columns = checked(facts, image)
    directory = find(run or str(facts.get("run", "last")), outdir)
    generator = load(snapshot_at(directory, kimg), code=code)
    pixels = enlarged(scene.images(generator, directory.path), scale)
    sheet = to_image(pixels[0] if columns == 0 else grid(pixels, columns))
    path = output or image.with_name(f"{image.stem}-again.png")
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, encode(sheet, "png", facts))
    with Image.open(io.BytesIO(encode(sheet, kind if kind in FORMATS else "png", facts))) as again:
        after = again.convert("RGB")  # a JPEG or WebP is compared after the same loss
    if after.size != before.size:
        raise UsageError(
            f"{image} is {size_text(before)} pixels, and mien generated {size_text(after)}: it was changed"
        )
    different = int((np.asarray(after) != np.asarray(before)).any(-1).sum())
    return Reproduced(path, generator.run, generator.images / 1000, different == 0, different)


def checked(facts: dict[str, Any], image: Path) -> tuple[Any, float, int, int]:
    """(scene, kimg, scale, columns of the grid; 0 for one image). Raises UsageError."""
    from mien.inference.scene import from_facts
    from mien.media.pixels import check_scale
    from mien.runtime.typed_json import is_number

    for kind, verb in {
        "attribute_grid": "generate",
        "latents": "generate",
        "rows": "mix",
    }.items():
        if kind in facts and not ("seeds" in facts and kind == "rows"):
            raise UsageError(f"{image} is a sheet, or shows several latents: use mien {verb} again")
    scene = from_facts(facts)
    kimg, scale, columns = facts.get("kimg"), facts.get("scale", 1), facts.get("columns", 0)
    if not is_number(kimg) or not isinstance(scale, int) or not isinstance(columns, int) or not 0 <= columns <= 4096:
        raise UsageError(f"{image} does not name its snapshot and its size: its facts are damaged")
    check_scale(scale)
    return scene, kimg, scale, columns


def snapshot_at(run: RunDirectory, kimg: float) -> Path:
    """The file of the snapshot at this kimg. Raises UsageError with what the run has."""
    found = {round(float(path.stem.partition("-")[2]) * 1000): path for path in run.best_snapshots()}
    found |= {round(float(path.stem.partition("-")[2]) * 1000): path for path in run.snapshot_files()}
    if round(kimg * 1000) not in found:
        there = ", ".join(f"{images / 1000:g}" for images in sorted(found)) or "none"
        raise UsageError(f"{run.path} has no snapshot at {kimg:g} kimg any more, only {there}")
    return found[round(kimg * 1000)]


def size_text(image: Image.Image) -> str:
    return f"{image.width}x{image.height}"
