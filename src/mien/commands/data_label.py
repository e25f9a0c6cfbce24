"""mien data label: predict the labels that a data set lacks from those that it has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from mien.commands.python_api import checked
from mien.commands.shared_flags import chosen_size
from mien.commands.verb_result import VerbResult
from mien.runtime.printable import count_text


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
        device: auto, cpu, cuda, cuda:1, mps or xpu.
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
    size = chosen_size(layout, resolution)
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


def _label_cells(one: dict[str, Any]) -> tuple[str, ...]:
    counts = (f"{one[key]:,}" for key in ("given", "filled", "unknown"))
    shares = (one["accuracy"], one["majority"], one["accuracy_when_sure"], one["sure"])
    return (one["name"], *counts, *("" if share is None else f"{share:.1%}" for share in shares))
