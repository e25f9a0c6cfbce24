"""Readers of the files that describe pictures: StyleGAN's dataset.json, metadata.csv|jsonl, CelebA's list, sidecars.

Each reader takes the files of a data set and returns an Annotation, or None when it does not know them. A picture
without a label keeps zeros in that block; the vocabulary is sorted, so the columns never depend on the file order.
"""

from __future__ import annotations

import csv
import io
import json
import posixpath
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.data.files import Files
from mien.errors import BadData

MOST_VALUES = 64  # a metadata column with more distinct values is no label
MOST_TAGS = 128
_TEXT_COLUMNS = ("text", "caption", "prompt", "description", "captions")
_IGNORED_COLUMNS = ("split", "id", "index", "")
_BINARY = ({"0", "1"}, {"-1", "1"}, {"0", "1", "-1"}, {"true", "false"}, {"True", "False"})
_YES = ("1", "true", "True", "1.0")


@dataclass(frozen=True)
class Annotation:
    """`entries` in order with float32 `labels` [N,K] in 0..1 and their names, or `captions`, or both."""

    kind: str
    entries: list[str]
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    captions: list[str] | None = None
    notes: tuple[str, ...] = ()


def stylegan(files: Files) -> Annotation | None:
    """dataset.json of the StyleGAN family: {"labels": [[name, 3], …]}, each a class number or a vector, or null."""
    name = _shallowest(files, ("dataset.json",))
    if name is None:
        return None
    try:
        content = json.loads(files.text(name))
    except ValueError as error:
        raise BadData(
            f"{files.path}: {name} is not JSON ({error}): correct it, or remove it to train without"
        ) from error
    if not isinstance(content, dict) or "labels" not in content:
        return None
    base = posixpath.dirname(name)
    rows = {posixpath.join(base, row[0]): row[1] for row in content["labels"] or [] if row[1] is not None}
    entries = [entry for entry in files.pictures if entry.startswith(base)]
    known = [rows[entry] for entry in entries if entry in rows]
    if not known:
        return Annotation("stylegan dataset.json", entries)
    if all(isinstance(value, int) for value in known):
        width = max(known) + 1
        names = tuple(str(number) for number in range(width))
        vectors = {entry: _one_hot(value, width) for entry, value in rows.items()}
    else:
        width = len(known[0]) if isinstance(known[0], list) else 0
        if not width or not all(isinstance(value, list) and len(value) == width for value in known):
            raise BadData(
                f"{files.path}: {name} mixes labels of different kinds: make all class numbers or all vectors"
            )
        names = tuple(f"label{number}" for number in range(width))
        vectors = {entry: np.asarray(value, np.float32) for entry, value in rows.items()}
    nothing = np.zeros(width, np.float32)
    labels = np.stack([vectors.get(entry, nothing) for entry in entries])
    return Annotation("stylegan dataset.json", entries, labels, names, notes=_unlabelled(labels))


def metadata(files: Files) -> Annotation | None:
    """metadata.csv or metadata.jsonl as Hugging Face reads it: file_name, and any other columns."""
    name = _shallowest(files, ("metadata.csv", "metadata.jsonl"))
    if name is None:
        return None
    rows = _table(files, name)
    base = posixpath.dirname(name)
    named = {posixpath.normpath(posixpath.join(base, str(row.get("file_name", "")))): row for row in rows}
    entries = [entry for entry in files.pictures if entry.startswith(base)]
    if not any(entry in named for entry in entries):
        raise BadData(f"{files.path}: no file_name in {name} is a picture there: write names relative to {name}")
    if "split" in rows[0]:  # what is kept for a test must not be learned
        kept = [entry for entry in entries if str(named.get(entry, {}).get("split", "train")).startswith("train")]
        entries = kept or entries
    table = [named.get(entry, {}) for entry in entries]
    missing = len(named) - sum(entry in named for entry in files.pictures)
    notes = [f"{missing:,} rows of {name} without a picture"] if missing else []

    captions, blocks, names = None, [], []
    for column in rows[0]:
        if column in ("file_name", *_IGNORED_COLUMNS):
            continue
        values = [_cell(row.get(column)) for row in table]
        if column in _TEXT_COLUMNS or _is_prose(values):
            captions = values if captions is None else captions
            continue
        vocabulary = sorted({value for value in values if value})
        if not vocabulary:
            continue
        if len(vocabulary) > MOST_VALUES or (len(vocabulary) > 20 and 2 * len(vocabulary) > len(values)):
            notes.append(f"column {column} ignored ({len(vocabulary):,} different values)")
        elif set(vocabulary) in _BINARY:
            blocks.append(np.array([[value in _YES] for value in values], np.float32))
            names.append(column)
        else:
            place = {value: number for number, value in enumerate(vocabulary)}
            blocks.append(np.stack([_one_hot(place.get(value, -1), len(vocabulary)) for value in values]))
            names += [f"{column}={value}" for value in vocabulary]
    labels = np.concatenate(blocks, axis=1) if blocks else None
    notes += _unlabelled(labels)
    kind = posixpath.basename(name)
    return Annotation(kind, entries, labels, tuple(names), captions, tuple(notes))


