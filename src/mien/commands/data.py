"""mien data: look at images before training on them, and prepare them."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from mien.commands.data_align import align as align  # mien data align
from mien.commands.python_api import checked
from mien.commands.verb_result import VerbResult
from mien.runtime.printable import count_text

if TYPE_CHECKING:
    from mien.data.layouts import Layout
    from mien.data.prepared import PreparedSet

BASE = 64  # the resolution when none is given and the images do not decide it


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


@dataclass(frozen=True)
class Prepared(VerbResult):
    """The prepared set that `mien data prepare` wrote: its folder and its contents."""

    path: str
    description: list[str]
    info: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The path and all fields of dataset.json."""
        return {"path": self.path, **self.info}

    def __str__(self) -> str:
        return "\n".join([*self.description, f"prepared in {self.path}", f"train on it: mien train --data {self.path}"])


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
    height, width = _size(layout, resolution)
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


@dataclass(frozen=True)
class Labelled(VerbResult):
    """The set that `mien data label` wrote, and the counts of each attribute's labels."""

    path: str
    pictures: int
    attributes: list[dict[str, Any]]
    wanted: float
    unlabelled: int

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        head = ("", "given", "filled", "unknown", "accuracy", "majority", "accuracy where filled", "sure in")
        rows = [head, *map(_label_cells, self.attributes)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
        lines.append("accuracy, majority, sure: on held-out folds of the labelled images")
        if nothing := [one["name"] for one in self.attributes if one["given"] and one["least"] is None]:
            cure = "choose a lower --accuracy, or label more images"
            lines.append(f"{', '.join(nothing)}: no prediction reaches {self.wanted:.0%} accuracy; {cure}")
        lines.append(f"{count_text(self.pictures, 'image')}, {self.unlabelled:,} without any label, in {self.path}")
        return "\n".join([*lines, f"train on it: mien train --data {self.path}"])


@checked("mien.commands.data.prepare")
def prepare(
    path: tyro.conf.Positional[str],
    *,
    resolution: str | None = None,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    output: Path | None = None,
    seed: int = 0,
) -> Prepared:
    """Decode, crop and resize the images of a data set once. `mien train` does this by itself too.

    Args:
        path: Folder, zip or tgz of images, or "drawn".
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        output: A new folder for the prepared set. If left out: the cache.
        seed: Seed of the built-in faces. Another seed gives other faces.
    """
    from mien.config.serialization import add_user_file
    from mien.data.layouts import detect
    from mien.data.prepare import prepare as prepare_set
    from mien.runtime.console import counted

    for file in code:
        add_user_file(file)
    height, width = _size(detect(path), resolution)
    with counted("preparing") as progress:
        ready = prepare_set(path, height, width, seed=seed, output=output, progress=progress)
    return Prepared(str(ready.path), ready.describe(), ready.info)


@checked("mien.commands.data.label")
def label(
    path: tyro.conf.Positional[str],
    *,
    output: Path | None = None,
    accuracy: float = 0.9,
    num: int | None = None,
    resolution: str | None = None,
    extractor: str = "auto",
    weights: Path | None = None,
    batch: int = 32,
    code: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = (),
    device: str = "auto",
) -> Labelled:
    """Predict missing labels from the labelled images of a set, and write a new set with them.

    Args:
        path: Folder, zip or tgz of images with some labels, or a prepared set.
        output: A new folder for the prepared set. If left out: PATH's name with -labelled, in the current folder.
        accuracy: The accuracy that predicted labels must reach on held-out images. Other labels stay unknown.
        num: Use and write at most this many images, evenly spread.
        resolution: 64, or 96x80 (height x width). If left out, mien chooses it from the images.
        extractor: auto, inception or efficientnet-lite0. auto: inception if its weights are installed (mien weights).
        weights: File of the extractor's weights, .pth or .safetensors. If left out: the file in the cache.
        batch: Images per batch. A larger batch needs more memory.
        code: Your Python file that reads PATH: my_layout.py. May be given several times.
        device: auto, cpu, cuda or cuda:1.
    """
    import torch

    from mien.config.serialization import add_user_file
    from mien.data.attributes import attributes_of
    from mien.data.layouts import detect
    from mien.data.prepare import prepare as prepare_set
    from mien.data.relabel import check_free, write_relabelled
    from mien.data.sampling import spread
    from mien.errors import UsageError
    from mien.evaluation.feature_cache import extract_features, feature_streams
    from mien.evaluation.image_sets import image_set_of
    from mien.evaluation.pseudo_labels import colours, fill
    from mien.metrics.choose_extractor import choose_extractor, described
    from mien.runtime.device import pick_device

    if not 0 < accuracy <= 1:
        raise UsageError(f"--accuracy {accuracy} must lie between 0 and 1")
    if num is not None and num < 1:
        raise UsageError(f"--num {num} is too small: it must be at least 1")
    for file in code:
        add_user_file(file)
    layout = detect(path)
    if not layout.label_names:
        raise UsageError(
            f"{path} has no labels to learn from ({layout.kind}): docs/data.md lists the formats of labels"
        )
    size = _size(layout, resolution)
    place = output or Path(f"{Path(path).name.split('.')[0]}-labelled")
    check_free(place)
    side = image_set_of(path, size, num or 2**62, layout)
    assert side.labels is not None
    told, names = side.labels.values, side.labels.names
    if not any((group.decode(told) < 0).any() for group in attributes_of(names, told)):
        raise UsageError(f"{path}: no image lacks a label: train on it: mien train --data {path}")
    used = choose_extractor(extractor, "clean", weights, pick_device(device))
    features = extract_features(side, feature_streams([], used), {"features"}, batch, "extracting features of images")[
        "features"
    ]
    labels, attributes = fill(torch.cat([features, colours(side)], 1), told, names, accuracy)
    facts: dict[str, Any] = {
        "labelled": [dataclasses.asdict(one) for one in attributes],
        "labelled_by": described(used),
    }
    ready = prepare_set(path, *size)
    made = write_relabelled(ready, spread(len(ready), num or 2**62), labels, place, layout, facts)
    return Labelled(str(place), len(made), facts["labelled"], accuracy, made.info["unlabelled"])


def _stem(path: str) -> str:
    """ "pictures/faces.zip" -> "faces", "drawn:500@64" -> "drawn-500-64"."""
    name = path.replace(":", "-").replace("@", "-") if path.startswith("drawn") else Path(path).absolute().name
    return re.sub(r"[^\w.-]+", "-", re.sub(r"\.(zip|tar|tgz|tar\.gz)$", "", name)).strip("-") or "data"


def _size(layout: Layout, resolution: str | None) -> tuple[int, int]:
    from mien.data.layouts import default_resolution
    from mien.media.pixels import parse_resolution

    return parse_resolution(resolution) if resolution else default_resolution(layout, BASE)


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


def _label_cells(one: dict[str, Any]) -> tuple[str, ...]:
    counts = (f"{one[key]:,}" for key in ("given", "filled", "unknown"))
    shares = (one["accuracy"], one["majority"], one["accuracy_when_sure"], one["sure"])
    return (one["name"], *counts, *("" if share is None else f"{share:.1%}" for share in shares))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
