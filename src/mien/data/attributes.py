"""Attributes of label vectors: the columns "hair=black" and "hair=pink" are two values of one attribute, hair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CLASS = "class"  # the name of the one attribute of class folders or class numbers
BINARY = ("without", "with")


@dataclass(frozen=True)
class Attribute:
    """One attribute of a label vector.

    columns: its columns, one for each of `values`. A binary attribute (glasses) has one column and two values.
    """

    name: str
    values: tuple[str, ...]
    columns: tuple[int, ...]

    def decode(self, labels: np.ndarray) -> np.ndarray:
        """Return the value of each image: float [N,K] -> int64 [N]; -1: not known.

        If no column of the attribute is set, its value is not known. A binary attribute has one column. It is off if
        another column of the row is set, and not known if all columns of the row are zero.
        """
        if len(self.columns) == 1:
            known = labels.any(axis=1)
            return np.where(known, labels[:, self.columns[0]] > 0.5, -1).astype(np.int64)
        own = labels[:, list(self.columns)]
        return np.where(own.any(axis=1), own.argmax(axis=1), -1).astype(np.int64)

    def encode(self, labels: np.ndarray, values: np.ndarray) -> None:
        """Write values into labels [N,K], in place. values: int [N], -1: not known."""
        columns = list(self.columns)
        labels[:, columns] = 0
        if len(columns) == 1:
            labels[:, columns[0]] = values == 1
            return
        known = np.flatnonzero(values >= 0)
        labels[known, np.array(columns)[values[known]]] = 1


def attributes_of(names: Sequence[str], labels: np.ndarray | None = None) -> tuple[Attribute, ...]:
    """Return the attributes of label names, in their order.

    "hair=black" is a value of hair. A name without "=" is a binary attribute. If no name has "=" and each row of
    `labels` [N,K] has at most one label, the names are the values of one attribute, "class".
    """
    if len(names) > 1 and not any("=" in name for name in names) and labels is not None and one_each(labels):
        return (Attribute(CLASS, tuple(names), tuple(range(len(names)))),)
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name.split("=", 1)[0] if "=" in name else name, []).append(column)
    return tuple(
        Attribute(name, tuple(names[column].split("=", 1)[1] for column in own), tuple(own))
        if len(own) > 1
        else Attribute(names[own[0]], BINARY, tuple(own))
        for name, own in columns.items()
    )


def one_each(labels: np.ndarray) -> bool:
    """Return whether each row of [N,K] has at most one label."""
    return bool((np.count_nonzero(labels, axis=1) <= 1).all())