def celeba(files: Files) -> Annotation | None:
    """list_attr_celeba.txt (count, names, then name and ±1 a line), or its .csv; inside, or beside the folder."""
    known = ("list_attr_celeba.txt", "list_attr_celeba.csv")
    name = _shallowest(files, known)
    if name is not None:
        text = files.text(name)
    else:
        beside = [files.path.parent / other for other in known] + [
            files.path.parent / "Anno" / other for other in known
        ]
        found = next((path for path in beside if files.path.name.startswith("img_") and path.is_file()), None)
        if found is None:
            return None
        text, name = found.read_text(errors="replace"), found.name
    lines = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    head = 1 if len(lines[0]) == 1 else 0
    names = tuple(word for word in lines[head] if word != "image_id")
    rows = {line[0]: line[1:] for line in lines[head + 1 :]}
    wrong = next((entry for entry, row in rows.items() if len(row) != len(names)), None)
    if wrong is not None:
        raise BadData(
            f"{files.path}: {name} has {len(rows[wrong])} values for {wrong}, not {len(names)}: correct that line"
        )
    entries = files.pictures
    nothing = ["0"] * len(names)
    table = [[value in _YES for value in rows.get(posixpath.basename(entry), nothing)] for entry in entries]
    unlisted = sum(posixpath.basename(entry) not in rows for entry in entries)
    if unlisted == len(entries):
        raise BadData(f"{files.path}: {name} lists none of the pictures there: is it the list of another folder?")
    notes = (f"{unlisted:,} pictures not in {name}",) if unlisted else ()
    return Annotation("celeba attributes", entries, np.array(table, np.float32), names, notes=notes)


def sidecars(files: Files) -> Annotation | None:
    """name.txt beside name.jpg, for at least half of the pictures: comma-separated tags, or else a caption."""
    entries = files.pictures
    beside = [posixpath.splitext(entry)[0] + ".txt" for entry in entries]
    have = [name in files.members for name in beside]
    if 2 * sum(have) < len(entries):
        return None
    texts = [" ".join(files.text(name).split()) if there else "" for name, there in zip(beside, have)]
    missing = texts.count("")
    notes: tuple[str, ...] = (f"{missing:,} pictures without text",) if missing else ()
    if not _are_tags([text for text in texts if text]):
        return Annotation("sidecar captions", entries, captions=texts, notes=notes)
    tags = [{tag.strip() for tag in text.split(",")} - {""} for text in texts]
    counts = Counter(tag for these in tags for tag in these)
    least = max(2, len(entries) // 100)
    # A tag that every picture has says nothing; neither does a rare one, which could not be learned.
    frequent = [(tag, n) for tag, n in counts.items() if least <= n < len(entries)]
    names = tuple(sorted(tag for tag, _ in sorted(frequent, key=lambda pair: (-pair[1], pair[0]))[:MOST_TAGS]))
    labels = np.array([[tag in these for tag in names] for these in tags], np.float32) if names else None
    rare = len(counts) - len(names)
    notes += (f"{rare:,} rare or universal tags not used as labels",) if rare else ()
    return Annotation("sidecar tags", entries, labels, names, captions=texts, notes=notes)


READERS: tuple[Callable[[Files], Annotation | None], ...] = (stylegan, metadata, celeba, sidecars)


def _shallowest(files: Files, names: tuple[str, ...]) -> str | None:
    found = [name for name in files.members if posixpath.basename(name) in names]
    return min(found, key=lambda name: (name.count("/"), name), default=None)


def _table(files: Files, name: str) -> list[dict[str, Any]]:
    text = files.text(name)
    try:
        if name.endswith(".jsonl"):
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            rows = list(csv.DictReader(io.StringIO(text)))
    except (ValueError, csv.Error) as error:
        raise BadData(f"{files.path}: {name} cannot be parsed ({error}): correct it, or remove it") from error
    if not rows or not isinstance(rows[0], dict) or "file_name" not in rows[0]:
        raise BadData(
            f"{files.path}: {name} has no column file_name: add it, or remove the file to train without labels"
        )
    return rows


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _is_prose(values: list[str]) -> bool:
    """Mostly different values of several words each."""
    some = [value for value in values if value]
    if not some:
        return False
    return len(set(some)) > len(some) / 2 and sum(value.count(" ") for value in some) >= 2 * len(some)


def _are_tags(texts: list[str]) -> bool:
    """Booru style: a few commas a line, short pieces, no sentences."""
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    if not texts or len(pieces) < 2 * len(texts):
        return False
    sentences = sum(text.endswith(".") for text in texts)
    return sum(len(piece.split()) for piece in pieces) <= 2.5 * len(pieces) and 2 * sentences < len(texts)


def _one_hot(place: int, width: int) -> np.ndarray:
    vector = np.zeros(width, np.float32)
    if place >= 0:
        vector[place] = 1
    return vector


def _unlabelled(labels: np.ndarray | None) -> tuple[str, ...]:
    empty = 0 if labels is None else int((~labels.any(axis=1)).sum())
    return (f"{empty:,} unlabelled",) if empty else ()
