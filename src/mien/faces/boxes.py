"""Boxes, float [N,4] (left, top, right, bottom): overlap, suppression, correction, squares."""

from __future__ import annotations

import numpy as np


def overlaps(one: np.ndarray, others: np.ndarray, of_smaller: bool = False) -> np.ndarray:
    """[4], [N,4] -> [N]: the intersection as a share of the union, or of the smaller box."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    area, areas = np.prod(one[2:] - one[:2]), np.prod(others[:, 2:] - others[:, :2], axis=1)
    total = np.minimum(area, areas) if of_smaller else area + areas - shared
    share: np.ndarray = shared / np.maximum(total, 1e-12)
    return share


def suppressed(boxes: np.ndarray, scores: np.ndarray, most: float, of_smaller: bool = False) -> np.ndarray:
    """int [M]: the boxes that remain after non-maximum suppression, highest score first.

    No two of them overlap by more than `most`.
    """
    order, remaining = np.argsort(-scores, kind="stable"), []
    while len(order):
        best, order = order[0], order[1:]
        remaining.append(best)
        order = order[overlaps(boxes[best], boxes[order], of_smaller) <= most]
    return np.array(remaining, np.int64)


def corrected(boxes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Each edge moved by its share (left, top, right, bottom) of the box's width or height."""
    width_height = boxes[:, 2:] - boxes[:, :2]
    moved: np.ndarray = boxes + edges * np.tile(width_height, 2)
    return moved


def squared(boxes: np.ndarray) -> np.ndarray:
    """Squares of the longer side, around the same centres."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], axis=1)
