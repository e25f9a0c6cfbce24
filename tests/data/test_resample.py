import numpy as np
import pytest
from odd_files import noise
from PIL import Image

from mien.data import resample
from mien.data.resample import lanczos, lanczos_two

SIZES = [((178, 218), (64, 64)), ((64, 64), (96, 80)), ((33, 47), (8, 9)), ((300, 20), (16, 16)), ((5, 5), (64, 64))]


@pytest.mark.parametrize(("have", "size"), SIZES)
def test_pillows_result_to_within_one_level(have: tuple[int, int], size: tuple[int, int]):
    image = noise(have)
    for box in ((0, 0, *have), (1, 1, have[0] - 1, have[1] - 2)):
        reference = np.asarray(image.resize(size, Image.Resampling.LANCZOS, box=box)).astype(int)
        difference = np.abs(lanczos(image, size, box) - reference)
        assert difference.max() <= 1 and difference.mean() < 0.05


def test_sums_are_exact_so_the_order_of_adding_cannot_matter():
    weights = resample._weights(0, 178, 64, 178)
    steps = weights.astype(np.float64) * 2**15
    assert np.array_equal(steps, np.rint(steps))
    assert 255 * np.abs(steps).sum(axis=1).max() + 2**15 < 2**24


def test_same_size_is_a_copy_and_large_pictures_go_to_pillow(monkeypatch: pytest.MonkeyPatch):
    image = noise((40, 30))
    assert np.array_equal(lanczos(image, (30, 30), (5, 0, 35, 30)), np.asarray(image)[:, 5:35])
    monkeypatch.setattr(resample, "LARGEST_PLAN", 1)
    reference = np.asarray(image.resize((8, 8), Image.Resampling.LANCZOS, box=(5, 0, 35, 30)))
    assert np.array_equal(lanczos(image, (8, 8), (5, 0, 35, 30)), reference)


@pytest.mark.parametrize("size", [(16, 16), (20, 12), (30, 24)])
def test_two_at_once_are_the_same_as_one_by_one(size):
    random = np.random.default_rng(3)
    one, other = (random.integers(0, 256, (40, 37, 4), np.uint8) for _ in range(2))
    box = (2, 5, 32, 29) if size == (30, 24) else (0, 1, 37, 38)
    both = lanczos_two(one, other, size, box)
    assert both.shape == (2, size[1], size[0], 3)
    assert np.array_equal(both[0], lanczos(one, size, box))
    assert np.array_equal(both[1], lanczos(other, size, box))
