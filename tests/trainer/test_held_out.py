"""Images that are not trained on: which ones, and what D says of them."""

import numpy as np
import pytest
from exact import begin

from mien import recipes
from mien.data.synthetic.draw import draw, sample_face
from mien.errors import UsageError
from mien.trainer import probes
from mien.trainer.config import TrainConfig
from mien.trainer.held_out import more_faces, split

DCGAN = recipes.find("dcgan")


def test_held_out_images_are_spread_and_leave_the_rest_in_order():
    images = np.arange(10, dtype=np.uint8)[:, None, None, None]
    labels = np.eye(10, dtype=np.float32)
    rows, held = split(images, labels, 4, DCGAN)
    assert rows is not None and rows.tolist() == [1, 2, 4, 5, 7, 8]
    assert held is not None and held.pixels.ravel().tolist() == [0, 3, 6, 9]
    assert held.labels is not None and held.labels.argmax(1).tolist() == [0, 3, 6, 9]


def test_without_the_flag_nothing_is_held_out():
    images = np.zeros((10, 1, 1, 1), np.uint8)
    assert split(images, None, 0, DCGAN) == (None, None)


def test_mistakes_are_one_line():
    images = np.zeros((20, 1, 1, 1), np.uint8)
    with pytest.raises(UsageError, match="--hold-out 19: the set has 20 images, of which two or more must be left"):
        split(images, None, 19, DCGAN)
    with pytest.raises(UsageError, match="--hold-out 16: pix2pix translates images"):
        split(images, None, 16, recipes.find("pix2pix"))
    with pytest.raises(UsageError, match="--hold-out 3 is too small"):
        TrainConfig(data="drawn", hold_out=3)


def test_built_in_faces_have_more_faces():
    small = DCGAN.replace(resolution=(16, 16))
    found = more_faces("drawn:30@16", 30, small)
    assert found is not None and found.pixels.shape == (64, 16, 16, 3)
    assert np.array_equal(found.pixels[1], np.asarray(draw(sample_face(0, 31), 16, 16)))
    assert more_faces("faces.zip", 30, small) is None


def test_a_training_judges_them_at_each_grid(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(probes, "EARLY", 0)
    monkeypatch.setattr(probes, "EVERY", 64)
    run = begin(faces, tmp_path, "dcgan", ("generator.width=4", "discriminator.width=4"), "128img", hold_out=16)
    rows = run.directory.symptoms.read()
    assert [row["kimg"] for row in rows] == [0, 0.064, 0.128]
    assert "memorized" not in rows[0] and all(0 <= row["memorized"] <= 1 for row in rows[1:])
