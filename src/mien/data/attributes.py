"""What the columns of a label vector say together: "hair=black" and "hair=pink" are two values of one attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CLASS = "class"  # what the one group of class folders or of class numbers is called
SWITCH = ("without", "with")


@dataclass(frozen=True)
class Group:
    """One attribute. `columns` of the label vector, one for each of `values`; a switch (glasses) has one column and
    two values."""

    name: str
    values: tuple[str, ...]
    columns: tuple[int, ...]

    def told(self, labels: np.ndarray) -> np.ndarray:
        """float [N,K] -> int64 [N], which value each picture has; -1: not known.

        No column of a group set means that nobody knows. A switch that is off is told apart from one that is not known
        by the rest of its row: a picture without any label has none known.
        """
        if len(self.columns) == 1:
            known = labels.any(axis=1)
            return np.where(known, labels[:, self.columns[0]] > 0.5, -1).astype(np.int64)
        own = labels[:, list(self.columns)]
        return np.where(own.any(axis=1), own.argmax(axis=1), -1).astype(np.int64)

    def write(self, labels: np.ndarray, values: np.ndarray) -> None:
        """The opposite, in place: `values` int [N], -1 for what is not known."""
        columns = list(self.columns)
        labels[:, columns] = 0
        if len(columns) == 1:
            labels[:, columns[0]] = values == 1
            return
        known = np.flatnonzero(values >= 0)
        labels[known, np.array(columns)[values[known]]] = 1


def groups(names: Sequence[str], labels: np.ndarray | None = None) -> tuple[Group, ...]:
    """The attributes of a vocabulary, in its order. "hair=black": a value of hair. Any other name is a switch, but for
    names without "=" of which each row of `labels` [N,K] has one at most: they are the values of one group, "class"."""
    if len(names) > 1 and not any("=" in name for name in names) and labels is not None and one_each(labels):
        return (Group(CLASS, tuple(names), tuple(range(len(names)))),)
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name.split("=", 1)[0] if "=" in name else name, []).append(column)
    return tuple(
        Group(name, tuple(names[column].split("=", 1)[1] for column in own), tuple(own))
        if len(own) > 1
        else Group(names[own[0]], SWITCH, tuple(own))
        for name, own in columns.items()
    )


def one_each(labels: np.ndarray) -> bool:
    return bool((np.count_nonzero(labels, axis=1) <= 1).all())
