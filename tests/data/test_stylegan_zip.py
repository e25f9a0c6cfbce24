"""A zip for the StyleGAN family: its files and labels as NVIDIA's loader reads them, and back into mien unchanged."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from mien import cli
from mien.data.prepare import prepare


def loaded(path):
    """(images, raw labels), as `ImageFolderDataset` of StyleGAN2-ADA reads a zip: sorted files, labels by name."""
    with zipfile.ZipFile(path) as archive:
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        labels = json.loads(archive.read("dataset.json"))["labels"]
        images = np.stack([np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names])
    if labels is None:
        return images, None
    labels = np.array([dict(map(tuple, labels))[name] for name in names])
    return images, labels.astype({1: np.int64, 2: np.float32}[labels.ndim])


@pytest.fixture
def classes(tmp_path):
    """Two folders of images, which are two classes."""
    for name, level in (("cat", 40), ("dog", 200)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(3):
            pixels = np.random.default_rng(number + level).integers(0, level, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"


def test_classes_are_numbers_there_and_names_here(classes, tmp_path, capsys):
    path = tmp_path / "set.zip"
    assert cli.run(["data", "prepare", str(classes), "--resolution", "16", "--output", str(path)]) == 0
    original = prepare(str(classes), 16, 16)
    images, labels = loaded(path)
    assert np.array_equal(images, original.images) and labels.tolist() == original.labels.argmax(1).tolist()
    again = prepare(str(path), 16, 16)
    assert again.info["layout"] == "stylegan dataset.json" and again.info["label_names"] == ["cat", "dog"]
    assert np.array_equal(again.images, original.images) and np.array_equal(again.labels, original.labels)
    said = capsys.readouterr().out
    assert "6 PNG files and dataset.json" in said and "power of two" not in said


def test_attributes_are_vectors(tmp_path, capsys):
    path = tmp_path / "faces.zip"
    assert cli.run(["data", "prepare", "drawn:4@24", "--resolution", "24", "--output", str(path)]) == 0
    original = prepare("drawn:4@24", 24, 24)
    _, labels = loaded(path)
    assert labels.dtype == np.float32 and np.array_equal(labels, original.labels)
    again = prepare(str(path), 24, 24)
    assert again.info["label_names"] == original.info["label_names"] and np.array_equal(again.labels, original.labels)
    assert "StyleGAN's own networks take squares only, with a side that is a power of two" in capsys.readouterr().out


def test_images_without_labels_and_gray_ones(tmp_path):
    (tmp_path / "set").mkdir()
    for number in range(2):
        Image.fromarray(np.full((16, 16), 50 * number, np.uint8)).save(tmp_path / "set" / f"{number}.png")
    path = tmp_path / "set.zip"
    assert cli.run(["data", "prepare", str(tmp_path / "set"), "--resolution", "16", "--output", str(path)]) == 0
    images, labels = loaded(path)
    assert images.shape == (2, 16, 16) and labels is None
    assert np.array_equal(prepare(str(path), 16, 16).images[..., 0], images)
