"""mien generate: draw pictures with a trained generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.inference.latents.latent_source import Source

MOST_IN_GRID = 4096
LONGEST_SIDE = {"png": 32_767, "jpg": 32_767, "webp": 16_383}  # pixels; what viewers and formats bear

Named = tuple[str, bytes]


@dataclass(frozen=True)
class Generated(VerbResult):
    """What was drawn. path: the folder, the zip or the grid. files: how many pictures' files are in it."""

    path: Path
    kind: Literal["folder", "zip", "grid"]
    pictures: int
    files: int
    run: str
    kimg: float
    truncation: float
    asked: str | None = None
    """What was asked of a conditional generator, in words; None for one without a condition."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {**vars(self), "path": str(self.path)}

    def __str__(self) -> str:
        what = {"folder": "in", "zip": "zipped in", "grid": "as a grid in"}[self.kind]
        count = "1 picture" if self.pictures == 1 else f"{self.pictures:,} pictures"
        source = f"drawn by {self.run} at {self.kimg:g} kimg, truncation {self.truncation:g}"
        asked = f"\n  {self.asked}" if self.asked else ""
        return f"{count} {what} {self.path}\n  {source}; each file says what it was drawn from{asked}"


def generate(
    run: tyro.conf.Positional[str],
    *,
    seeds: str | None = None,
    latent: Path | None = None,
    direction: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    class_: str | None = None,
    attributes: str | None = None,
    text: str | None = None,
    sweep: str | None = None,
    trunc: float = 1.0,
    snapshot: str | None = None,
    grid: bool = False,
    columns: int | None = None,
    zip: bool = False,
    output: Path | None = None,
    format: Literal["png", "jpg", "webp"] | None = None,
    code: Path | None = None,
    outdir: Path = Path("runs"),
) -> Generated:
    """Draw pictures from seeds: a folder of files, one grid, or one zip. A seed's picture is always the same.

    Args:
        run: A run's folder, its number or name, "last", or a .safetensors snapshot file.
        seeds: Which pictures: 0-99, or 1,5,9-12; 0-63 if left out.
        latent: Draw the latents of a file (mien project) instead of seeds.
        direction: Move along a direction of mien directions: smile=2, or 0=-1.5, or FILE:smile=2. May be given often.
        class_: Draw this class, by its name or number, with a generator that was trained by --cond class.
        attributes: Draw these, "hair=silver,eyes=green,smile", after --cond attributes; a seed chooses the others.
        text: Draw what this says, "a smiling girl with green hair", after --cond text.
        sweep: One sheet of all values: --sweep hair,eyes has a row for each hair, a column for each eyes and one seed;
            --sweep hair a row for each seed.
        trunc: 1 is as trained; less gives fewer broken pictures and less variety.
        snapshot: Draw with an older generator: its kimg, "best", or a file. The newest if left out.
        grid: All pictures on one sheet.
        columns: Pictures in a row of the grid. As square as possible if left out.
        zip: All files in one zip.
        output: Where to: a folder, or the file of the grid or zip. In the run's folder if left out.
        format: Of the pictures: png (exact), jpg or webp. From the output's name if left out, else png.
        code: Your Python file, where the run's recipe comes from one.
        outdir: Folder that holds the runs.
    """
    from mien.conditioning.requests import parse
    from mien.inference.attribute_grid import swept
    from mien.inference.generator import load
    from mien.inference.latents.directions import parse_step
    from mien.inference.latents.latent_source import from_file, from_seeds
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.image_files import encode
    from mien.runtime.atomic_files import write_bytes

    asked = {
        name: value
        for name, value in (("class", class_), ("attributes", attributes), ("text", text), ("sweep", sweep))
        if value is not None
    }
    if latent and (seeds or trunc != 1.0 or asked):
        flags = ", ".join(["--seeds", *(f"--{name}" for name in asked)])
        raise UsageError(f"--latent excludes {flags} and --trunc: its latents are drawn as they are")
    if sweep and (grid or zip or latent or direction or class_ or text):
        raise UsageError("--sweep is a sheet of its own: besides --attributes and --seeds leave the others out")
    chosen = parse_seeds(seeds or ("0-63" if not sweep else "0" if "," in sweep else "0-7"))
    steps = [parse_step(text) for text in direction]
    check_truncation(trunc)
    check_flags(grid, zip, columns, len(chosen))
    kind: Literal["folder", "zip", "grid"] = "grid" if grid or sweep else "zip" if zip else "folder"
    ending = format or (ending_of(output) if kind == "grid" else "png")
    wanted = parse(attributes) if attributes is not None else None
    generator = load(run, snapshot, outdir=outdir, code=code).conditioned_on(
        class_=class_, attributes=wanted, text=text
    )
    path = output or default_path(run, outdir, "sweep" if sweep else kind, ending)
    check_output(path, kind)
    if sweep:
        picture, facts, count = swept(load(run, snapshot, outdir=outdir, code=code), sweep, wanted or {}, chosen, trunc)
        write_bytes(path, encode(picture, ending, facts))
        return Generated(path, "grid", count, 1, generator.run, generator.images / 1000, trunc, told(asked))
    source = from_file(generator, latent) if latent else from_seeds(generator, chosen, trunc, asked)
    source, count = source.moved(steps, run, outdir), len(source.numbers)
    if grid:
        write_grid(path, source, columns, ending)
    else:
        (write_zip if zip else write_folder)(path, encoded(source, ending))
    files = 1 if grid else count
    words = None if generator.labels is None or latent else told(asked)
    return Generated(path, kind, count, files, generator.run, generator.images / 1000, trunc, words)


def told(asked: dict[str, str]) -> str:
    if not asked:
        return "nothing was asked for, so each seed chose a label of the training's: see --class, --attributes, --text"
    return "; ".join(f"{name}: {value}" for name, value in asked.items())


# --- checks -----------------------------------------------------------------------------------------------------------


def check_flags(grid: bool, zip: bool, columns: int | None, count: int) -> None:
    if grid and zip:
        raise UsageError("--grid and --zip exclude each other: one sheet, or one archive of single pictures")
    if columns is not None and not grid:
        raise UsageError("--columns belongs to --grid: add --grid, or leave it out")
    if columns is not None and not 1 <= columns <= MOST_IN_GRID:
        raise UsageError(f"--columns {columns} is out of range: 1 to {MOST_IN_GRID}")
    if grid and count > MOST_IN_GRID:
        raise UsageError(
            f"--grid takes {MOST_IN_GRID:,} pictures at most, not {count:,}: leave --grid out, or use --zip"
        )


def ending_of(output: Path | None) -> str:
    """The format that a grid's file name asks for."""
    if output is None:
        return "png"
    ending = output.suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if ending not in LONGEST_SIDE:
        raise UsageError(f"--output {output} is no picture's name: end it in .png, .jpg or .webp")
    return ending


