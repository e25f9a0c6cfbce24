"""Crops: the pixels that a turn, a shift, a reduction and a border must give."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from mien.faces.placing import Placement
from mien.faces.warp import warp


def smooth(height, width, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def centred(image, step=1.0 + 0j, size=None):
    return Placement(complex(image.width / 2, image.height / 2), step, size or (image.height, image.width))


def test_no_change_is_no_change():
    image = smooth(40, 30)
    assert np.array_equal(warp(image, centred(image)), np.asarray(image))


@pytest.mark.parametrize("step, turns", [(1j, 1), (-1 + 0j, 2), (-1j, 3)])
def test_quarter_turns_are_exact(step, turns):
    image = smooth(32, 32)
    # A step of 1j goes down the picture for each pixel across the crop: the crop is the picture turned to the left.
    assert np.array_equal(warp(image, centred(image, step)), np.rot90(np.asarray(image), turns))


def test_a_turn_and_back_gives_the_picture_again():
    image = smooth(64, 64)
    turn = complex(np.cos(0.3), np.sin(0.3))
    there = Image.fromarray(warp(image, centred(image, turn, (128, 128))))
    back = warp(there, centred(there, turn.conjugate(), (64, 64)))
    apart = np.abs(back.astype(int) - np.asarray(image))[8:-8, 8:-8]
    assert apart.mean() < 1.5 and apart.max() <= 8


@pytest.mark.parametrize("scale", [1.5, 2.0, 3.3, 8.0])
def test_fine_stripes_become_gray_and_not_coarse_stripes(scale):
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    placed = Placement(128 + 128j, scale * complex(np.cos(0.2), np.sin(0.2)), (24, 24))
    spread = np.ptp(warp(Image.fromarray(stripes), placed)[..., 0].astype(int))
    assert spread <= (60 if scale <= 2 else 6)  # of 255: at the finest that a picture can hold, some is left


def test_reduction_keeps_places():
    """A light spot at a known place of a large picture lies where the placement says in the crop."""
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[150:170, 230:250] = 255  # centre (240, 160)
    placed = Placement(220 + 150j, 5 * complex(np.cos(0.4), np.sin(0.4)), (40, 48))
    light = warp(Image.fromarray(picture), placed)[..., 0].astype(float)
    down, across = np.indices(light.shape) + 0.5
    found = [(light * across).sum() / light.sum(), (light * down).sum() / light.sum()]
    assert np.allclose(found, placed.in_crop(np.array([[240.0, 160.0]]))[0], atol=0.1)


def test_beyond_the_picture_its_mirror_image_goes_on_and_blurs():
    image = smooth(32, 32)
    crop = warp(image, Placement(0 + 16j, 1 + 0j, (32, 32))).astype(int)  # the left half lies outside
    inside = np.asarray(image).astype(int)[:, :16]
    assert np.array_equal(crop[:, 16:], inside)
    assert np.abs(crop[:, 15] - inside[:, 0]).mean() < 12  # no seam
    assert crop.min() > 0 or inside.min() == 0  # no black


def test_a_face_in_a_corner_and_beyond_the_picture_is_no_error():
    image = smooth(20, 20)
    for centre in (-15 - 15j, 0j, 20 + 20j, 60 + 5j):
        assert warp(image, Placement(centre, 0.7 + 0.7j, (16, 24))).shape == (16, 24, 3)


def test_threads_do_not_disturb_each_other():
    pictures = [smooth(50 + index, 60, index) for index in range(24)]
    placed = [centred(image, 1.7 * complex(np.cos(1), np.sin(1)), (32, 32)) for image in pictures]
    alone = [warp(image, one) for image, one in zip(pictures, placed)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(warp, pictures * 8, placed * 8))
    assert all(np.array_equal(one, alone[index % 24]) for index, one in enumerate(together))
