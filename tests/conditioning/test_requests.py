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


def test_degrees_from_0_to_1_and_mixtures():
    assert [row[6] for row in asked("glasses=0.25")] == [0.25, 0.25]
    assert asked("glasses=1") == asked("glasses=1.0") == asked("glasses")
    assert asked("glasses=.0") == asked("glasses=no")
    mixed = with_attributes(CONDITION, LABELS, parse("hair=silver:0.75+black:.5,mouth=smile:0.5"))
    assert mixed[:, :2].tolist() == [[0.5, 0.75], [0.5, 0.75]] and mixed[:, 4:6].tolist() == [[0.5, 0], [0.5, 0]]
    assert torch.equal(with_attributes(CONDITION, LABELS, {"glasses": 0.25}), torch.tensor(asked("glasses=0.25")))


@pytest.mark.parametrize(
    "text, words",
    [
        ("glasses=1.5", "glasses=1.5: a degree is a number from 0 to 1: glasses=0.5"),
        ("hair=silver:much", "a degree is a number from 0 to 1: hair=black:0.7+silver:0.3"),
        ("hair=red:0.5", "hair=red: unknown value of hair"),
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
