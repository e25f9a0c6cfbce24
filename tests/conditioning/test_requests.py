"""Wishes in words, and the labels that they become."""

import numpy as np
import pytest
import torch

from mien.conditioning.condition import Condition
from mien.conditioning.requests import of_class, parse, with_attributes
from mien.errors import UsageError

NAMES = ("hair=black", "hair=silver", "eyes=green", "eyes=black", "mouth=smile", "mouth=open_smile", "glasses")
CONDITION = Condition("attributes", len(NAMES), NAMES)
LABELS = torch.tensor([[1.0, 0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1, 0]])


def asked(text):
    return with_attributes(CONDITION, LABELS, parse(text)).tolist()


def test_a_list_of_attributes():
    assert parse("hair=silver, eyes=green,smile") == {"hair": "silver", "eyes": "green", "smile": True}
    for wrong in ("", "hair=", "=silver", "a,,b"):
        with pytest.raises(UsageError, match="is not a list of attributes"):
            parse(wrong)


def test_what_is_not_asked_for_stays_and_what_is_not_known_is_left_out():
    assert asked("hair=silver") == [[0, 1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 0, 1, 0]]
    assert LABELS[0].tolist() == [1, 0, 0, 1, 1, 0, 1]  # the training's own are as they were


def test_switches_and_values_that_only_one_attribute_has():
    assert [row[6] for row in asked("glasses")] == [row[6] for row in asked("glasses=yes")] == [1, 1]
    assert [row[6] for row in asked("glasses=no")] == [0, 0]
    assert [row[4:6] for row in asked("smile")] == [[1, 0], [1, 0]]
    assert [row[4:6] for row in asked("mouth=Open smile")] == [[0, 1], [0, 1]]
    assert np.array_equal(with_attributes(CONDITION, LABELS, {"glasses": False}), asked("glasses=without"))


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "hairs=silver",
            "--attributes hairs: unknown attribute: did you mean hair? there are hair, eyes, mouth",
        ),
        ("hair=silvr", "hair=silvr: unknown value of hair: did you mean silver? there are black, silver"),
        ("black", "black is a value of several attributes: write hair=black or eyes=black"),
        ("hair", "--attributes hair needs a value: hair=black, or silver"),
        ("hat=red", "unknown attribute: there are hair, eyes, mouth, glasses"),
        ("glasses=red", "unknown value of glasses: there are without, with"),
    ],
)
def test_the_unknown_is_refused_with_the_nearest(text, words):
    with pytest.raises(UsageError) as error:
        asked(text)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_class_by_name_or_number():
    condition = Condition("class", 3, ("smile", "2", "frown"))
    assert of_class(condition, "frown").tolist() == [[0, 0, 1]]
    assert of_class(condition, 0).tolist() == [[1, 0, 0]]
    assert of_class(condition, "2").tolist() == [[0, 1, 0]]  # a name before a number
    with pytest.raises(UsageError, match=r"did you mean smile.*or a number from 0 to 2"):
        of_class(condition, "smiles")
    with pytest.raises(UsageError, match="--class 3"):
        of_class(condition, 3)
