"""mien generate: draw images with a trained generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mien.commands.shared_flags import RequestFlags, RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.inference.latents.latent_source import Source
    from mien.media.picture_output import NamedFile

MOST_IN_GRID = 4096
LONGEST_SIDE = {"png": 32_767, "jpg": 32_767, "webp": 16_383}  # pixels; what viewers and formats bear

Kind = Literal["folder", "zip", "grid", "picture"]


@dataclass(frozen=True)
class Generated(VerbResult):
    """What was written. path: the folder or the file. files: how many image files are in it."""

    path: Path
    kind: Kind
    pictures: int
    files: int
    run: str
    kimg: float
    truncation: float
    scale: int = 1
    requested: str | None = None
    """What a conditional generator was given, in words; None for a generator without a condition."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {**vars(self), "path": str(self.path)}

    @property
    def filled_stdout(self) -> bool:
        return str(self.path) == "-"

    def __str__(self) -> str:
        what = {"folder": "in", "zip": "zipped in", "grid": "as a grid in", "picture": "in"}[self.kind]
        count = "1 picture" if self.pictures == 1 else f"{self.pictures:,} pictures"
        source = f"drawn by {self.run} at {self.kimg:g} kimg, truncation {self.truncation:g}"
        enlarged = f", enlarged {self.scale} times" if self.scale > 1 else ""
        each = "the file says what it was drawn from" if self.files == 1 else "each file says what it was drawn from"
        requested = f"\n  {self.requested}" if self.requested else ""
        where = "on standard output" if self.filled_stdout else f"{what} {self.path}"
        return f"{count} {where}\n  {source}{enlarged}; {each}{requested}"


@takes_groups
def generate(
    request_flags: RequestFlags,
    run_flags: RunFlags,
    *,
    seeds: str | None = None,
    latent: Path | None = None,
    direction: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    attribute_grid: str | None = None,
    trunc: float = 1.0,
    grid: bool = False,
    columns: int | None = None,
    scale: int | None = None,
    zip: bool = False,
    output: Path | None = None,
    format: Literal["png", "jpg", "webp"] | None = None,
) -> Generated:
    """Draw images from seeds: a folder of files, one file, one grid, or one zip. A seed's image is always the same.

    Args:
        seeds: Seeds of the pictures: 0-99, or 1,5,9-12. 0-63 if left out; 0 for one file.
        latent: Draw the latents of a file (mien project) instead of seeds.
        direction: Move along a direction of mien directions: smile=2, 0=-1.5 or FILE:smile=2. May be given often.
        attribute_grid: One sheet of all values. hair,eyes: a row for each hair, a column for each eyes, one seed.
            hair: a row for each seed.
        trunc: 1 is as trained; less gives fewer broken images and less variety.
        grid: All images on one sheet.
        columns: Images in a row of the grid. As square as possible if left out.
        scale: Enlarge each image this many times; each pixel becomes a square. If left out, a grid is enlarged until
            it is easy to see, and single files keep their size.
        zip: All files in one zip.
        output: A folder; face.png for one image or a grid; faces.zip; or - for standard output. In the run's folder
            if left out.
        format: Format of the pictures: png (exact), jpg or webp. From the output's name if left out, else png.
    """
    from mien.conditioning.requests import parse
    from mien.inference.attribute_grid import draw_attribute_grid
    from mien.inference.latents.directions import parse_step
    from mien.inference.latents.latent_source import from_file, from_seeds
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.image_files import encode
    from mien.media.picture_output import check_output, write_file, write_folder, write_zip
    from mien.media.pixels import check_scale

    run, outdir = run_flags.run, run_flags.outdir
    requested = {**request_flags.given, **({"attribute-grid": attribute_grid} if attribute_grid is not None else {})}
    if latent and (seeds or trunc != 1.0 or requested):
        names = ", ".join(["--seeds", *(f"--{name}" for name in requested)])
        raise UsageError(f"--latent excludes {names} and --trunc: its latents are drawn as they are")
    if attribute_grid and (grid or zip or latent or direction or request_flags.class_ or request_flags.text):
        raise UsageError("--attribute-grid is a sheet of its own: use it with --attributes, --seeds and --trunc alone")
    chosen = parse_seeds(seeds or default_seeds(output, grid or zip, attribute_grid))
    steps = [parse_step(text) for text in direction]
    check_truncation(trunc)
    check_scale(scale)
    check_flags(grid, zip, columns, len(chosen))
    generator = run_flags.load()
    if attribute_grid:
        ending = picture_ending(output, format)
        path = output or default_path(run, outdir, "attribute-grid", ending)
        check_output(path, "grid")
        others = parse(request_flags.attributes) if request_flags.attributes is not None else {}
        sheet, facts, count = draw_attribute_grid(generator, attribute_grid, others, chosen, trunc, scale)
        write_file(path, encode(sheet, ending, facts))
        kimg = generator.images / 1000
        return Generated(path, "grid", count, 1, generator.run, kimg, trunc, facts["scale"], in_words(requested))
    generator = request_flags.apply(generator)
    source = from_file(generator, latent) if latent else from_seeds(generator, chosen, trunc, requested)
    source, count = source.moved(steps, run, outdir), len(source.numbers)
    kind = kind_of(output, grid, zip, count)
    ending = picture_ending(output if kind in ("grid", "picture") else None, format)
    path = output or default_path(run, outdir, kind, ending)
    check_output(path, kind)
    if kind == "grid":
        scale, file = grid_file(source, columns, ending, scale)
        write_file(path, file)
    elif kind == "picture":
        write_file(path, next(encoded(source, ending, scale or 1))[1])
    else:
        (write_zip if kind == "zip" else write_folder)(path, encoded(source, ending, scale or 1))
    words = None if generator.labels is None or latent else in_words(requested)
    files, kimg = 1 if kind == "grid" else count, generator.images / 1000
    return Generated(path, kind, count, files, generator.run, kimg, trunc, scale or 1, words)


