"""The encoder of words: what is near what, and that it is the same everywhere."""

import hashlib

import numpy as np
import pytest

from mien.conditioning.text.encoder import asked, find
from mien.conditioning.text.words import Words, features, stems
from mien.data.synthetic.draw import OTHER, USUAL, attribute_names, attributes, sample_face
from mien.errors import UsageError


def near(one, other):
    a, b = Words()([one, other])
    return float(a @ b)


def test_features_of_a_text():
    assert features("a girl with long green hair") == {
        **dict.fromkeys(("girl", "long", "green", "hair"), 1),
        **dict.fromkeys(("girl long", "green long", "green hair"), 1.5),
        **dict.fromkeys(("girl green", "hair long"), 0.75),
    }
    assert features("red, blue") == {"red": 1, "blu": 1}  # no pair across a comma
    assert features("") == features("with a") == {}
    assert features("hair: green") == features("green hair") == {"green": 1, "hair": 1, "green hair": 1.5}


def test_endings_fall_off():
    for words, stem in (("eyes eyed eye", "ey"), ("smiles smiling smile", "smil"), ("haired hair", "hair")):
        assert set(stems(words)) == {stem}
    assert list(stems("red glasses, a dress, bangs")) == ["red", "glass", "dress", "bang"]


def test_length_one_and_the_same_on_every_machine():
    vectors = Words()(["silver hair, green eyes", "x", ""])
    assert vectors.shape == (3, Words.dim) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0], atol=1e-6)
    # The sign bits of one word, by hand: they must never change, or old generators would be told something else.
    bits = np.unpackbits(np.frombuffer(hashlib.shake_128(b"x").digest(128), np.uint8))
    assert np.array_equal(vectors[1] > 0, bits == 1)


def test_what_is_near_what():
    asked = "silver hair, green eyes"
    right = near(asked, "green eyed girl with silver hair")
    assert right > 0.6
    assert right > near(asked, "green hair, silver eyes") + 0.25  # the same words, paired otherwise
    assert near(asked, "a boy with a hat") < 0.2
    assert near("smiling", "she smiles") > 0.99


def test_attributes_can_be_read_back_from_captions():
    """A linear map (ridge regression) finds the hair's colour in captions that it has not seen, of the training's
    wording and of another: the embedding keeps what is said."""
    faces = [sample_face(0, index) for index in range(1500)]
    labels = np.stack([attributes(face) for face in faces])
    colours = [column for column, name in enumerate(attribute_names()) if name.startswith("hair=")]

    def read(wording, rows):
        """-> vectors of the captions that tell it, and which colour they tell"""
        told = wording.stated_labels(labels[rows], rows)[:, colours]
        vectors = Words()([wording.caption(faces[row], row) for row in rows])
        return vectors[told.any(1)], told[told.any(1)]

    vectors, wanted = read(USUAL, range(1200))
    weights = np.linalg.solve(vectors.T @ vectors + np.eye(Words.dim), vectors.T @ wanted)
    for wording, least in ((USUAL, 0.98), (OTHER, 0.85)):
        asked, right = read(wording, range(1200, 1500))
        assert len(asked) > 240 and ((asked @ weights).argmax(1) == right.argmax(1)).mean() > least


def test_encoders_by_name(tmp_path):
    assert isinstance(find("words"), Words) and asked("words") == "words"
    with pytest.raises(UsageError, match="--encoder wrods: there are words and sentences; or name a folder"):
        find("wrods")
    own = tmp_path / "my_encoder.py"
    own.write_text(
        "import numpy as np\n"
        "class Lengths:\n"
        "    dim, version = 1, 1\n"
        "    def __call__(self, texts): return np.array([[len(text)] for text in texts], np.float32)\n"
    )
    name = asked(f"{own}:Lengths")
    assert name == "my_encoder.py:Lengths" and find(name)(["abc"]).tolist() == [[3.0]]
