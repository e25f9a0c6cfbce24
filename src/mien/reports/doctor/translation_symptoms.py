"""The symptoms of a translator's sample grid: what changes between source and result, and how much results differ.

Each row of a grid shows a source, its result, and a third image: the target of a pair, or the round trip.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.reports.doctor.image_symptoms import EPSILON, diversity, thumbnails

SHOWN = 3  # images side by side
NAMES = {"changed", "diversity"}


def translation_symptoms(rows: np.ndarray, routes: int) -> dict[str, float]:
    """Return the symptoms of a grid's rows, uint8 [N,H,3*W,C]. routes: 1 for pairs, 2 for both directions.

    changed: the difference between source and result, as a share of that between source and an image of the target
    domain. diversity: the mean distance of two results, as a share of that of two images of the target domain. With two
    routes each number is the smaller one of both.
    """
    source, result, third = np.split(rows, SHOWN, axis=2)
    if routes == 1:
        return route_symptoms(source, result, third, difference(source, third))
    there, back = np.array_split(np.arange(len(rows)), 2)
    found = [
        route_symptoms(source[own], result[own], source[other], difference(source[own], source[other]))
        for own, other in ((there, back), (back, there))
        if len(own) == len(other)
    ]
    return least(found)


def route_symptoms(source: np.ndarray, result: np.ndarray, target: np.ndarray, apart: float) -> dict[str, float]:
    """Return the symptoms of one direction. target: images of its domain. apart: source and target, in levels."""
    return {
        "changed": difference(source, result) / (apart + EPSILON),
        "diversity": diversity(thumbnails(result)) / (diversity(thumbnails(target)) + EPSILON),
    }


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square difference of images [N,H,W,C], in levels."""
    return float(np.sqrt(np.square(one.astype(np.float32) - other).mean()))


def least(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: min(one[name] for one in found) for name in found[0]} if found else {}


def complete(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the rows of symptoms.jsonl that a translator's grids have."""
    return [row for row in rows if row.keys() >= NAMES and "contrast" not in row]
