import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.media.pixels import (
    as_rgb,
    enlarged,
    from_pixels,
    grid,
    parse_resolution,
    resolution_text,
    to_pixels,
    visible_scale,
)


@pytest.mark.parametrize(
    "text, size", [("64", (64, 64)), ("96x80", (96, 80)), ("96×80", (96, 80)), (" 8 ", (8, 8)), ("2048", (2048, 2048))]
)
def test_resolution_is_height_then_width(text, size):
    assert parse_resolution(text) == size
    assert parse_resolution(resolution_text(*size)) == size


@pytest.mark.parametrize("text", ["", "x", "64x", "64x64x3", "-64", "64.0", "big", "7", "64x4", "2049", "64x99999"])
def test_what_is_no_resolution(text):
    with pytest.raises(UsageError, match=r"^--resolution"):
        parse_resolution(text)


def test_resolution_text():
    assert resolution_text(64, 64) == "64" and resolution_text(96, 80) == "96x80"


def test_every_byte_survives_the_way_in_and_out():
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1).repeat(2, 1, 1, 3)
    images = from_pixels(pixels)
    assert images.shape == (2, 3, 16, 16) and images.min() == -1 and images.max() == 1
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert np.array_equal(to_pixels(images), pixels.numpy())


def test_floats_are_rounded_to_the_nearest_and_clipped():
    images = torch.tensor([-5.0, -1.0, -0.9999, 0.0, 0.0039, 0.0041, 1.0, 5.0]).view(1, 1, 1, 8)
    assert to_pixels(images).ravel().tolist() == [0, 0, 0, 128, 128, 128, 255, 255]
    assert to_pixels(torch.tensor([[[[1 / 127.5 * 0.6]]]])).item() == 128
    assert to_pixels(images.to(torch.bfloat16)).dtype == np.uint8


def test_the_channel_order_and_the_axes_are_kept():
    pixels = torch.randint(0, 256, (2, 5, 7, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = from_pixels(pixels)
    assert images[1, 2, 4, 6] == pixels[1, 4, 6, 2].float() / 127.5 - 1


def test_grid_places_row_by_row_on_black():
    pixels = np.arange(1, 6, dtype=np.uint8)[:, None, None, None] * np.ones((5, 3, 4, 1), np.uint8)
    sheet = grid(pixels, columns=2, gap=1)
    assert sheet.shape == (3 * 4 + 1, 2 * 5 + 1, 1)
    assert [int(sheet[1 + row * 4, 1 + column * 5, 0]) for row in range(3) for column in range(2)] == [1, 2, 3, 4, 5, 0]
    assert sheet[0].max() == 0 and sheet[:, 5].max() == 0
    assert int(sheet.sum()) == int(pixels.sum())
    assert grid(pixels).shape == (2 * 5 + 2, 3 * 6 + 2, 1)  # as square as can be, gap 2


def test_as_rgb():
    gray = np.array([[[7]], [[9]]], np.uint8)
    assert as_rgb(gray).tolist() == [[[7, 7, 7]], [[9, 9, 9]]]
    colour = np.zeros((2, 2, 3), np.uint8)
    assert as_rgb(colour) is colour


def test_pixels_become_squares():
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    large = enlarged(pixels, 3)
    assert large.shape == (1, 6, 6, 3)
    assert np.array_equal(large[0, 3:, :3], np.broadcast_to(pixels[0, 1, 0], (3, 3, 3)))
    assert enlarged(pixels, 1) is pixels


@pytest.mark.parametrize(
    "tile, rows, columns, scale",
    [
        ((64, 64), 1, 1, 2),  # a tile of 128
        ((16, 16), 2, 2, 8),
        ((64, 64), 8, 8, 1),  # 512 in all
        ((16, 16), 8, 8, 4),
        ((64, 64), 4, 16, 2),  # the shorter side counts
        ((96, 80), 1, 1, 2),
        ((512, 512), 1, 1, 1),
    ],
)
def test_the_least_scale_that_is_easy_to_see(tile, rows, columns, scale):
    assert visible_scale(tile, rows, columns) == scale
