"""mien data align: crop faces out of photographs or drawings, and turn them upright."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mien.commands.python_api import checked
from mien.commands.verb_result import VerbResult
from mien.runtime.printable import count_text

if TYPE_CHECKING:
    import torch

    from mien.data.layouts import Layout
    from mien.faces.face import Finder

SIZES = (64, 96, 128, 192, 256, 384, 512, 768, 1024)
LARGEST_MARGIN = 2.0
LISTED = 10
MANY_REACHING = 0.1  # share of the crops from which the result mentions them


@dataclass(frozen=True)
class Aligned(VerbResult):
    """The folder of the faces, and the images without a face, with several faces, or unreadable.

    rate: images per second. reaching: number of crops of which more than a tenth lies outside their image.
    """

    path: str
    sheet: str
    detector: str
    pictures: int
    faces: int
    resolution: str
    rate: float
    absent: list[str]
    several: list[str]
    several_became: str
    unreadable: dict[str, str]
    reaching: int
    margin: float

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{count_text(self.faces, 'face')} of {self.resolution} px from {count_text(self.pictures, 'image')}, "
            f"{self.rate:.0f} images/s",
            f"detector    {self.detector}",
            *_listed("no face", self.absent, "left out"),
            *_listed("several", self.several, self.several_became),
            *_listed("unreadable", [f"{name}: {why}" for name, why in self.unreadable.items()], "left out"),
            *self._beyond(),
            f"faces in    {self.path} (alignment.json there lists every image)",
            f"look at     {self.sheet}",
            f"train on it: mien train --data {self.path}",
        ]
        return "\n".join(lines)

    def _beyond(self) -> list[str]:
        if self.reaching < MANY_REACHING * self.faces:
            return []
        cure = f"; a --margin below {self.margin:g} makes it less" if self.margin else ""
        filled = f"{self.reaching:,} of {self.faces:,} crops consist of more than 10 % mirrored, blurred image"
        return [f"beyond      {filled}{cure}"]


@checked("mien.commands.data.align")
def align(
    path: tyro.conf.Positional[str],
    *,
    output: Path | None = None,
    resolution: str | None = None,
    margin: float = 0.25,
    detector: str = "auto",
    several: Literal["largest", "all", "skip"] = "largest",
    smallest: float | None = None,
    prepared: bool = False,
    format: Literal["png", "jpg", "webp"] = "png",
    sheet: Path | None = None,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    device: str = "auto",
) -> Aligned:
    """Find the faces in images, turn them upright by their landmarks, and write them to a new folder.

    Args:
        path: Folder, zip or tar of images. The faces get the classes and other labels of their images.
        output: A new folder for the faces. If left out: PATH's name with -aligned, in the current folder.
        resolution: 128, or 160x128 (height x width). If left out, mien chooses it: most faces are then not enlarged.
        margin: Space around the face on each side, as a share of its side. 0: from the hairline to the chin.
        detector: photo (MTCNN), anime, human or a cascade.xml. auto: photo or anime, whichever finds more faces.
        several: For an image with several faces: crop the largest or all of them, or skip the image.
        smallest: Smallest face to find, as a share of the image's shorter side. If left out: photo 0.06, anime 0.1.
        prepared: Write a prepared set instead of image files.
        format: Format of the image files: png, jpg or webp.
        sheet: The contact sheet of images before and after, a .png file. If left out: beside the output.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
    """
    from mien.config.serialization import add_user_file
    from mien.data.files import is_image
    from mien.data.layouts import detect
    from mien.data.own_output import SHEET
    from mien.data.own_output import find as find_own
    from mien.errors import DataError, UsageError
    from mien.faces.aligning import CropOptions
    from mien.faces.aligning import align as align_files
    from mien.faces.labels import write_labels
    from mien.faces.output import FACTS, building, check_place
    from mien.faces.output import prepared as write_prepared
    from mien.faces.sheet import SHOWN, save_sheet
    from mien.media.pixels import parse_resolution, resolution_text
    from mien.runtime.atomic_files import io_errors, write_json
    from mien.runtime.console import counted
    from mien.runtime.device import pick_device

    size = parse_resolution(resolution) if resolution else None
    if not 0 <= margin <= LARGEST_MARGIN:
        raise UsageError(f"--margin {margin:g} must lie between 0 and {LARGEST_MARGIN:g}: a share of the face's side")
    if smallest is not None and not 0.01 <= smallest <= 1:
        raise UsageError(f"--smallest {smallest:g} must lie between 0.01 and 1: a share of the image's shorter side")
    for file in code:
        add_user_file(file)
    layout = detect(path)
    if layout.files is None:
        raise UsageError(f"{path} ({layout.kind}): mien data align needs a folder or archive of images")
    if layout.paired or layout.pairs_of_files:
        raise UsageError(
            f"{path} holds pairs ({layout.kind}), and aligning each image would break them: align before pairing"
        )
    place = (output or Path(f"{Path(path).resolve().name.split('.')[0]}-aligned")).expanduser()
    sheet = (sheet or place.with_name(f"{SHEET}-{place.name}.png")).expanduser()
    check_place(place, layout.path, "--output")
    check_place(sheet, layout.path, "--sheet")
    used, size = _chosen(layout, detector, pick_device(device), smallest, size, margin)

    options = CropOptions(size, margin, several, "png" if prepared else format)
    own = find_own(layout.files, is_image)
    names = [name for name in layout.files.images if not own.holds(name)]
    began = time.monotonic()
    with building(place) as (images, result):
        target = images if prepared else result
        with counted("aligning") as progress:
            outcome = align_files(layout.files, names, target, used, options, SHOWN, progress)
        rate = len(names) / max(time.monotonic() - began, 1e-9)
        if not outcome.made:
            count = count_text(len(names), "image")
            raise DataError(f"{path}: {used.name} finds no face in {count}: try another --detector")
        facts = {
            "source": str(layout.path), "detector": used.name, "resolution": resolution_text(*size), "margin": margin,
            "several": several,
        }  # fmt: skip
        with io_errors(place):
            write_labels(layout, outcome.made, target)
        if prepared:
            write_prepared(images, result, size, facts)
        write_json(result / FACTS, {**facts, "pictures": outcome.rows})
        save_sheet(outcome.pairs, sheet)
    return Aligned(
        path=str(place),
        sheet=str(sheet),
        detector=used.name,
        pictures=len(names),
        faces=len(outcome.made),
        resolution=resolution_text(*size),
        rate=rate,
        absent=outcome.absent,
        several=outcome.several,
        several_became={"largest": "the largest face", "all": "every face", "skip": "left out"}[several],
        unreadable=outcome.unreadable,
        reaching=outcome.reaching,
        margin=margin,
    )


def _chosen(
    layout: Layout,
    detector: str,
    device: torch.device,
    smallest: float | None,
    size: tuple[int, int] | None,
    margin: float,
) -> tuple[Finder, tuple[int, int]]:
    """The face finder, and the (height, width) of the crops."""
    from mien.errors import UsageError
    from mien.faces.choosing import AUTO, finder, finders, nothing_here
    from mien.faces.sampling import best_finder, run_finders
    from mien.runtime.console import say

    if detector != AUTO:
        there = {detector: finder(detector, device, smallest)}
    else:
        there = finders(device, smallest)
        if not there:
            raise nothing_here()
        if layout.sources is not None:
            raise UsageError(
                f"{layout.path}: {layout.kind} may need two detectors: align each folder separately, or add --detector"
            )
    assert layout.files is not None
    samples = run_finders(layout.files, layout.files.images, there) if size is None or len(there) > 1 else {}
    name = best_finder(samples) if samples else detector if detector in there else next(iter(there))
    if len(there) > 1:
        counts = ", ".join(f"{other} in {sample.found}" for other, sample in samples.items())
        say(f"detector {name}: of {count_text(len(samples[name].faces), 'sampled image')}, {counts} have a face")
    return there[name], size or _size(samples[name].sides, margin)


def _size(sides: list[float], margin: float) -> tuple[int, int]:
    """The largest usual size at which three quarters of the crops are not enlarged."""
    if not sides:
        return SIZES[0], SIZES[0]
    crop = sorted(sides)[len(sides) // 4] * (1 + 2 * margin)
    side = max((side for side in SIZES if side <= crop), default=SIZES[0])
    return side, side


def _listed(what: str, names: list[str], became: str) -> list[str]:
    if not names:
        return []
    more = [f"            … and {len(names) - LISTED:,} more"] if len(names) > LISTED else []
    return [f"{what:<11} {len(names):,}, {became}", *(f"            {name}" for name in names[:LISTED]), *more]