def default_path(run: str, outdir: Path, kind: str, ending: str) -> Path:
    from mien.runs.directory import find

    folder = Path("generated") if Path(run).suffix == ".safetensors" else find(run, outdir).path / "generated"
    return {"folder": folder, "zip": folder.with_suffix(".zip")}.get(kind, folder / f"{kind}.{ending}")


def check_output(path: Path, kind: str) -> None:
    """Before anything is drawn: a mistake here should not cost the time of drawing."""
    from mien.runtime.atomic_files import io_errors

    if kind == "folder" and path.exists() and not path.is_dir():
        raise UsageError(f"--output {path} is a file: name a folder, or add --grid or --zip for one file")
    if kind != "folder" and path.is_dir():
        raise UsageError(f"--output {path} is a folder: name the {kind}'s file")
    with io_errors(path):
        (path if kind == "folder" else path.parent).mkdir(parents=True, exist_ok=True)


# --- writing ----------------------------------------------------------------------------------------------------------


def encoded(source: Source, ending: str) -> Iterator[Named]:
    """(name, file) one at a time: memory holds one batch of pictures, however many are asked for."""
    from mien.media.image_files import encode, to_image
    from mien.runtime.console import counted

    remaining, done = iter(source.numbers), 0
    with counted("drawing") as progress:
        for batch in source.pictures():
            for pixels, number in zip(batch, remaining):
                facts = {source.kind: number, **source.about}
                yield f"{source.kind}{number:04d}.{ending}", encode(to_image(pixels), ending, facts)
            done += len(batch)
            progress(done, len(source.numbers))


def write_folder(folder: Path, files: Iterator[Named]) -> None:
    """Each file is whole or absent. Not synced one by one: that would take far longer than drawing them."""
    from mien.runtime.atomic_files import io_errors

    temporary = folder / ".picture.tmp"
    with io_errors(folder):
        try:
            for name, data in files:
                temporary.write_bytes(data)
                temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)


def write_zip(path: Path, files: Iterator[Named]) -> None:
    """Stored, for pictures are compressed already; without times, so the same pictures give the same bytes."""
    import os
    import zipfile

    from mien.runtime.atomic_files import io_errors

    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with io_errors(path):
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
                for name, data in files:
                    archive.writestr(zipfile.ZipInfo(name), data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_grid(path: Path, source: Source, columns: int | None, ending: str) -> None:
    import math

    import numpy as np

    from mien.media import pixels
    from mien.media.image_files import encode, to_image
    from mien.runtime.atomic_files import write_bytes

    numbers = list(source.numbers)
    columns = min(columns or math.ceil(math.sqrt(len(numbers))), len(numbers))
    rows = math.ceil(len(numbers) / columns)
    height, width = source.generator.resolution
    longest = max(rows * (height + 2), columns * (width + 2)) + 2
    if longest > LONGEST_SIDE[ending]:
        raise UsageError(f"--grid would be {longest:,} pixels long, over {LONGEST_SIDE[ending]:,}: use fewer --seeds")
    facts = {f"{source.kind}s": numbers, **source.about, "columns": columns, "rows": rows}
    sheet = pixels.grid(np.concatenate(list(source.pictures())), columns)
    # A JPEG's EXIF holds 64 KiB: thousands of large seeds would not fit.
    if len(str(numbers)) > 30_000:
        facts[f"{source.kind}s"] = [numbers[0], "…", numbers[-1]]
    write_bytes(path, encode(to_image(sheet), ending, facts))
