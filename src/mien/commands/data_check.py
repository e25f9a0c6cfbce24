"""mien data check: describe a data set, list its faults, and show its images as training reads them."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from mien.commands.python_api import checked
from mien.commands.shared_flags import chosen_size
from mien.commands.verb_result import VerbResult
from mien.runtime.printable import count_text

if TYPE_CHECKING:
    from mien.data.prepared import PreparedSet


@dataclass(frozen=True)
class Checked(VerbResult):
    """The result of `mien data check`. sizes: a summary of WIDTHxHEIGHT. labels: label -> number of images."""

    path: str
    layout: str
    description: list[str]
    pictures: int
    usable: bool
    sizes: dict[str, Any]
    modes: dict[str, int]
    formats: dict[str, int]
    duplicates: int
    duplicate_groups: list[list[str]]
    near_duplicates: int
    bad_count: int
    bad: list[dict[str, str]]
    labels: dict[str, int]
    unlabelled: int
    faces: str | None
    resolution: str
    channels: int
    prepared: str | None
    sheet: str
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        """All fields, as JSON types."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        lines = list(self.description)
        if self.sizes:
            side = self.sizes["shorter_side"]
            common = ", ".join(f"{size} ({count:,})" for size, count in self.sizes["common"].items())
            more = self.sizes["different"] - len(self.sizes["common"])
            lines.append(f"sizes       {common}{f' and {more:,} more' if more else ''}")
            if side["smallest"] != side["largest"]:
                lines.append(
                    f"            shorter side {side['smallest']} to {side['largest']}, median {side['median']}"
                )
            lines.append(f"formats     {_counts(self.formats)}; modes {_counts(self.modes)}")
            lines.append(f"duplicates  {self.duplicates:,} exact, {self.near_duplicates:,} near duplicates")
            lines += [f"            {' = '.join(group[:3])}" for group in self.duplicate_groups[:3]]
        if self.labels:
            share = f"{self.unlabelled / max(self.pictures, 1):.0%}"
            shown = dict(list(self.labels.items())[:12])
            lines.append(f"labels      {_counts(shown)}{', …' if len(self.labels) > 12 else ''}; unlabelled {share}")
        if self.faces:
            lines.append(f"faces       {self.faces}")
        lines.append(f"bad files   {self.bad_count:,}")
        lines += [f"            {bad['file']}: {bad['reason']}" for bad in self.bad[:10]]
        colour = "gray" if self.channels == 1 else "colour"
        lines.append(f"training    uses {count_text(self.pictures, 'image')} of {self.resolution} px, {colour}")
        lines.append(f"look at     {self.sheet}")
        return "\n".join(lines + [f"warning     {warning}" for warning in self.warnings])


@checked("mien.commands.data.check")
def check(
    path: tyro.conf.Positional[str],
    *,
    resolution: str | None = None,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    output: Path | None = None,
) -> Checked:
    """Describe a data set, list its faults, and write a contact sheet of the images as training reads them.

    Args:
        path: Folder, zip or tgz of images, a prepared set, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: The contact sheet, a .png file. If left out: runs/mien-check-NAME.png.
    """
    from mien.config.serialization import add_user_file
    from mien.data import inspection
    from mien.data.layouts import detect
    from mien.data.own_output import SHEET
    from mien.data.preview import save_sheet
    from mien.faces.survey import survey_faces
    from mien.media.pixels import resolution_text
    from mien.runtime.console import counted

    for file in code:
        add_user_file(file)
    layout = detect(path)
    height, width = chosen_size(layout, resolution)
    with counted("reading files") as progress:
        found = inspection.survey(layout, progress)
    ready, refused = _ready_or_refused(path, height, width)
    exact = sum(len(group) - 1 for group in found.duplicates)
    near = max(0, inspection.near_duplicates(ready.images) - exact)
    faces, small = survey_faces(layout)
    return Checked(
        path=path,
        layout=layout.kind,
        description=layout.describe().splitlines(),
        pictures=len(ready),
        usable=refused is None,
        sizes=inspection.size_summary(found),
        modes=dict(found.modes.most_common()),
        formats=dict(found.formats.most_common()),
        duplicates=exact,
        duplicate_groups=found.duplicates[:100],
        near_duplicates=near,
        bad_count=ready.info["skipped_count"],
        bad=ready.info["skipped"],
        labels=inspection.label_table(ready),
        unlabelled=ready.info["unlabelled"],
        faces=faces,
        resolution=resolution_text(height, width),
        channels=ready.images.shape[-1],
        prepared=str(ready.path) if refused is None else None,
        sheet=str(save_sheet(ready, output or Path("runs") / f"{SHEET}-{_stem(path)}.png")),
        warnings=[*inspection.warnings(found, ready, exact, near, refused), *small],
    )


def _stem(path: str) -> str:
    """ "pictures/faces.zip" -> "faces", "drawn:500@64" -> "drawn-500-64"."""
    name = path.replace(":", "-").replace("@", "-") if path.startswith("drawn") else Path(path).absolute().name
    return re.sub(r"[^\w.-]+", "-", re.sub(r"\.(zip|tar|tgz|tar\.gz)$", "", name)).strip("-") or "data"


def _ready_or_refused(path: str, height: int, width: int) -> tuple[PreparedSet, str | None]:
    """The prepared set, and why training would refuse it: then what is left of it is shown all the same."""
    from mien.data.prepare import prepare as prepare_set
    from mien.errors import DataError
    from mien.runtime.console import counted

    with counted("preparing") as progress:
        try:
            return prepare_set(path, height, width, progress=progress), None
        except DataError as error:
            return prepare_set(path, height, width, progress=progress, most_bad=1.0), f"training refuses this: {error}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
