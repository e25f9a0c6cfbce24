"""The built-in faces in other words: nothing is shared with the usual captions, and all that is told is true."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest

from mien.data import drawn_caption, drawn_rewording
from mien.data.drawn import CHOICES, SWITCHES, attribute_names, attributes, caption, draw_many, reworded, sample_face
from mien.data.drawn_rewording import FRAMES, WORDS
from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.errors import UsageError

COUNT = 1500


@pytest.fixture(scope="module")
def faces():
    return [sample_face(0, number) for number in range(COUNT)]


def told_names(labels):
    """float [K] -> {"hair": "gray", "glasses": True}"""
    names = [name for name, on in zip(attribute_names(), labels, strict=True) if on]
    return {block: value or True for block, _, value in (name.partition("=") for name in names)}


def parts(text):
    return {part.strip() for part in re.split(r"[,.;]| and ", text)}


def test_no_frame_and_no_part_of_a_sentence_is_shared(faces):
    usual = set().union(*(parts(caption(face)) for face in faces))
    other = set().union(*(parts(reworded(face, number)) for number, face in enumerate(faces)))
    assert len(usual) > 100 and len(other) > 1000 and not usual & other
    every = " ".join(reworded(face, number) for number, face in enumerate(faces))
    assert not any(words in every for words in ("a girl with", "wearing", "an ahoge", "before", "under a"))


def test_every_frame_and_every_word_occurs(faces):
    texts = " | ".join(reworded(face, number) for number, face in enumerate(faces))
    for name, values in WORDS.items():
        for phrases in values.values():
            assert all(re.search(phrase.replace("{hair}", "[-a-z]+"), texts) for phrase in phrases), name
    starts = [next(iter(frame.parts.values())).split("{}")[0] for frame in FRAMES]
    counts = [sum(text.startswith(start) for text in texts.split(" | ")) for start in starts]
    assert sum(counts) == COUNT and min(counts) > COUNT / len(FRAMES) * 0.8


def test_each_value_has_words_of_its_own():
    for name, values in WORDS.items():
        known = CHOICES.get(name, ("True",))
        assert {f"{name}={value}" for value in known if value not in values} <= drawn_caption.SILENT
        assert set(values) <= set(known)
        phrases = [phrase for own in values.values() for phrase in own]
        assert len(phrases) == len(set(phrases)) >= 2 * len(values)
    assert set(WORDS) == {*CHOICES, *SWITCHES}
    for name in ("hair", "eyes"):  # only colours keep their plain names
        assert all(words[0] == value for value, words in WORDS[name].items())


@pytest.mark.parametrize("wording", [drawn_rewording, drawn_caption])
def test_what_is_told_is_true_and_all_that_the_caption_depends_on(wording, faces):
    """A caption changes with each attribute that it tells, and with nothing else; an attribute's words are those of
    the face's value."""

    def said(face, number):
        return reworded(face, number) if wording is drawn_rewording else caption(face)

    random = np.random.default_rng(0)
    labels = np.stack([attributes(face) for face in faces])
    told = wording.told(labels, np.arange(COUNT)) if wording is drawn_rewording else wording.told(labels)
    for number, face in enumerate(faces[:300]):
        names, text = told_names(told[number]), said(face, number)
        assert names.items() <= told_names(labels[number]).items()
        for name, value in names.items():
            if name == "style" or wording is drawn_caption:
                continue
            phrases = {found: other for other, own in WORDS[name].items() for found in own}
            assert any(found in text for found, other in phrases.items() if other == str(value)), (text, name)
        for name in (*CHOICES, *SWITCHES):
            others = [value for value in CHOICES.get(name, (True, False)) if value != getattr(face, name)]
            changed = replace(face, **{name: others[random.integers(len(others))]})
            after = wording.told(attributes(changed)[None], *([np.array([number])] * (wording is drawn_rewording)))
            speaks = name in names or name in told_names(after[0])
            assert (said(changed, number) != text) == speaks, (text, said(changed, number))
    other = [one.name for one in fields(faces[0]) if one.name not in (*CHOICES, *SWITCHES)]
    twin = replace(faces[0], **{name: getattr(faces[1], name) for name in other})
    assert said(twin, 0) == said(faces[0], 0)


def test_some_captions_in_full(faces):
    face = replace(sample_face(0, 0), hair="gray", style="bob", eyes="red")
    texts = {reworded(face, number) for number in range(200)}
    assert {"hair: silver, eyes: ruby", "one grey-haired lady whose eyes are crimson"} <= texts
    told = drawn_rewording.told(attributes(face)[None].repeat(200, 0), np.arange(200))
    short = [number for number in range(200) if reworded(face, number).startswith("hair: ")]
    assert all(told_names(told[number]) == {"hair": "gray", "eyes": "red"} for number in short) and len(short) > 15


def test_what_the_usual_caption_leaves_out():
    face = replace(sample_face(0, 0), skin="light", brows="calm", accessory="none", background="plain", style="hime")
    known = told_names(drawn_caption.told(attributes(face)[None])[0])
    assert not {"skin", "brows", "accessory", "background", "bangs"} & known.keys()
    assert {"hair", "style", "eyes", "mouth", "outfit"} <= known.keys()


def test_the_data_set_has_the_same_faces_in_other_words():
    usual, other = prepare("drawn:40", 16, 16), prepare("drawn-reworded:40", 16, 16)
    assert np.array_equal(usual.images, other.images) and np.array_equal(usual.labels, other.labels)
    assert usual.info["sha256"] == other.info["sha256"]
    assert other.captions == [reworded(sample_face(0, number), number) for number in range(40)]
    assert detect("drawn-reworded:40@16").describe().endswith("captions; captions in other words")
    assert draw_many(3, 8, 8, seed=1).captions == [caption(sample_face(1, number)) for number in range(3)]
    with pytest.raises(UsageError, match="write drawn-reworded, drawn-reworded:50000 or"):
        detect("drawn-reworded:many")
