"""Varied faces: exactness, sizes, what varies, and the data set of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data import workers
from mien.data.prepare import prepare
from mien.data.synthetic.dice import Dice
from mien.data.synthetic.draw import draw, sample_face
from mien.data.synthetic.varied import draw_varied, draw_varied_into

COUNT = 120
DICE = [0.575300433347867, 0.4214513002125032, 0.6987130805958253]
MEANS = [[144.3, 179.4, 166.2], [149.4, 126.1, 121.7], [159.6, 157.1, 171.9], [209.4, 192.1, 145.1]]


@pytest.fixture(scope="module")
def faces():
    return np.stack([np.asarray(draw_varied(0, index, 32, 32)) for index in range(COUNT)]).astype(float)


def test_a_varied_face_is_a_function_of_seed_and_index():
    first = np.asarray(draw_varied(3, 5, 32, 32))
    for index in range(6, 12):
        draw_varied(3, index, 32, 32)
    assert np.array_equal(first, np.asarray(draw_varied(3, 5, 32, 32)))
    assert not np.array_equal(first, np.asarray(draw_varied(4, 5, 32, 32)))
    assert not np.array_equal(first, np.asarray(draw_varied(3, 6, 32, 32)))


@pytest.mark.parametrize(("height", "width"), [(16, 16), (96, 80), (37, 53), (128, 128)])
def test_any_size(height: int, width: int):
    picture = draw_varied(2**64 - 1, 2**40, height, width)
    assert picture.mode == "RGB" and picture.size == (width, height)


def test_sizes_agree():
    for index in range(8):
        small = np.asarray(draw_varied(0, index, 64, 64)).astype(float)
        large = np.asarray(draw_varied(0, index, 128, 128).resize((64, 64), Image.Resampling.BOX)).astype(float)
        assert np.abs(small - large).mean() < 12


def test_some_images_are_gray_and_most_are_not(faces):
    gray = (np.ptp(faces, axis=-1).max(axis=(1, 2)) == 0).mean()
    assert 0.02 < gray < 0.2


def test_brightness_contrast_and_colour_vary_more_than_in_plain_faces(faces):
    plain = np.stack([np.asarray(draw(sample_face(0, index), 32, 32)) for index in range(COUNT)]).astype(float)
    for statistic in (lambda x: x.mean(axis=(1, 2, 3)), lambda x: x.std(axis=(1, 2, 3))):
        assert statistic(faces).std() > 1.2 * statistic(plain).std()


def test_faces_fill_the_frame(faces):
    """The middle of the lower half is skin and mouth, where plain faces already have neck and clothes."""
    below = faces[:, 18:27, 12:20].mean(axis=(1, 2))
    colour = below[np.ptp(faces, axis=-1).max(axis=(1, 2)) > 0]
    assert (colour[:, 0] > colour[:, 2]).mean() > 0.75  # skin is warm


def test_the_data_set_has_no_labels(tmp_path: Path):
    ready = prepare("drawn-varied:5@24", 24, 24, seed=3, cache=tmp_path)
    assert ready.info["layout"] == "drawn-varied" and ready.labels is None and ready.captions is None
    assert np.array_equal(ready.images[4], np.asarray(draw_varied(3, 4, 24, 24)))


def test_the_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "FEW", 10)  # otherwise so few faces need no second process
    told = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        draw_varied_into(tmp_path / str(number), 40, 8, 12, 2, number, lambda *at: told.append(at))
    one, two = (np.load(tmp_path / str(number) / "images.npy") for number in (1, 2))
    assert one.shape == (40, 8, 12, 3) and np.array_equal(one, two) and told[-1] == (40, 40)


def test_these_faces_stay_as_they_are():
    """The means of four faces. A change of them starts every training on these faces anew."""
    pictures = [np.asarray(draw_varied(5, index, 64, 64)).astype(float) for index in range(4)]
    means = [picture.mean(axis=(0, 1)).round(1).tolist() for picture in pictures]
    assert np.abs(np.array(means) - MEANS).max() < 0.3


def test_dice():
    dice = Dice(1, 2)
    assert [dice.uniform(0, 1) for _ in range(3)] == DICE
    dice = Dice(1, 2)
    assert [Dice(1, 2).uniform(0, 1), Dice(1, 3).uniform(0, 1)] != [dice.uniform(0, 1)] * 2
    bells = [dice.bell(2.0) for _ in range(2000)]
    assert max(map(abs, bells)) <= 2 and abs(np.mean(bells)) < 0.1 and abs(np.std(bells) - 2 / 3) < 0.05
    picks = [dice.pick({"a": 1, "b": 3, "c": 0}) for _ in range(2000)]
    assert 0.21 < picks.count("a") / 2000 < 0.29 and "c" not in picks
    assert 0.15 < np.mean([dice.chance(0.2) for _ in range(2000)]) < 0.25
