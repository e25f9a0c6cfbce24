"""Mode coverage: the numbers by hand, the classifier on faces whose truth is known, and a hair colour left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.data.synthetic.draw import CHOICES, attributes, draw_many, sample_face
from mien.errors import UsageError
from mien.evaluation.attribute_classifier import values_of, with_attribute_classifier
from mien.evaluation.image_sets import ImageSet
from mien.metrics import find
from mien.metrics.modes import AttributeClassifier, AttributeDistribution, Modes, described

TWO = (0.5, 0.5)
BY_HAND = AttributeClassifier(
    (
        AttributeDistribution("hair", ("black", "pink"), TWO, 1.0),
        AttributeDistribution("style", ("bob", "long"), TWO, 0.99),
        AttributeDistribution("eyes", ("blue", "red"), TWO, 0.98),
        AttributeDistribution("mouth", ("smile", "frown"), TWO, 0.6),
    ),
    torch.zeros(1, 8),
)


def test_numbers_by_hand():
    """Of 100 pictures 60 are black bobs, 30 black and long, 10 pink bobs; combinations are expected to have 25 each."""
    black_bob, black_long, pink_bob = [0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]
    fake = torch.tensor([black_bob] * 60 + [black_long] * 30 + [pink_bob] * 10)
    real = torch.tensor([[hair, style, eyes, 0] for hair in (0, 1) for style in (0, 1) for eyes in (0, 1)])
    modes, distance = Modes(BY_HAND).scores(real, fake).values()
    assert (modes.value, modes.real, modes.better) == (3, 4, None) and Modes.better == "higher"
    assert distance.value == pytest.approx((0.35 + 0.05 + 0.15 + 0.25) / 2) and distance.better == "lower"
    assert distance.real == 0
    assert modes.settings == "hair × style, 4 combinations, classified correctly: hair 100.0%, style 99.0%"
    assert not modes.note
    assert modes.details == (
        "hair: black 90.0%, pink 10.0%; expected 50.0% each; distance 0.400; classified correctly: 100.0%",
        "style: bob 70.0%, long 30.0%; expected 50.0% each; distance 0.200; classified correctly: 99.0%",
        "eyes: blue 70.0%, red 30.0%; expected 50.0% each; distance 0.200; classified correctly: 98.0%",
        "not scored, accuracy below 95%: mouth 60.0%",
        "too seldom: pink hair 10.0% (expected 50.0%)",
        "too often: black hair 90.0% (expected 50.0%)",
        "hair × style missing or nearly missing: 1 of 4: pink long",
        "hair × style × eyes: 3 of 8 combinations are in 100 images, 8 in 8 real ones",
    )


def test_a_combination_takes_a_tenth_of_its_share():
    """Of 1,000 pictures a combination of 4 should have 250: 24 are too few, for they may be misread."""
    rest = [[0, 0, 0, 0]] * 976
    for count, covered in ((24, 1), (25, 2)):
        rows = torch.tensor(rest[: 1000 - count] + [[1, 1, 0, 0]] * count)
        assert Modes(BY_HAND).scores(rows, rows)["modes"].value == covered


def test_what_the_reader_sees():
    """A picture whose left half is red: every cell is one colour, red the 18th and black the first of 27."""
    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    pixels[0, :, :32, 0] = 255
    (row,) = described(pixels)
    assert row.shape == (64 * 27 + 3 * 16 * 16 + 1,)
    cells = row[: 64 * 27].view(8, 8, 27)
    assert (cells[:, :4, 18] == 1).all() and (cells[:, 4:, 0] == 1).all() and cells.sum() == 64
    small = row[64 * 27 : -1].view(3, 16, 16)
    assert (small[0, :, :8] == 1).all() and (small[0, :, 8:] == -1).all() and (small[1:] == -1).all() and row[-1] == 1


def test_which_value_each_face_has():
    values, known = values_of(3, range(20)), [name for name in CHOICES if name != "bangs"]
    for index, row in enumerate(values):
        face = sample_face(3, index)
        assert [CHOICES[name][value] for name, value in zip(known, row)] == [getattr(face, name) for name in known]
        assert row[-3:].tolist() == attributes(face)[-3:].tolist()


@pytest.fixture(scope="module")
def real():
    """1,200 faces that the classifier did not learn from, and which hair each has."""
    return draw_many(1200, 32, 32, seed=0).images, values_of(0, range(1200))[:, 0]


def test_held_out_faces_are_read_and_cover_nearly_all(face_reader, real):
    accuracies = {one.name: one.accuracy for one in face_reader.attributes}
    assert min(accuracies[name] for name in ("hair", "skin", "outfit")) > 0.97 and accuracies["style"] > 0.9
    rows = Modes(face_reader).rows(real[0])
    assert rows.shape == (1200, 12) and (rows[:, 0].numpy() == real[1]).mean() > 0.97
    scores = Modes(face_reader).scores(rows, rows)
    assert scores["modes"].value >= 119 and scores["modes_tv"].value < 0.15  # 0.12 by chance at 10 pictures each
    assert "no value's share is off by half and by more than chance" in scores["modes"].details


def test_a_hair_colour_left_out_is_said(face_reader, real):
    pink = CHOICES["hair"].index("pink")
    rows = Modes(face_reader).rows(real[0])
    scores = Modes(face_reader).scores(rows, rows[torch.from_numpy(real[1] != pink)])
    assert scores["modes"].value <= 111 and scores["modes_tv"].value > scores["modes_tv"].real + 0.03
    (seldom,) = [line for line in scores["modes"].details if line.startswith("too seldom")]
    assert seldom.startswith("too seldom: pink hair 0.") and "(expected 8.3%)" in seldom and seldom.count(" hair ") == 1
    (missing,) = [line for line in scores["modes"].details if line.startswith("hair × style missing")]
    assert "pink long, pink bob, pink twintails" in missing


def test_only_the_built_in_faces_have_a_known_truth(face_reader, real):
    def batches(size):
        yield real[0][:size]

    side = ImageSet(1200, batches, facts={"data": "faces"})
    with pytest.raises(UsageError, match="modes needs the built-in faces, not faces: give --data drawn"):
        with_attribute_classifier([find("modes")], side)
    assert with_attribute_classifier([find("fid")], side)[0].name == "fid"
    with pytest.raises(UsageError, match="modes needs the built-in faces"):
        find("modes").rows(real[0])
    assert (
        replace(find("modes"), classifier=face_reader).key().startswith("classifier ") and find("modes").key() is None
    )
