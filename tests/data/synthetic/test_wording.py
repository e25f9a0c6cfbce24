"""How built-in faces are told: both wordings tell the truth, and share neither frames nor words but colours' names."""

import re
from collections import Counter
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest

from mien.data.layouts import detect
from mien.data.prepare import prepare
from mien.data.synthetic.draw import (
    CHOICES,
    OTHER,
    SWITCHES,
    USUAL,
    attribute_names,
    attributes,
    draw_many,
    sample_face,
)
from mien.data.synthetic.wording import COLOURS, Frame, Wording
from mien.errors import UsageError

COUNT = 1500
BOTH = pytest.mark.parametrize("wording", [USUAL, OTHER], ids=["usual", "other"])


@pytest.fixture(scope="module")
def faces():
    return [sample_face(0, number) for number in range(COUNT)]


def captions(wording, faces):
    return [wording.caption(face, number) for number, face in enumerate(faces)]


def told_names(labels):
    """float [K] -> {"hair": "gray", "glasses": True}"""
    names = [name for name, on in zip(attribute_names(), labels, strict=True) if on]
    return {block: value or True for block, _, value in (name.partition("=") for name in names)}


def phrases(wording, name):
    """[("ribbon", "a bow"), …]"""
    return [(value, phrase) for value, words in wording.words[name].items() for phrase in words.split(" / ")]


def pattern(phrase):
    """What finds it with any colour or none, with its article or without."""
    return r"\b" + phrase.removeprefix("an ").removeprefix("a ").replace("{hair} ", "([a-z]+ )?") + r"\b"


def test_captions_by_hand():
    tiny = Wording(
        stream=5,
        frames=(
            Frame(", ", ("a {eyes}-eyed girl", "with | {style} | {bangs}", "wearing | {glasses} | {outfit}")),
            Frame("; ", ("{style}", "her {cut} is {hair}"), articles=False),
        ),
        words={
            **{name: {} for name in (*CHOICES, *SWITCHES) if name not in COLOURS},
            "style": {"bob": "a short {hair} bob"},
            "bangs": {"swept": "a fringe"},
            "outfit": {"dress": "a dress / an orange gown"},
            "glasses": {"True": "glasses"},
        },
    )
    face = replace(sample_face(0, 0), eyes="aqua", hair="blue", style="bob", bangs="swept", outfit="dress")
    texts = {tiny.caption(replace(face, glasses=True), number) for number in range(5000)}
    hair = ("", ", with a short blue bob", ", with a fringe", ", with a short blue bob and a fringe")
    worn = ("", "glasses", "a dress", "an orange gown", "glasses and a dress", "glasses and an orange gown")
    long = {f"an aqua-eyed girl{one}{two and ', wearing '}{two}" for one, two in product(hair, worn)}
    assert texts == {*long, "short blue bob", "short blue bob; her short bob is blue"}
    without = {tiny.caption(replace(face, glasses=False, bangs="parted"), number) for number in range(2000)}
    assert without == {text for text in texts if "glasses" not in text and "fringe" not in text}


def test_nothing_but_colours_is_shared(faces):
    def parts(wording):
        return {part.strip() for text in captions(wording, faces) for part in re.split(r"[,.;]| and ", text)}

    usual, other = parts(USUAL), parts(OTHER)
    assert len(usual) > 300 and len(other) > 500 and not usual & other
    assert not {clause for frame in USUAL.frames for clause in frame.clauses} & {
        clause for frame in OTHER.frames for clause in frame.clauses
    }
    every = " | ".join(captions(OTHER, faces))
    for name in USUAL.words:
        for _, phrase in phrases(USUAL, name):
            assert not re.search(pattern(phrase), every), phrase


@BOTH
def test_every_frame_and_every_word_occurs(wording, faces):
    texts = captions(wording, faces)
    for name in wording.words:
        for _, phrase in phrases(wording, name):
            assert re.search(pattern(phrase), " | ".join(texts)), phrase
    counts = Counter(wording.chosen(number)[0] for number in range(COUNT))
    assert len(wording.frames) == 6 and min(counts.values()) > COUNT / 6 * 0.8


@BOTH
def test_each_value_has_words_of_its_own(wording):
    silent = {"skin=light", "brows=calm", "accessory=none", "background=plain"}
    for name, values in wording.words.items():
        known = CHOICES.get(name, ("True",))
        assert {f"{name}={value}" for value in known if value not in values} <= silent and set(values) <= set(known)
        own = [phrase for _, phrase in phrases(wording, name)]
        assert len(own) == len(set(own)) and all("{hair}" in phrase for phrase in own if name == "style")
    assert set(wording.words) | {*COLOURS} == {*CHOICES, *SWITCHES}


