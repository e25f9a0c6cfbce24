"""The labels of aligned faces: those of their images, in files that mien reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mien.data.attributes import attributes_of
from mien.data.layouts import Layout
from mien.data.relabel import METADATA, metadata_row

STYLEGAN, FOLDERS = "stylegan dataset.json", "class folders"


def write_labels(layout: Layout, made: Iterable[tuple[str, str]], folder: Path) -> None:
    """Write the labels and captions of the crops into `folder`; class folders need no file. Raises OSError.

    made: (the image, the new file) of each crop. If some images belong to a test split, the file says so.
    """
    if layout.kind == FOLDERS or (layout.labels is None and layout.captions is None):
        return
    row_of = {name: row for row, name in enumerate(layout.entries)}
    if layout.kind == STYLEGAN and layout.labels is not None:
        vectors = [[new, layout.labels[row_of[name]].tolist()] for name, new in made if name in row_of]
        (folder / "dataset.json").write_text(json.dumps({"labels": vectors}))
        return
    attributes = attributes_of(layout.label_names, layout.labels) if layout.labels is not None else ()
    made = list(made)
    split = any(name not in row_of for name, _ in made)
    lines = []
    for name, new in made:
        row = row_of.get(name)
        written = {"file_name": new}
        if row is not None and layout.labels is not None:
            written = json.loads(metadata_row(new, layout.labels[row][None], attributes))
        if row is not None and layout.captions is not None:
            written["text"] = layout.captions[row]
        lines.append(json.dumps(written | ({"split": "test" if row is None else "train"} if split else {})) + "\n")
    (folder / METADATA).write_text("".join(lines))
