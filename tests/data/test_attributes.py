"""Attributes out of label names, and what is not known."""

import numpy as np

from mien.data.attributes import BINARY, Attribute, attributes_of

NAMES = ("hair=black", "hair=pink", "glasses", "eyes=red", "eyes=blue")


def test_columns_of_one_attribute_stand_together():
    assert attributes_of(NAMES) == (
        Attribute("hair", ("black", "pink"), (0, 1)),
        Attribute("glasses", BINARY, (2,)),
        Attribute("eyes", ("red", "blue"), (3, 4)),
    )
    assert attributes_of(["mood=glad"]) == (Attribute("mood=glad", BINARY, (0,)),)


def test_classes_are_one_group_when_each_picture_has_one():
    one, two = np.eye(3, dtype=np.float32), np.ones((1, 3), np.float32)
    assert attributes_of("abc", one) == (Attribute("class", ("a", "b", "c"), (0, 1, 2)),)
    assert [group.name for group in attributes_of("abc", two)] == ["a", "b", "c"]
    assert [group.name for group in attributes_of("abc")] == ["a", "b", "c"]


def test_what_is_not_known_is_told_from_no():
    labels = np.array([[0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], np.float32)
    hair, glasses, eyes = attributes_of(NAMES)
    assert hair.decode(labels).tolist() == [1, -1, -1]
    assert glasses.decode(labels).tolist() == [0, 1, -1]
    assert eyes.decode(labels).tolist() == [0, -1, -1]


def test_writing_is_the_opposite_of_reading():
    labels = np.full((3, 5), 1, np.float32)
    for group, values in zip(attributes_of(NAMES), ([1, -1, 0], [1, 0, 1], [-1, 1, 1])):
        group.encode(labels, np.array(values))
        assert group.decode(labels).tolist() == values
    assert labels.tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 0, 1, 0, 1]]
