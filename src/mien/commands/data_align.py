"""mien data align: faces cut out of photographs or drawings, turned upright."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from mien.commands.python_api import checked
from mien.commands.verb_result import VerbResult

if TYPE_CHECKING:
    import torch

    from mien.data.layouts import Layout
    from mien.faces.face import Finder

SIZES = (64, 96, 128, 192, 256, 384, 512, 768, 1024)
LARGEST_MARGIN = 2.0
LISTED = 10
MANY_REACHING = 0.1  # share of the crops from which it is told


@dataclass(frozen=True)
class Aligned(VerbResult):
    """Where the faces are, and which images have none, several, or cannot be read. rate: images a second. reaching:
    crops of which over a tenth lies beyond their image."""

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
            f"{self.faces:,} faces of {self.resolution} px from {self.pictures:,} pictures, {self.rate:.0f} pictures/s",
            f"detector    {self.detector}",
            *_listed("no face", self.absent, "left out"),
            *_listed("several", self.several, self.several_became),
            *_listed("unreadable", [f"{name}: {why}" for name, why in self.unreadable.items()], "left out"),
            *self._beyond(),
            f"faces in    {self.path} (alignment.json there lists every picture)",
            f"look at     {self.sheet}",
            f"train on it: mien train --data {self.path}",
        ]
        return "\n".join(lines)

    def _beyond(self) -> list[str]:
        if self.reaching < MANY_REACHING * self.faces:
            return []
        cure = f"; a --margin under {self.margin:g} needs less of that" if self.margin else ""
        filled = f"{self.reaching:,} of {self.faces:,} crops are filled up with over 10 % of mirrored, blurred picture"
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
    device: str = "auto",
) -> Aligned:
    """Find the faces in images, turn them upright by their landmarks, and write them to a new folder.

    Args:
        path: Folder, zip or tar of images. Class folders and other labels are kept.
        output: A new folder for the faces. PATH's name with -aligned, here, if left out.
        resolution: 128, or 160x128 (height x width). Chosen from the faces if left out: most are not enlarged then.
        margin: Room around the face on each side, as a share of its side. 0: from the hairline to the chin.
        detector: photo (MTCNN), anime, human or a cascade.xml. auto: photo or anime, whichever finds more faces.
        several: Of an image with several faces, cut out the largest or all, or skip it.
        smallest: The smallest face to look for, as a share of the image's shorter side. photo 0.06, anime 0.1.
        prepared: Write a prepared set in place of image files.
        format: Of the image files: png, jpg or webp.
        sheet: Where to write the contact sheet of before and after, a PNG. Beside the output if left out.
        device: auto, cpu, cuda or cuda:1.
    """
    from mien.data.files import is_picture
    from mien.data.layouts import detect
    from mien.data.own_output import SHEET
    from mien.data.own_output import find as find_own
    from mien.errors import DataError, UsageError
    from mien.faces.aligning import Wishes
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
        raise UsageError(f"--smallest {smallest:g} must lie between 0.01 and 1: a share of the picture's shorter side")
    layout = detect(path)
    if layout.files is None:
        raise UsageError(f"{path} is a {layout.kind}: mien data align needs the pictures themselves")
    if layout.paired or layout.pairs_of_files:
        raise UsageError(
            f"{path} holds pairs ({layout.kind}), which must stay one upon the other: align before pairing"
        )
    place = (output or Path(f"{Path(path).resolve().name.split('.')[0]}-aligned")).expanduser()
    sheet = (sheet or place.with_name(f"{SHEET}-{place.name}.png")).expanduser()
    check_place(place, layout.path, "--output")
    check_place(sheet, layout.path, "--sheet")
    used, size = _chosen(layout, detector, pick_device(device), smallest, size, margin)

    wishes = Wishes(size, margin, several, "png" if prepared else format)
    own = find_own(layout.files, is_picture)
    names = [name for name in layout.files.pictures if not own.holds(name)]
    began = time.monotonic()
    with building(place) as (pictures, result):
        target = pictures if prepared else result
        with counted("aligning") as progress:
            outcome = align_files(layout.files, names, target, used, wishes, SHOWN, progress)
        rate = len(names) / max(time.monotonic() - began, 1e-9)
        if not outcome.made:
            raise DataError(f"{path}: {used.name} finds no face in {len(names):,} pictures: try another --detector")
        facts = {
            "source": str(layout.path), "detector": used.name, "resolution": resolution_text(*size), "margin": margin,
            "several": several,
        }  # fmt: skip
        with io_errors(place):
            write_labels(layout, outcome.made, target)
        if prepared:
            write_prepared(pictures, result, size, facts)
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
    """The finder, and the size of the crops."""
    from mien.errors import UsageError
    from mien.faces.choosing import AUTO, finder, finders, nothing_here
    from mien.faces.sampling import better, look
    from mien.runtime.console import say

    if detector != AUTO:
        there = {detector: finder(detector, device, smallest)}
    else:
        there = finders(device, smallest)
        if not there:
            raise nothing_here()
        if layout.sources is not None:
            raise UsageError(
                f"{layout.path}: {layout.kind} may need two detectors: align each folder by itself, or name --detector"
            )
    assert layout.files is not None
    samples = look(layout.files, layout.files.pictures, there) if size is None or len(there) > 1 else {}
    name = better(samples) if samples else detector if detector in there else next(iter(there))
    if len(there) > 1:
        counts = ", ".join(f"{other} in {sample.found}" for other, sample in samples.items())
        say(f"detector {name}: of {len(samples[name].faces)} sampled pictures, {counts} have a face")
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
