"""The built-in faces: exactness, sizes, attributes, what one can see of them, and their outlines."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data.synthetic.draw import (
    CHOICES,
    SWITCHES,
    USUAL,
    Face,
    attribute_names,
    attributes,
    draw,
    draw_many,
    line_drawing,
    pencil_drawing,
    sample_face,
)
from mien.data.synthetic.hair import HAIR_COLOURS

CASCADE = Path(__file__).parents[3].parent / "shared" / "data" / "detectors" / "lbpcascade_animeface.xml"


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return [sample_face(1, index) for index in range(600)]


@pytest.fixture(scope="module")
def upright() -> Face:
    """A face in the middle, with nothing over the hair."""
    face = replace(sample_face(0, 0), tilt=0.0, turn=0.0, x=0.0, y=0.0, scale=1.0, tone=0.0, volume=0.0, side=1)
    face = replace(face, hair="brown", style="long", bangs="zigzag", skin="light", accessory="none", glasses=False)
    return replace(face, background="plain", bang_length=0.0, ahoge=False)


def pixels(face: Face, height: int = 64, width: int = 64) -> np.ndarray:
    return np.asarray(draw(face, height, width)).astype(float)


def test_a_face_is_a_function_of_seed_and_index():
    assert sample_face(3, 5) == sample_face(3, 5)
    assert len({sample_face(seed, index) for seed in range(5) for index in range(20)}) == 100
    assert np.array_equal(pixels(sample_face(3, 5)), pixels(sample_face(3, 5)))
    assert not np.array_equal(pixels(sample_face(3, 5)), pixels(sample_face(4, 5)))


def test_drawing_does_not_depend_on_what_was_drawn_before():
    first = pixels(sample_face(7, 0))
    for index in range(20):
        draw(sample_face(7, index), 64, 64)
        line_drawing(sample_face(7, index), 48, 64)
        pencil_drawing(sample_face(7, index), 48, 64)
    assert np.array_equal(first, pixels(sample_face(7, 0)))


def test_large_seeds_and_indices():
    assert sample_face(2**64 - 1, 2**40) != sample_face(2**64 - 1, 2**40 + 1)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (96, 80), (37, 53), (256, 256), (1, 1)])
def test_any_size(height: int, width: int):
    for style in (draw, line_drawing, pencil_drawing):
        picture = style(sample_face(0, 1), height, width)
        assert picture.mode == "RGB"
        assert picture.size == (width, height)


def test_every_value_occurs_about_as_often_as_the_others(faces: list[Face]):
    for block, values in CHOICES.items():
        counts = Counter(getattr(face, block) for face in faces)
        assert set(counts) == set(values)
        if block != "bangs":  # the hime cut has straight ones only
            assert min(counts.values()) > 0.5 * len(faces) / len(values)
    for name, share in SWITCHES.items():
        assert abs(np.mean([getattr(face, name) for face in faces]) - share) < 0.06


def test_continuous_fields_stay_in_their_ranges(faces: list[Face]):
    for name in ("turn", "gaze_x", "gaze_y", "eye_size", "jaw", "chin", "mouth_size", "bang_length", "volume", "tone"):
        values = np.array([getattr(face, name) for face in faces])
        assert np.abs(values).max() <= 1
        assert values.std() > 0.5
    assert max(abs(face.tilt) for face in faces) <= 0.2
    assert {face.side for face in faces} == {-1, 1}


def test_vector_says_what_the_face_is(faces: list[Face]):
    names = attribute_names()
    assert len(set(names)) == len(names)
    assert {"hair=black", "style=twintails", "eyes=green", "mouth=smile", "glasses", "blush"} <= set(names)
    for face in faces[:100]:
        vector = attributes(face)
        assert vector.shape == (len(names),)
        assert vector.dtype == np.float32
        present = {name for name, value in zip(names, vector) if value == 1}
        expected = {f"{block}={getattr(face, block)}" for block in CHOICES}
        assert present == expected | {name for name in SWITCHES if getattr(face, name)}
        assert vector.sum() == len(present)


def test_one_hot_blocks_sum_to_one(faces: list[Face]):
    vectors = np.stack([attributes(face) for face in faces])
    start = 0
    for values in CHOICES.values():
        assert (vectors[:, start : start + len(values)].sum(axis=1) == 1).all()
        start += len(values)


@pytest.mark.parametrize("hair", CHOICES["hair"])
def test_hair_has_its_colour(upright: Face, hair: str):
    crown = pixels(replace(upright, hair=hair))[9:13, 24:40].reshape(-1, 3)
    seen = np.median(crown, axis=0)
    distance = {name: np.abs(seen - colour).sum() for name, colour in HAIR_COLOURS.items()}
    assert min(distance, key=lambda name: distance[name]) == hair


@pytest.mark.parametrize("block", [block for block in CHOICES if block != "skin"])
def test_every_attribute_changes_the_picture(upright: Face, block: str):
    pictures = [pixels(replace(upright, **{block: value})) for value in CHOICES[block]]
    for index, picture in enumerate(pictures):
        for other in pictures[:index]:
            assert np.abs(picture - other).max() > 12


def test_skins_differ(upright: Face):
    cheeks = [pixels(replace(upright, skin=skin, blush=False))[39:42, 25:28].mean() for skin in CHOICES["skin"]]
    assert all(darker < lighter - 8 for lighter, darker in pairwise(cheeks))


def test_turn_and_tilt_move_the_face(upright: Face):
    def eyes_at(turn: float) -> float:
        picture = pixels(replace(upright, hair="white", eyes="red", turn=turn))[26:38]
        return (picture[:, :, 0] - picture[:, :, 1] > 80).nonzero()[1].mean()

    assert eyes_at(-1) + 1 < eyes_at(0) < eyes_at(1) - 1
    assert np.abs(pixels(replace(upright, tilt=0.15)) - pixels(upright)).mean() > 3


def test_edges_are_antialiased(upright: Face):
    rim_of_the_hair = pixels(replace(upright, style="bob"))[4:12].reshape(-1, 3)
    assert len(np.unique(rim_of_the_hair, axis=0)) > 20  # background, outline, hair and shine make 4


def test_sizes_agree(faces: list[Face]):
    for face in faces[:10]:
        small = pixels(face, 64, 64)
        for large in (128, 256):
            reduced = draw(face, large, large).resize((64, 64), Image.Resampling.BOX)
            assert np.abs(np.asarray(reduced).astype(float) - small).mean() < 7


def test_line_drawing_is_black_on_white_and_where_the_picture_has_edges(upright: Face):
    lines = np.asarray(line_drawing(upright, 128, 128)).astype(float)
    assert (lines == lines[:, :, :1]).all()
    assert (lines > 250).mean() > 0.7
    assert 0.02 < (lines < 60).mean() < 0.2
    gray = pixels(upright, 128, 128).mean(axis=2)
    edges = np.abs(np.gradient(gray)[0]) + np.abs(np.gradient(gray)[1])
    on_lines = lines[:, :, 0] < 128
    assert edges[on_lines].mean() > 4 * edges[~on_lines].mean()


def test_line_drawing_knows_no_colours(upright: Face):
    recoloured = replace(upright, hair="pink", eyes="red", skin="dark", background="sky", clothes_tint="teal")
    assert np.array_equal(np.asarray(line_drawing(upright, 64, 64)), np.asarray(line_drawing(recoloured, 64, 64)))


def test_pencil_is_pale_hatched_and_keeps_the_outlines(upright: Face):
    """On cream paper, paler than in colour; hair still has the hue of hair; dark where the line drawing is dark."""
    colour, pencil = pixels(upright, 128, 128), np.asarray(pencil_drawing(upright, 128, 128)).astype(float)
    assert pencil.mean() > colour.mean() + 20 and pencil.std() < colour.std()
    hair = pencil[28:36, 56:72].reshape(-1, 3).mean(0)
    assert hair[0] > hair[1] + 10 > hair[2] + 20  # brown
    lines = np.asarray(line_drawing(upright, 128, 128))[..., 0]
    assert pencil[lines < 60].mean() + 60 < pencil[lines > 250].mean()


def test_draw_many_is_the_same_for_any_number_of_workers():
    told: list[tuple[int, int]] = []
    one = draw_many(450, 16, 20, seed=2, start=5, workers=1, sources="lines")
    two = draw_many(450, 16, 20, seed=2, start=5, workers=2, sources="lines", progress=lambda *at: told.append(at))
    assert one.images.shape == (450, 16, 20, 3)
    assert one.images.dtype == np.uint8
    assert one.sources is not None and two.sources is not None
    assert np.array_equal(one.images, two.images)
    assert np.array_equal(one.sources, two.sources)
    assert np.array_equal(one.labels, two.labels)
    assert one.captions == two.captions
    assert told[-1] == (450, 450)
    assert told == sorted(told) and len(told) > 5


def test_draw_many_counts_from_start():
    drawn = draw_many(3, 24, 16, seed=9, start=40)
    face = sample_face(9, 41)
    assert np.array_equal(drawn.images[1], np.asarray(draw(face, 24, 16)))
    assert np.array_equal(drawn.labels[1], attributes(face))
    assert drawn.captions[1] == USUAL.caption(face, 41)
    assert drawn.sources is None


def test_draw_many_of_none():
    drawn = draw_many(0, 8, 8, seed=0)
    assert drawn.images.shape == (0, 8, 8, 3)
    assert drawn.captions == []


def test_a_cascade_for_anime_faces_finds_most():
    cv2 = pytest.importorskip("cv2")
    if not CASCADE.exists():
        pytest.skip("no cascade file beside the repository")
    detector = cv2.CascadeClassifier(str(CASCADE))
    found = 0
    for picture in draw_many(200, 64, 64, seed=0).images:
        gray = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        found += len(detector.detectMultiScale(gray, scaleFactor=1.1, minNeighbors=5, minSize=(22, 22))) > 0
    assert found >= 0.8 * 200
