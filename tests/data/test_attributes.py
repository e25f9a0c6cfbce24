"""Attributes out of label names, and what is not known."""

import numpy as np

from mien.data.attributes import SWITCH, Group, groups

NAMES = ("hair=black", "hair=pink", "glasses", "eyes=red", "eyes=blue")


def test_columns_of_one_attribute_stand_together():
    assert groups(NAMES) == (
        Group("hair", ("black", "pink"), (0, 1)),
        Group("glasses", SWITCH, (2,)),
        Group("eyes", ("red", "blue"), (3, 4)),
    )
    assert groups(["mood=glad"]) == (Group("mood=glad", SWITCH, (0,)),)


def test_classes_are_one_group_when_each_picture_has_one():
    one, two = np.eye(3, dtype=np.float32), np.ones((1, 3), np.float32)
    assert groups("abc", one) == (Group("class", ("a", "b", "c"), (0, 1, 2)),)
    assert [group.name for group in groups("abc", two)] == ["a", "b", "c"]
    assert [group.name for group in groups("abc")] == ["a", "b", "c"]


def test_what_is_not_known_is_told_from_no():
    labels = np.array([[0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], np.float32)
    hair, glasses, eyes = groups(NAMES)
    assert hair.told(labels).tolist() == [1, -1, -1]
    assert glasses.told(labels).tolist() == [0, 1, -1]
    assert eyes.told(labels).tolist() == [0, -1, -1]


def test_writing_is_the_opposite_of_reading():
    labels = np.full((3, 5), 1, np.float32)
    for group, values in zip(groups(NAMES), ([1, -1, 0], [1, 0, 1], [-1, 1, 1])):
        group.write(labels, np.array(values))
        assert group.told(labels).tolist() == values
    assert labels.tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 0, 1, 0, 1]]
