"""Readers of label files: StyleGAN's dataset.json, and metadata.csv|tsv|jsonl.

Each reader takes the contents of a data set and returns an Annotation, or None if it does not know them. An image
without a label has zeros in that block. The vocabulary is sorted, so the columns never depend on the file order.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterable
from typing import Any

import numpy as np

from mien.data.contents import Annotation, Contents
from mien.data.matching import joined, match, under
from mien.data.names import called
from mien.data.parts import kind_of
from mien.data.tables import Table, read_table, text_of
from mien.errors import DataError
from mien.runtime import typed_json
from mien.runtime.printable import count_text

MOST_VALUES = 64  # a metadata column with more distinct values is no label
MOST_NUMBER = 10_000  # the largest class number; a larger number is no class
DATASET, NAMES = "dataset.json", "label_names"
METADATA = ("metadata.csv", "metadata.tsv", "metadata.jsonl")
_MOST_BYTES = 1 << 30  # of a dataset.json: 5 million rows of 100 characters
_TEXT_COLUMNS = ("text", "caption", "prompt", "description", "captions")
_IGNORED_COLUMNS = ("split", "id", "index", "")
_BINARY = ({"0", "1"}, {"-1", "1"}, {"0", "1", "-1"}, {"false", "true"}, {"no", "yes"})
_YES = ("1", "true", "yes")
_NOTHING = ("nan", "null", "<na>")


def shallowest(contents: Contents, names: Iterable[str]) -> list[str]:
    """Return the files with these names, in any case, that lie in the fewest folders; sorted."""
    found = [name for name in contents.others if called(name, tuple(names))]
    least = min((name.count("/") for name in found), default=0)
    return sorted(name for name in found if name.count("/") == least)


# --- dataset.json -----------------------------------------------------------------------------------------------------

WHAT_A_ROW_IS = '["folder/a.png", 3], with a class number, a class name, a list of numbers, or null'


def stylegan(contents: Contents) -> Annotation | None:
    """Read dataset.json of the StyleGAN family: {"labels": [[name, 3], …]}, each a class number, a name, a vector or
    null.

    Returns None if there is no dataset.json, or one without "labels", which other tools write.
    """
    found = shallowest(contents, (DATASET,))
    if not found:
        return None
    name = found[0]
    where = f"{contents.path}: {name}"
    text, _ = text_of(contents.files, name)
    content = typed_json.decode(text, Any, where, DataError)
    if not isinstance(content, dict) or "labels" not in content:
        return None
    labels = content["labels"] or []
    rows = list(labels.items()) if isinstance(labels, dict) else labels
    if not isinstance(rows, list):
        raise DataError(f"{where}: labels is {typed_json.shown(rows)}, not a list: each row of it is {WHAT_A_ROW_IS}")
    for number, row in enumerate(rows):
        if not (isinstance(row, list | tuple) and len(row) == 2 and isinstance(row[0], str)):
            raise DataError(f"{where}: row {number} of labels is {typed_json.shown(row)}: a row is {WHAT_A_ROW_IS}")
    told = [(number, file, label) for number, (file, label) in enumerate(rows) if label is not None]
    base = posixpath.dirname(name)
    if not told:
        return Annotation("stylegan dataset.json", under(base, contents.images))
    values, label_names = _values(where, told)
    own_names = content.get(NAMES)  # written by mien: `stylegan_zip`
    if (
        isinstance(own_names, list)
        and len(own_names) == len(label_names)
        and all(isinstance(one, str) for one in own_names)
    ):
        label_names = tuple(own_names)
    names = [joined(base, file) for _, file, _ in told]
    matched = match(
        contents.path, name, names, lambda row: f"row {told[row][0]}", contents.images,
        lambda one, other: not np.array_equal(values[one], values[other]),
    )  # fmt: skip
    entries = _entries(contents, [base], matched.row_of)
    vectors = _filled(values, [matched.row_of.get(entry, -1) for entry in entries])
    notes = (*matched.notes, *unlabelled(vectors), *_others(found[1:], name))
    return Annotation("stylegan dataset.json", entries, vectors, label_names, notes=notes)


def _values(where: str, rows: list[tuple[int, str, Any]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the labels float32 [R,K] of all rows (their number, file and label), and the names of the K labels."""
    kinds = {_kind(label): number for number, _, label in reversed(rows)}
    if None in kinds:
        number = kinds[None]
        shown = typed_json.shown(next(label for other, _, label in rows if other == number))
        raise DataError(f"{where}: row {number} of labels has {shown}: a row is {WHAT_A_ROW_IS}")
    if len(kinds) > 1:
        (one, first), (other, second) = sorted(kinds.items(), key=lambda pair: pair[1])[:2]
        raise DataError(
            f"{where} mixes labels of different kinds: {one} in row {first}, {other} in row {second}; make all alike"
        )
    labels = [label for _, _, label in rows]
    (kind,) = kinds
    if kind == "a list":
        return _vectors(where, rows), tuple(f"label{number}" for number in range(len(labels[0])))
    if kind == "a class name":
        names = sorted(set(map(str.strip, labels)))
        place = {name: number for number, name in enumerate(names)}
        return _one_hot([place[label.strip()] for label in labels], len(names)), tuple(names)
    numbers = [int(label) for label in labels]
    for number, value in zip((row[0] for row in rows), numbers):
        if not 0 <= value < MOST_NUMBER:
            raise DataError(
                f"{where}: row {number} of labels has class number {value}: they are 0 to {MOST_NUMBER - 1}"
            )
    width = max(numbers) + 1
    return _one_hot(numbers, width), tuple(map(str, range(width)))


