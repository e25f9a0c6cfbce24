"""mien video: film a training, and an interpolation between faces, as GIF and WebP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.commands.shared_flags import RunFlags
from mien.commands.verb_result import VerbResult
from mien.config.keywords import takes_groups
from mien.errors import FileError, UsageError
from mien.media.animation import gif, webp
from mien.media.pixels import as_rgb, check_scale, enlarged, grid, visible_scale
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import counted

if TYPE_CHECKING:
    from mien.runs.directory import RunDirectory

CAPTION = 18  # pixels below the images of the film, for the kimg
MOST_BYTES = 10_000_000  # of a GIF: chats and course pages refuse larger ones
Side = Annotated[int, msgspec.Meta(ge=1, le=1 << 14)]
LAST_FRAME = 2500  # milliseconds of the last frame
FILM_SIDES, WALK_SIDES = (8, 6, 5, 4, 3), (4, 3, 2)  # faces per side, tried until the GIF is small enough
FILM_SECONDS = 10.0  # of a film with many frames


@dataclass(frozen=True)
class Filmed(VerbResult):
    """files: the written files. frames: film -> number of frames."""

    files: tuple[Path, ...]
    frames: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {"files": [str(path) for path in self.files], "frames": self.frames}

    def __str__(self) -> str:
        return "\n".join(f"{path} ({path.stat().st_size / 1e6:.1f} MB)" for path in self.files)


@takes_groups
def video(
    run_flags: RunFlags,
    *,
    kind: Literal["both", "evolution", "interpolation"] = "both",
    seeds: str = "0-5",
    frames: int = 16,
    fps: int = 20,
    trunc: float = 1.0,
    scale: int | None = None,
    output: Path | None = None,
) -> Filmed:
    """Film the faces during a training (evolution), and faces that morph into each other (interpolation).

    Args:
        kind: evolution: the sample grids of the training. interpolation: a loop between generated faces. Or both.
        seeds: Stations of the first interpolated face: 0-5 or 3,14,15. The other faces have other stations.
        frames: Frames from one station to the next.
        fps: Frames per second of the interpolation.
        trunc: Truncation of the interpolation. Below 1: less variety and fewer broken images.
        scale: Enlarge each image this many times. If left out, mien chooses it.
        output: Folder for the files. If left out: the run's folder.
    """
    from mien.inference.translator import translates
    from mien.runs.directory import find

    if not (2 <= frames <= 240 and 1 <= fps <= 60):
        raise UsageError(f"--frames {frames} --fps {fps}: frames are 2 to 240, fps 1 to 60")
    check_scale(scale)
    directory = find(run_flags.run, run_flags.outdir)
    if translates(directory):
        if kind == "interpolation":
            raise UsageError(
                f"--kind interpolation: {directory.name} translates images and has no latents to interpolate"
            )
        kind = "evolution"
    folder = output or directory.path
    grids = directory.sample_grids()
    if kind != "interpolation" and not grids:
        raise FileError(f"{directory.samples} holds no sample grids: train first, or use --kind interpolation")
    walk: Film | None = None
    if kind != "evolution":  # computed before anything is written: seeds or snapshot may be wrong
        walk = interpolation(directory, seeds, frames, fps, trunc, run_flags.snapshot, run_flags.code)
    with io_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    films = {"evolution": evolution(grids)} if kind != "interpolation" else {}
    films |= {"interpolation": walk} if walk else {}
    files = [path for name, film in films.items() for path in film.write(folder, name, scale)]
    return Filmed(tuple(files), {name: len(film.cells) for name, film in films.items()})


class Sheet(TypedDict):
    """The facts inside a sample grid: where its images stand, in pixels."""

    height: Side
    width: Side
    gap: Annotated[int, msgspec.Meta(ge=0, le=64)]
    rows: Side
    columns: Side


@dataclass(frozen=True)
class Film:
    """The frames of a film.

    cells: the faces of each frame, uint8 [N,H,W,1 or 3]. captions: one below each frame, or none. durations: in
    milliseconds. sides: faces per side, tried until the GIF is small enough.
    """

    cells: Sequence[np.ndarray]
    captions: Sequence[str]
    durations: Sequence[int]
    sides: Sequence[int]

    def frames(self, side: int, scale: int) -> list[Image.Image]:
        """RGB frames with at most side x side faces, each enlarged `scale` times."""
        captions = self.captions or [""] * len(self.cells)
        return [frame(faces, side, text, scale) for faces, text in zip(self.cells, captions)]

    def sizes(self, scale: int | None) -> list[tuple[int, int]]:
        """(faces per side, scale), best first. Unless `scale` is given, a smaller scale comes before fewer faces."""
        if scale is not None:
            return [(side, scale) for side in self.sides]
        rows = min(self.sides[0], round(len(self.cells[0]) ** 0.5))
        visible = visible_scale((self.cells[0].shape[1], self.cells[0].shape[2]), rows, rows)
        return [*((self.sides[0], less) for less in range(visible, 0, -1)), *((side, 1) for side in self.sides[1:])]

    def write(self, folder: Path, name: str, scale: int | None) -> list[Path]:
        """Write {name}.gif and {name}.webp with the same frames."""
        for size in self.sizes(scale):
            images = self.frames(*size)
            data = gif(images, self.durations)
            if len(data) <= MOST_BYTES:
                break
        write_bytes(folder / f"{name}.gif", data)
        write_bytes(folder / f"{name}.webp", webp(images, self.durations))
        return [folder / f"{name}.gif", folder / f"{name}.webp"]


# --- the film of the training ----------------------------------------------------------------------------------------


def evolution(grids: Sequence[tuple[float, Path]]) -> Film:
    """The film of the sample grids, each with its kimg. The last one stays longer."""
    each = max(60, min(400, round(FILM_SECONDS * 1000 / len(grids))))
    captions = [f"{kimg:,.0f} kimg" if kimg >= 10 or kimg == int(kimg) else f"{kimg:.1f} kimg" for kimg, _ in grids]
    cells = [read_cells(path) for _, path in grids]
    for found, (_, path) in zip(cells, grids):
        if found.shape != cells[0].shape:
            raise FileError(f"{path} does not fit the other sample grids: their images have another size")
    return Film(cells, captions, [each] * (len(cells) - 1) + [LAST_FRAME], FILM_SIDES)


def read_cells(path: Path) -> np.ndarray:
    """The images of a sample grid, uint8 [N,H,W,3]; its metadata say where they stand."""
    try:
        with Image.open(path) as sheet:
            facts = typed_json.decode(str(getattr(sheet, "text", {})["mien"]), Sheet, f"{path}, in its header,")
            pixels = np.asarray(sheet.convert("RGB"))
    except (OSError, KeyError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileError(f"{path} is not a sample grid of mien: {error}") from error
    height, width, gap = facts["height"], facts["width"], facts["gap"]
    size = (facts["rows"] * (height + gap) + gap, facts["columns"] * (width + gap) + gap)
    if pixels.shape[:2] != size:
        raise FileError(f"{path} is damaged: it is {pixels.shape[:2]}, and its header gives {size} (height, width)")
    corners = [
        (gap + row * (height + gap), gap + column * (width + gap))
        for row in range(facts["rows"])
        for column in range(facts["columns"])
    ]
    return np.stack([pixels[top : top + height, left : left + width] for top, left in corners])


def frame(faces: np.ndarray, side: int, caption: str, scale: int) -> Image.Image:
    """One frame: the upper left side x side faces, each enlarged `scale` times, with the caption below."""
    columns = round(len(faces) ** 0.5)
    side = min(side, columns)
    chosen = [row * columns + column for row in range(min(side, len(faces) // columns)) for column in range(side)]
    sheet = Image.fromarray(grid(enlarged(as_rgb(faces[chosen]), scale), side))
    if not caption:
        return sheet
    image = Image.new("RGB", (sheet.width, sheet.height + CAPTION))
    image.paste(sheet)
    ImageDraw.Draw(image).text((4, sheet.height + 1), caption, fill="white", font=ImageFont.load_default(13))
    return image


# --- the walk between faces ------------------------------------------------------------------------------------------


def interpolation(
    run: RunDirectory, seeds: str, frames: int, fps: int, truncation: float, snapshot: str | None, code: Path | None
) -> Film:
    """The film of a grid of faces, each on its own loop of latents."""
    import torch

    from mien.inference.generator import load
    from mien.inference.latents.interpolation import slerp
    from mien.inference.seeds import check_truncation, parse_seeds
    from mien.media.pixels import to_pixels

    check_truncation(truncation)
    stations = parse_seeds(seeds)
    if len(stations) < 2:
        raise UsageError(f"--seeds {seeds}: an interpolation needs two stations or more")
    generator = load(run, snapshot, code=code)
    # Face f uses the seeds plus f times their span: all faces differ, and seeds identify their stations.
    span = max(stations) + 1
    walks = [
        generator.latents([(seed + span * face) % 2**63 for seed in stations]) for face in range(WALK_SIDES[0] ** 2)
    ]
    routes = torch.stack(walks)
    cells = []
    with counted("generating the interpolation") as progress, torch.inference_mode():
        for step in range(len(stations) * frames):
            here, share = divmod(step, frames)
            z = slerp(routes[:, here], routes[:, (here + 1) % len(stations)], share / frames)
            cells.append(to_pixels(generator.synthesis(generator.mapping(z, truncation))))
            progress(step + 1, len(stations) * frames)
    return Film(cells, (), [round(1000 / fps)] * len(cells), WALK_SIDES)
