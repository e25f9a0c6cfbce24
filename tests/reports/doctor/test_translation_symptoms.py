"""The symptoms of a translator's grid, on images whose numbers are known."""

import numpy as np
import pytest

from mien.reports.doctor.translation_symptoms import translation_symptoms


def flat(*levels: int) -> np.ndarray:
    """One image of one colour for each level: uint8 [N,16,16,3]."""
    return np.stack([np.full((16, 16, 3), level, np.uint8) for level in levels])


def rows(*columns: np.ndarray) -> np.ndarray:
    return np.concatenate(columns, 2)


def test_pairs_by_hand():
    """Sources 100, results 10 levels away, targets 40 away. Results differ by 5, targets by 20."""
    source, result, target = flat(100, 100), flat(110, 90), flat(140, 60)
    found = translation_symptoms(rows(source, result, target), 1)
    assert found == pytest.approx({"changed": 10 / 40, "diversity": 20 / 80})


def test_the_source_itself_has_no_change_and_its_own_diversity():
    source, target = flat(50, 90), flat(150, 230)
    found = translation_symptoms(rows(source, source, target), 1)
    assert found == pytest.approx({"changed": 0, "diversity": 0.5}, abs=1e-6)


def test_both_directions_give_the_worse_number():
    """A to B works. B to A returns its source for the first image, and one image for both."""
    a, b = flat(0, 40), flat(200, 240)
    there = rows(a, flat(200, 240), a)
    back = rows(b, flat(200, 200), b)
    found = translation_symptoms(np.concatenate([there, back]), 2)
    apart = 200.0
    assert found["changed"] == pytest.approx(np.sqrt((0 + 40**2) / 2) / apart)
    assert found["diversity"] == 0


def test_sides_of_different_numbers_are_not_judged():
    assert translation_symptoms(rows(*[flat(1, 2, 3)] * 3), 2) == {}