def in_words(requested: dict[str, str]) -> str:
    if not requested:
        return "each seed chose one of the training's labels; --class, --attributes or --text requests one"
    return "; ".join(f"{name}: {value}" for name, value in requested.items())


# --- what the flags mean ----------------------------------------------------------------------------------------------


def default_seeds(output: Path | None, several: bool, attribute_grid: str | None) -> str:
    if attribute_grid:
        return "0" if "," in attribute_grid else "0-7"
    return "0" if not several and output is not None and is_one_file(output) else "0-63"


def is_one_file(output: Path) -> bool:
    """Whether an output's name is that of one image, or "-"."""
    from mien.data.files import is_picture

    return str(output) == "-" or (is_picture(output.name) and not output.is_dir())


def kind_of(output: Path | None, grid: bool, zip: bool, count: int) -> Kind:
    """The kind of output that flags and name ask for. Raises UsageError for many images in one image's file."""
    if grid:
        return "grid"
    if zip or (output is not None and output.suffix.lower() == ".zip" and not output.is_dir()):
        return "zip"
    if output is None or not is_one_file(output):
        return "folder"
    if count > 1:
        raise UsageError(
            f"--output {output} is one file, and there are {count:,} pictures: add --grid, or name a folder or a .zip"
        )
    return "picture"


def picture_ending(output: Path | None, format: str | None) -> str:
    """png, jpg or webp: `format`, else by the output's name. Raises UsageError for another name."""
    from mien.media.picture_output import PICTURES, STDOUT, ending_of

    if output is None or output == STDOUT:
        return format or "png"
    ending = ending_of(output)
    if ending not in PICTURES:
        raise UsageError(f"--output {output} is no picture's name: end it in .png, .jpg or .webp")
    if format not in (None, ending):
        raise UsageError(f"--output {output} and --format {format} name two formats: leave --format out")
    return ending


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


def default_path(run: str, outdir: Path, kind: str, ending: str) -> Path:
    from mien.runs.directory import find

    folder = Path("generated") if Path(run).suffix == ".safetensors" else find(run, outdir).path / "generated"
    return {"folder": folder, "zip": folder.with_suffix(".zip")}.get(kind, folder / f"{kind}.{ending}")


# --- files ------------------------------------------------------------------------------------------------------------


def encoded(source: Source, ending: str, scale: int) -> Iterator[NamedFile]:
    """(name, file) one at a time: memory holds one batch of images, whatever their number."""
    from mien.media.image_files import encode, to_image
    from mien.media.pixels import enlarged
    from mien.runtime.console import counted

    remaining, done = iter(source.numbers), 0
    about = {**source.about, **({"scale": scale} if scale > 1 else {})}
    with counted("drawing") as progress:
        for batch in source.pictures():
            for pixels, number in zip(batch, remaining):
                facts = {source.kind: number, **about}
                yield f"{source.kind}{number:04d}.{ending}", encode(to_image(enlarged(pixels, scale)), ending, facts)
            done += len(batch)
            progress(done, len(source.numbers))


def grid_file(source: Source, columns: int | None, ending: str, scale: int | None) -> tuple[int, bytes]:
    """(scale, file) of all images on one sheet. scale: until the sheet is easy to see, if None."""
    import math

    import numpy as np

    from mien.media.image_files import encode, to_image
    from mien.media.pixels import enlarged, grid, visible_scale

    numbers = list(source.numbers)
    columns = min(columns or math.ceil(math.sqrt(len(numbers))), len(numbers))
    rows = math.ceil(len(numbers) / columns)
    height, width = source.generator.resolution
    scale = scale or visible_scale((height, width), rows, columns)
    longest = max(rows * (height * scale + 2), columns * (width * scale + 2)) + 2
    if longest > LONGEST_SIDE[ending]:
        cure = "a smaller --scale" if scale > 1 else "fewer --seeds"
        raise UsageError(f"--grid would be {longest:,} pixels long, over {LONGEST_SIDE[ending]:,}: use {cure}")
    facts = {f"{source.kind}s": numbers, **source.about, "columns": columns, "rows": rows, "scale": scale}
    sheet = grid(enlarged(np.concatenate(list(source.pictures())), scale), columns)
    # A JPEG's EXIF holds 64 KiB: thousands of large seeds would not fit.
    if len(str(numbers)) > 30_000:
        facts[f"{source.kind}s"] = [numbers[0], "…", numbers[-1]]
    return scale, encode(to_image(sheet), ending, facts)