def _kind(label: object) -> str | None:
    if isinstance(label, bool):
        return None
    if isinstance(label, int) or (isinstance(label, float) and label.is_integer()):
        return "a class number"
    if isinstance(label, str) and label.strip():
        return "a class name"
    return "a list" if isinstance(label, list) and label else None


def _vectors(where: str, rows: list[tuple[int, str, Any]]) -> np.ndarray:
    width = len(rows[0][2])
    for number, _, label in rows:
        if len(label) != width:
            raise DataError(f"{where}: row {number} of labels has {len(label)} numbers, row {rows[0][0]} has {width}")
        if not all(isinstance(part, int | float) and math.isfinite(part) and abs(part) < 1e30 for part in label):
            shown = typed_json.shown(label)
            raise DataError(f"{where}: row {number} of labels has {shown}: a vector holds numbers alone")
    return np.array([label for _, _, label in rows], np.float32)


# --- metadata ---------------------------------------------------------------------------------------------------------


def metadata(contents: Contents) -> Annotation | None:
    """Read metadata.csv, .tsv or .jsonl as Hugging Face does: file_name, and any other columns.

    Several files, each in its own folder, are read as one.
    """
    found = shallowest(contents, METADATA)
    files = [
        name for place, name in enumerate(found) if posixpath.dirname(name) not in map(posixpath.dirname, found[:place])
    ]
    if not files:
        return None
    tables = [read_table(contents.files, name) for name in files]
    bases = [posixpath.dirname(name) for name in files]
    names = [joined(base, row[table.file_column]) for base, table in zip(bases, tables) for row in table.rows]
    columns, rows = _merged(tables)
    lines = [(name, line) for name, table in zip(files, tables) for line in table.lines]

    def place(row: int) -> str:
        return f"line {lines[row][1]}" if len(files) == 1 else f"{lines[row][0]} line {lines[row][1]}"

    file = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
    differ = lambda one, other: rows[one] != rows[other]  # noqa: E731
    matched = match(contents.path, file, names, place, contents.images, differ)
    entries = _entries(contents, bases, matched.row_of)
    notes = [
        *(note for table in tables for note in table.notes),
        *matched.notes,
        *_others([name for name in found if name not in files], file),
    ]
    entries = _training(entries, columns, rows, matched.row_of, notes, file)
    nothing = [""] * len(columns)
    picked = [rows[matched.row_of[entry]] if entry in matched.row_of else nothing for entry in entries]

    captions: list[str] | None = None
    blocks, label_names = [], []
    for number, column in enumerate(columns):
        if number == 0 or column.lower() in _IGNORED_COLUMNS:
            continue
        values = [" ".join(row[number].split()) for row in picked]
        if column.lower() in _TEXT_COLUMNS or _is_prose(values):
            captions = values if captions is None else captions
            continue
        block, names_of_it = _block(column, values, notes)
        if block is not None:
            blocks.append(block)
            label_names += names_of_it
    labels = np.concatenate(blocks, axis=1) if blocks else None
    notes += unlabelled(labels)
    return Annotation(posixpath.basename(files[0]).lower(), entries, labels, tuple(label_names), captions, tuple(notes))


