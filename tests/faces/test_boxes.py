"""Boxes by hand: overlap, suppression, correction, squares."""

import numpy as np

from mien.faces.boxes import corrected, overlaps, squared, suppressed

SQUARE = np.array([0.0, 0.0, 4.0, 4.0])


def test_overlap_is_a_share_of_what_both_cover_or_of_the_smaller():
    others = np.array([[2, 0, 6, 4], [1, 1, 3, 3], [4, 0, 8, 4], [9, 9, 10, 10]], float)
    # shared 8 of 16 + 16 - 8; 4 of 16; an edge in common; nothing
    assert np.allclose(overlaps(SQUARE, others), [8 / 24, 4 / 16, 0, 0])
    assert np.allclose(overlaps(SQUARE, others, of_smaller=True), [8 / 16, 1, 0, 0])


def test_suppression_keeps_the_surest_of_a_heap_and_what_lies_apart():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [5, 0, 15, 10], [40, 0, 50, 10]], float)
    scores = np.array([0.7, 0.9, 0.8, 0.6])
    # 1 and 0 share 90 of 110, 1 and 2 share 60 of 140
    assert suppressed(boxes, scores, 0.5).tolist() == [1, 2, 3]
    assert suppressed(boxes, scores, 0.4).tolist() == [1, 3]
    assert suppressed(boxes, scores, 0.9).tolist() == [1, 2, 0, 3]


def test_a_box_inside_another_goes_only_by_its_own_area():
    boxes, scores = np.array([[0, 0, 10, 10], [4, 4, 6, 6]], float), np.array([0.9, 0.8])
    assert suppressed(boxes, scores, 0.7).tolist() == [0, 1]
    assert suppressed(boxes, scores, 0.7, of_smaller=True).tolist() == [0]


def test_edges_move_by_shares_of_width_and_height():
    moved = corrected(np.array([[10.0, 20.0, 30.0, 60.0]]), np.array([[0.1, -0.1, -0.5, 0.25]]))
    assert np.allclose(moved, [[12, 16, 20, 70]])


def test_squares_take_the_longer_side_around_the_same_centre():
    assert np.allclose(squared(np.array([[0, 0, 10, 4], [2, 0, 4, 8]], float)), [[0, -3, 10, 7], [-1, 0, 7, 8]])