@BOTH
def test_people_rarely_tell_all_and_colours_most_often(wording, faces):
    labels = np.stack([attributes(face) for face in faces])
    told = wording.stated_labels(labels, range(COUNT))
    shares = Counter(name for row in told for name in told_names(row))
    assert all(shares[name] > 0.8 * COUNT for name in COLOURS)
    possible = Counter(name for row in labels * told.any(0) for name in told_names(row))
    assert all(0.1 < shares[name] / possible[name] < 0.9 for name in wording.words)
    lengths = told.sum(1)
    assert lengths.min() >= 1 and (lengths <= 3).mean() > 0.1 and (lengths >= 7).mean() > 0.08
    texts = captions(wording, faces)
    odd = re.compile(r"  |, ,|[{}]|^\W|\W$|\b(and|with|wearing|has|is|a|an)([,.;]|$)|\b[Aa] [aeiou]")
    assert not [text for text in texts if odd.search(text)]
    assert len(set(texts)) > 0.5 * COUNT


@BOTH
def test_what_is_told_is_true_and_all_that_the_caption_depends_on(wording, faces):
    """A caption changes with each attribute that it tells, and with nothing else; an attribute's words are those of
    the face's value."""
    random = np.random.default_rng(0)
    labels = np.stack([attributes(face) for face in faces])
    told = wording.stated_labels(labels, range(COUNT))
    for number, face in enumerate(faces[:300]):
        names, text = told_names(told[number]), wording.caption(face, number)
        assert names.items() <= told_names(labels[number]).items()
        for name, value in names.items():
            own = [(value, value)] if name in COLOURS else phrases(wording, name)
            assert any(re.search(pattern(phrase), text) for one, phrase in own if one == str(value)), (text, name)
        for name in (*CHOICES, *SWITCHES):
            others = [value for value in CHOICES.get(name, (True, False)) if value != getattr(face, name)]
            changed = replace(face, **{name: others[random.integers(len(others))]})
            after = wording.stated_labels(attributes(changed)[None], [number])
            speaks = name in names or name in told_names(after[0])
            assert (wording.caption(changed, number) != text) == speaks, (text, wording.caption(changed, number))
    other = [one.name for one in fields(faces[0]) if one.name not in (*CHOICES, *SWITCHES)]
    twin = replace(faces[0], **{name: getattr(faces[1], name) for name in other})
    assert wording.caption(twin, 0) == wording.caption(faces[0], 0)
    assert wording.stated_labels(labels[:0], []).shape == (0, len(attribute_names()))


def test_some_captions_in_full():
    face = replace(sample_face(0, 0), hair="orange", style="bob", bangs="swept", eyes="aqua", skin="tan", brows="calm")
    face = replace(face, mouth="smile", glasses=True, blush=False, ahoge=False, outfit="sweater", accessory="none")
    face = replace(face, background="sky")
    usual = {USUAL.caption(face, number) for number in range(20_000)}
    assert usual > {
        "a girl with an orange bob, swept bangs, aqua eyes and tanned skin, smiling, wearing glasses and a sweater, "
        "before a blue sky",
        "an aqua-eyed girl with an orange bob",
        "a girl in a sweater, wearing glasses, with aqua eyes and an orange bob",
        "Her hair is orange and her eyes are aqua. She has a bob and swept bangs. She is smiling",
        "orange bob, aqua eyes, smiling, glasses",
        "aqua eyes, orange hair, bob",
    }
    other = {OTHER.caption(face, number) for number in range(200)}
    assert {"hair: orange, eyes: aqua", "one orange-haired lady whose eyes are aqua"} <= other
    assert max(map(len, usual)) < 200 and not usual & other


def test_the_data_set_has_the_same_faces_in_other_words():
    usual, other = prepare("drawn:40", 16, 16), prepare("drawn-reworded:40", 16, 16)
    assert np.array_equal(usual.images, other.images) and np.array_equal(usual.labels, other.labels)
    assert usual.info["sha256"] == other.info["sha256"]
    assert other.captions == [OTHER.caption(sample_face(0, number), number) for number in range(40)]
    assert detect("drawn-reworded:40@16").describe().endswith("captions; captions in other words")
    assert draw_many(3, 8, 8, seed=1, start=5).captions == [
        USUAL.caption(sample_face(1, number), number) for number in (5, 6, 7)
    ]
    with pytest.raises(UsageError, match="write drawn-reworded, drawn-reworded:50000 or"):
        detect("drawn-reworded:many")
