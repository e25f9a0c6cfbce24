"""Where crops lie: by hand-made landmarks."""

import numpy as np
import pytest

from mien.faces.face import Face
from mien.faces.placing import BELOW, MEAN, SIDE, Placement, fitted, place

BOX = np.array([0.0, 0.0, 10.0, 10.0])


def face(middle, eyes):
    """The mean face, its eyes' middle at `middle` and its right eye `eyes` (complex) from the left."""
    points = middle + eyes * MEAN
    return Face(BOX, 1.0, np.stack([points.real, points.imag], 1))


def test_the_mean_face_is_fitted_exactly():
    middle, eyes = fitted(50 + 40j + (12 + 5j) * MEAN)
    assert (middle, eyes) == (pytest.approx(50 + 40j), pytest.approx(12 + 5j))


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 128)])
def test_the_eyes_of_every_turn_and_size_come_to_the_same_place(size):
    height, width = size
    unit = min(size) / SIDE / 1.5  # pixels of the crop between the eyes, with a margin of a quarter
    wanted = np.array(
        [[width / 2 - unit / 2, height / 2 - BELOW * unit], [width / 2 + unit / 2, height / 2 - BELOW * unit]]
    )
    for eyes in (20, 3 + 4j, -7 + 1j, 55 - 30j):
        placed = place(face(120 + 80j, eyes), size, 0.25)
        points = face(120 + 80j, eyes).points
        assert np.allclose(placed.in_crop(points[:2]), wanted)
        assert np.allclose(placed.in_image(placed.in_crop(points)), points)


def test_a_head_turned_aside_is_not_enlarged_without_end():
    """Its eyes come together; the mouth then holds some of the size."""
    points = 100 + 100j + 20 * MEAN
    points[:2] = 100 + 100j + 20 * np.array([-0.1, 0.1])
    narrow = abs(fitted(points)[1])
    assert 4 < narrow < 20
    assert narrow > 1.5 * abs(fitted(points, np.array([1.0, 1, 0, 0, 0]))[1])


def test_a_box_without_landmarks_is_cut_as_it_is():
    placed = place(Face(np.array([10.0, 20.0, 50.0, 60.0]), 1.0), (32, 32), 0.5)
    assert placed.step == 2.5 and placed.centre == 30 + 40j and placed.degrees == 0


def test_the_turn_is_told_clockwise():
    assert Placement(0j, 1 + 1j, (8, 8)).degrees == pytest.approx(45)


def test_the_share_beyond_the_picture():
    assert Placement(50 + 50j, 1 + 0j, (100, 100)).beyond((100, 100)) == 0
    assert Placement(0 + 50j, 1 + 0j, (100, 100)).beyond((100, 100)) == 0.5
    assert Placement(0j, 1 + 0j, (100, 100)).beyond((100, 100)) == 0.75
