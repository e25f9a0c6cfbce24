"""The metrics as functions: the numbers of `mien evaluate`, whatever the images come as."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch
from conftest import picture_folder
from PIL import Image

import mien
from mien import metrics
from mien.errors import UsageError
from mien.media.pixels import from_pixels
from mien.metrics.image_batches import image_batches

FEW = pytest.mark.filterwarnings("ignore:.*:UserWarning")
LITE = {"extractor": "efficientnet-lite0"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of 8 images of 16 x 16 pixels."""
    root = tmp_path_factory.mktemp("metrics")
    return [picture_folder(root / name, count=8, seed=seed) for name, seed in (("real", 1), ("fake", 2))]


def array(folder):
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])


def forms(folder):
    """The same images in every form."""
    pixels = array(folder)
    yield str(folder)
    yield folder
    yield pixels
    yield from_pixels(torch.from_numpy(pixels))
    yield [Image.fromarray(image) for image in pixels]


@FEW
def test_the_numbers_are_those_of_the_verb(folders):
    real, fake = folders
    rows = mien.evaluate(
        fake, data=real, metrics=["fid", "kid", "mind", "pr", "is"], extractor="efficientnet-lite0"
    ).rows
    expected = {row["metric"]: row["value"] for row in rows}
    assert metrics.fid(real, fake, **LITE) == expected["fid"]
    assert metrics.kid(real, fake, **LITE) == expected["kid"]
    assert metrics.mind(real, fake, **LITE) == expected["mind"]
    assert metrics.inception_score(fake, **LITE) == expected["is"]
    found = metrics.precision_recall(real, fake, **LITE)
    assert found == {name: expected[name] for name in ("precision", "recall", "density", "coverage")}


@FEW
def test_kid_has_the_same_value_for_every_form_of_the_images(folders):
    real, fake = folders
    pixels = array(real)
    found = {metrics.kid(pixels, form, subsets=1, size=4, **LITE) for form in forms(fake)}
    assert len(found) == 1


def test_every_form_gives_the_same_batches(folders):
    expected = array(folders[0])
    for form in forms(folders[0]):
        batches = list(image_batches(form, "real", 3, None))
        assert [len(batch) for batch in batches] == [3, 3, 2]
        assert np.array_equal(np.concatenate(batches), expected)
    (gray,) = image_batches(expected[..., :1], "real", 8, None)
    assert np.array_equal(gray, np.repeat(expected[..., :1], 3, 3))
    (small,) = image_batches(folders[0], "real", 8, 8)
    assert small.shape == (8, 8, 8, 3)


def test_too_few_images_are_warned_of(folders):
    with pytest.warns(UserWarning, match="fid: 8 images for 1,280 features"):
        metrics.fid(folders[0], folders[1], **LITE)


def test_afd_is_the_share_of_images_with_a_face(tmp_path):
    own = tmp_path / "my_detector.py"
    own.write_text("def bright(pixels): return pixels.mean((1, 2, 3)) > 127\n")
    pixels = np.concatenate([np.full((3, 8, 8, 3), 200, np.uint8), np.zeros((1, 8, 8, 3), np.uint8)])
    assert metrics.afd(pixels, detector=f"{own}:bright") == 0.75


WRONG = [
    (torch.rand(2, 3, 8, 8), r"real lies in \[0, 1\]: a tensor must lie in \[-1, 1\]; give images \* 2 - 1"),
    (torch.full((2, 3, 8, 8), 255.0), r"real lies in \[255, 255\]"),
    (torch.full((2, 3, 8, 8), float("nan")), r"real lies in \[nan, nan\]"),
    (np.zeros((2, 8, 8, 3), np.float32), r"not float32 \[2, 8, 8, 3\]"),
    (np.zeros((8, 8, 3), np.uint8), r"not uint8 \[8, 8, 3\]"),
    (np.zeros((0, 8, 8, 3), np.uint8), r"not uint8 \[0, 8, 8, 3\]"),
    ([], "real must be a path, an array, a tensor or a list of PIL images"),
    ([Image.new("RGB", (8, 8)), Image.new("RGB", (9, 8))], "real holds images of several sizes"),
]


@pytest.mark.parametrize("images, message", WRONG)
def test_what_is_no_images_is_one_line(images, message):
    with pytest.raises(UsageError, match=message):
        list(image_batches(images, "real", 8, None))


def test_a_resolution_belongs_to_a_folder(folders, tmp_path):
    with pytest.raises(UsageError, match="resolution is for a folder"):
        list(image_batches(array(folders[0]), "real", 8, 32))
    for size in (8, 16):
        Image.new("RGB", (size, size)).save(tmp_path / f"{size}.png")
    with pytest.raises(UsageError, match="several sizes: give resolution"):
        list(image_batches(tmp_path, "real", 8, None))


def test_functions_and_classes_of_one_name_do_not_get_in_each_others_way():
    metrics.known()
    assert callable(metrics.fid) and importlib.import_module("mien.metrics.fid").FID.name == "fid"
    assert type(metrics.find("kid")).__name__ == "KID"