def _merged(tables: list[Table]) -> tuple[list[str], list[list[str]]]:
    """Return the columns of all tables, the file names first, and their rows."""
    columns = ["file_name"]
    for table in tables:
        others = (column for place, column in enumerate(table.columns) if place != table.file_column)
        columns += [column for column in others if column not in columns]
    rows: list[list[str]] = []
    for table in tables:
        of = {column: place for place, column in enumerate(table.columns) if place != table.file_column}
        of["file_name"] = table.file_column
        places = [of.get(column, -1) for column in columns]
        rows += [[row[place] if place >= 0 else "" for place in places] for row in table.rows]
    return columns, rows


def _training(
    entries: list[str], columns: list[str], rows: list[list[str]], row_of: dict[str, int], notes: list[str], file: str
) -> list[str]:
    """Return the images without those that a column `split` marks as test images.

    `notes` gets a line if no image would remain.
    """
    column = next((place for place, name in enumerate(columns) if name.lower() == "split"), None)
    if column is None:
        return entries
    parts = {entry: rows[row_of[entry]][column] for entry in entries if entry in row_of}
    kept = [entry for entry in entries if kind_of(parts.get(entry, "") or "train") == "train"]
    if not kept:
        said = ", ".join(sorted(set(parts.values()))[:3])
        notes.append(f"no row of {file} has the split train (but {said}): all of them are learned")
    return kept or entries


def _block(column: str, values: list[str], notes: list[str]) -> tuple[np.ndarray | None, list[str]]:
    """Return one column as labels float32 [N,k] and their names. None: it is no label, and `notes` may say why."""
    values = ["" if value.lower() in _NOTHING else value for value in values]
    plain = [_plain(value) for value in values]
    vocabulary = sorted({value for value in values if value})
    if not vocabulary:
        return None, []
    if {value for value in plain if value} in _BINARY:
        return np.array([[value in _YES] for value in plain], np.float32), [column]
    if len(vocabulary) > MOST_VALUES or (len(vocabulary) > 20 and 2 * len(vocabulary) > len(values)):
        notes.append(f"column {column} ignored ({len(vocabulary):,} different values)")
        return None, []
    place = {value: number for number, value in enumerate(vocabulary)}
    block = _one_hot([place.get(value, -1) for value in values], len(vocabulary))
    return block, [f"{column}={value}" for value in vocabulary]


def _plain(value: str) -> str:
    """Return "1.0" and "TRUE" as "1" and "true"."""
    value = value.lower()
    return value[:-2] if value in ("0.0", "1.0", "-1.0") else value


def _is_prose(values: list[str]) -> bool:
    """Return whether most values are different and have several words."""
    some = [value for value in values if value]
    if not some:
        return False
    return len(set(some)) > len(some) / 2 and sum(value.count(" ") for value in some) >= 2 * len(some)


# --- both -------------------------------------------------------------------------------------------------------------


def _entries(contents: Contents, bases: list[str], row_of: dict[str, int]) -> list[str]:
    """Return the images of a label file: those in its folder, and others that it names."""
    if "" in bases:
        return contents.images
    near = {entry for base in bases for entry in under(base, contents.images)}
    return [entry for entry in contents.images if entry in near or entry in row_of]


def _others(files: list[str], file: str) -> tuple[str, ...]:
    return (f"{', '.join(files[:3])} not read beside {file}",) if files else ()


def _one_hot(places: list[int], width: int) -> np.ndarray:
    """Return one-hot vectors float32 [N,width]; -1: zeros."""
    vectors = np.zeros((len(places), width), np.float32)
    at = np.array(places, np.int64)
    vectors[np.flatnonzero(at >= 0), at[at >= 0]] = 1
    return vectors


def _filled(values: np.ndarray, rows: list[int]) -> np.ndarray:
    """Return values[rows], with zeros for a row of -1."""
    at = np.array(rows, np.int64)
    vectors = np.zeros((len(rows), values.shape[1]), np.float32)
    vectors[at >= 0] = values[at[at >= 0]]
    return vectors


def unlabelled(labels: np.ndarray | None) -> tuple[str, ...]:
    """Return a note with the number of images without any label."""
    empty = 0 if labels is None else int((~labels.any(axis=1)).sum())
    return (f"{count_text(empty, 'image')} unlabelled",) if empty else ()
