"""Symptoms that need the training set: copies and missing parts, on sets whose numbers are known."""

import numpy as np
import pytest

from mien.reports.doctor.image_symptoms import thumbnails
from mien.reports.doctor.set_symptoms import TrainingSet, centres_of


def flat(*levels: int) -> np.ndarray:
    return np.stack([np.full((8, 8, 1), level, np.uint8) for level in levels])


def ramp(level: int) -> np.ndarray:
    """An image that is brighter on its right side: uint8 [1,8,8,1]."""
    return (level + np.arange(8, dtype=np.uint8) * 10)[None, None, :, None].repeat(8, 1)


def test_a_copy_is_nearer_than_neighbours_are():
    known = TrainingSet(thumbnails(flat(0, 20, 40, 60, 80)))
    assert known.usual == 20
    assert known.copies(flat(20, 21, 46, 48, 50)) == pytest.approx(3 / 5)  # 0, 1 and 6 levels; the limit is 7


def test_a_mirrored_copy_counts_if_training_mirrors():
    images = np.concatenate([ramp(0), ramp(50), ramp(100)])
    mirrored = images[:, :, ::-1]
    assert TrainingSet(thumbnails(images)).copies(mirrored) == 0
    assert TrainingSet(thumbnails(images), mirror=True).copies(mirrored) == 1


def test_parts_without_images_are_dropped():
    """Eight groups of equal size. The generator makes seven of them, and one image of the eighth."""
    groups = np.repeat(np.arange(8) * 30, 12)
    known = TrainingSet(thumbnails(flat(*(groups + np.tile([0, 1, 2], 32)))))
    assert sorted(known.parts[1]) == [1 / 8] * 8
    everything = flat(*np.repeat(np.arange(8) * 30, 8))
    assert known.symptoms(everything)["dropped"] == 0
    without = flat(*np.repeat(np.arange(7) * 30, 9), 210)
    assert known.symptoms(without)["dropped"] == pytest.approx(1 / 8)
    assert known.symptoms(flat(*[0] * 64))["dropped"] == pytest.approx(7 / 8)


def test_too_few_images_judge_no_part():
    known = TrainingSet(thumbnails(flat(*np.repeat(np.arange(8) * 30, 12))))
    assert known.symptoms(flat(*[0] * 24))["dropped"] == 0  # three are expected in each part


def test_a_set_of_few_images_has_as_many_parts():
    assert len(centres_of(thumbnails(flat(0, 100, 200)))) == 3
    assert len(centres_of(thumbnails(flat(0, 0, 0)))) <= 3
