"""Both resize conventions: clean is Pillow's bicubic in floats, legacy is TensorFlow 1's bilinear."""

import numpy as np
import pytest
import torch
from PIL import Image

from mien.metrics.resize import resize, tensorflow_bilinear, weights


def noise(height, width, count=2):
    return np.random.default_rng(height * width).integers(0, 256, (count, height, width, 3), np.uint8)


def by_pillow(pixels, height, width):
    """clean-fid's way: each channel by itself, in floats, clipped and not rounded."""
    channels = [
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC))
        for plane in pixels.transpose(2, 0, 1)
    ]
    return np.stack(channels).clip(0, 255)


@pytest.mark.parametrize("have", [(64, 64), (96, 80), (500, 400), (299, 299), (17, 300), (8, 9)])
def test_clean_is_pillows(have):
    pixels = noise(*have)
    found = resize(torch.from_numpy(pixels), 299, 224, "clean")
    expected = np.stack([by_pillow(picture, 299, 224) for picture in pixels])
    assert found.dtype == torch.float32 and found.shape == (2, 3, 299, 224)
    assert np.abs(found.numpy() - expected).max() < 2e-4  # of 255: the rounding of float32 sums


def test_legacy_by_hand():
    """2 to 4: at 0, 0.5, 1, 1.5 of the input, the last of which has no right neighbour but itself."""
    assert tensorflow_bilinear(2, 4).tolist() == [[1, 0], [0.5, 0.5], [0, 1], [0, 1]]
    assert tensorflow_bilinear(4, 2).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]  # no antialiasing: pixels are left out


def test_legacy_on_pictures():
    pixels = noise(32, 48)
    found = resize(torch.from_numpy(pixels), 299, 299, "legacy").numpy()
    y, x = 200 * 32 / 299, 123 * 48 / 299
    top, left = int(y), int(x)
    corners = pixels[1, top : top + 2, left : left + 2, 0].astype(float)
    across = corners[:, 0] * (1 - x + left) + corners[:, 1] * (x - left)
    assert found[1, 0, 200, 123] == pytest.approx(across[0] * (1 - y + top) + across[1] * (y - top), abs=1e-2)


@pytest.mark.parametrize("convention", ["clean", "legacy"])
@pytest.mark.parametrize("have", [8, 64, 299, 700])
def test_brightness_stays(convention, have):
    assert torch.allclose(weights(have, 299, convention).sum(1), torch.ones(299), atol=1e-6)


def test_same_size_is_the_same_picture():
    pixels = noise(299, 299, 1)
    for convention in ("clean", "legacy"):
        same = resize(torch.from_numpy(pixels), 299, 299, convention)
        assert np.array_equal(same[0].permute(1, 2, 0).numpy(), pixels[0])
