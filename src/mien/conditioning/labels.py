"""The labels of images, as the numbers that a condition uses."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mien.conditioning import own
from mien.conditioning.condition import Condition, Kind
from mien.conditioning.text import encoder as encoders
from mien.data.attributes import one_each
from mien.data.mapped import read_array
from mien.data.prepare import cache_root
from mien.data.prepared import PreparedSet
from mien.errors import FileError, UsageError
from mien.runtime.atomic_files import io_errors, write_bytes
from mien.runtime.console import counted
from mien.runtime.printable import count_text

AT_ONCE = 256  # captions
STORED = 2048  # training labels that a snapshot stores, for seeds to choose from
SHOWN = 4  # names in a line


def offers(names: Sequence[str], labels: np.ndarray | None, captions: bool) -> dict[Kind, str]:
    """The kinds of condition that the images allow, the best first: kind -> a text about it.

    Labels are classes if no image has two of them. Numbers outside 0..1 need a condition of the user's own.
    """
    shown = f"({', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''})"
    found: dict[Kind, str] = {}
    if len(names) > 1 and labels is not None and one_each(labels):
        found["class"] = f"{len(names)} classes {shown}"
    if names and not is_measured(labels):
        found["attributes"] = f"{count_text(len(names), 'label')} {shown}"
    if captions:
        found["text"] = "captions"
    return found


def is_measured(labels: np.ndarray | None) -> bool:
    """Whether labels are numbers such as angles, and say more than yes or no."""
    return labels is not None and labels.size > 0 and not 0 <= labels.min() <= labels.max() <= 1


def listed(there: dict[Kind, str]) -> str:
    """The labels and captions as one text."""
    parts = [words for kind, words in there.items() if kind != "attributes" or "class" not in there]
    return " and ".join(parts) or "no labels and no captions"


def labels_of(condition: Condition | None, prepared: PreparedSet) -> np.ndarray | None:
    """float32 [N,dim], zeros for an image without a label. Raises UsageError for images with other labels."""
    if condition is None:
        return None
    if condition.kind == "own":
        return own.labels_of(condition, prepared)
    if condition.kind == "text":
        if prepared.captions is None:
            raise UsageError(
                f"--data {prepared.info['source']} has no captions, but the run was trained on captions: add them"
            )
        return embedded(prepared.captions, condition)
    if tuple(prepared.info["label_names"]) != condition.names or prepared.labels is None:
        names = offers(prepared.info["label_names"], prepared.labels, False)
        raise UsageError(
            f"--data {prepared.info['source']} has {listed(names)}, not the {len(condition.names)} of the run "
            f"({', '.join(condition.names[:SHOWN])} …): use images with the same labels"
        )
    return np.asarray(prepared.labels)


def embedded(captions: list[str], condition: Condition) -> np.ndarray:
    """float32 [N,dim] of captions. The cache stores it by captions and encoder. Raises UsageError or FileError."""
    encode = encoders.find(condition.encoder)
    what = json.dumps([captions, condition.encoder, encode.version, condition.dim])
    path = cache_root() / "captions" / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.npy"
    if path.is_file():
        with contextlib.suppress(FileError):  # a damaged file in the cache is written again
            return np.array(read_array(path, np.float32, (len(captions), condition.dim)))
    parts = []
    with counted("reading captions") as progress:
        for start in range(0, len(captions), AT_ONCE):
            parts.append(encoded(captions[start : start + AT_ONCE], condition))
            progress(min(start + AT_ONCE, len(captions)), len(captions))
    found = np.concatenate(parts).astype(np.float32)
    file = io.BytesIO()
    np.save(file, found, allow_pickle=False)
    with io_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, file.getvalue())
    return found


def encoded(texts: Sequence[str], condition: Condition) -> np.ndarray:
    """float32 [N,dim] of texts. Raises UsageError if the encoder is not the one of the training."""
    found = encoders.find(condition.encoder)(texts)
    if found.shape[1] != condition.dim:
        raise UsageError(
            f"--encoder {condition.encoder} gives {found.shape[1]} numbers; the run has {condition.dim}: train "
            "again, or use the version of mien or of the encoder that trained the run"
        )
    return found


def sample_of(labels: np.ndarray | None) -> Tensor | None:
    """[N,K] -> [<=STORED,K], evenly spread: a sample of the distribution."""
    if labels is None:
        return None
    chosen = np.linspace(0, len(labels) - 1, min(STORED, len(labels))).round().astype(int)
    return torch.from_numpy(np.array(labels[chosen], np.float32))


def distinct(labels: Tensor, most: int) -> Tensor:
    """[M,K] -> [<=most,K]: different labels, evenly spread and in order, without those that are all zeros."""
    found: Tensor = labels[labels.any(1)].unique(dim=0).flip(0)
    return found[torch.linspace(0, len(found) - 1, min(most, len(found))).round().long()]
