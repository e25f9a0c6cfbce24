"""Symptoms of images, against numbers computed by hand."""

import numpy as np
import pytest

from mien.reports.doctor.image_symptoms import (
    checkerboard,
    clipped,
    contrast,
    distances,
    diversity,
    edges,
    gap,
    grayscale,
    individuality,
    nearest,
    random_features,
    roughness,
    thumbnails,
)


def plain(level: int, count: int = 2, side: int = 16, channels: int = 3) -> np.ndarray:
    return np.full((count, side, side, channels), level, np.uint8)


def noise(seed: int, count: int = 32, side: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


def checks(low: int, high: int, side: int = 16) -> np.ndarray:
    """One gray image [1,side,side,3] of checks of one pixel."""
    board = np.where(np.indices((side, side)).sum(0) % 2, high, low).astype(np.uint8)
    return np.repeat(board[None, :, :, None], 3, 3)


def test_gray_is_the_mean_of_the_channels():
    pixels = np.array([[[[0, 30, 60]]], [[[255, 255, 255]]]], np.uint8)
    assert grayscale(pixels).tolist() == [[[30]], [[255]]]
    assert grayscale(pixels[..., :1]).tolist() == [[[0]], [[255]]]


def test_an_image_of_one_colour_has_no_contrast():
    assert contrast(grayscale(plain(200))).tolist() == [0, 0]
    assert contrast(grayscale(np.stack([plain(0)[0], plain(255)[0]]))).tolist() == [
        0,
        0,
    ]  # within an image, not between two


def test_two_colours_of_equal_area_have_half_their_distance_as_contrast():
    assert contrast(grayscale(checks(100, 120))).tolist() == [10]


def test_different_means_of_the_channels_are_no_contrast():
    orange = plain(0)
    orange[..., 0] = 255
    assert contrast(grayscale(orange)).tolist() == [0, 0]


def test_clipped_is_the_share_of_both_ends():
    assert clipped(checks(0, 255)) == 1
    assert clipped(checks(0, 254)) == 0.5
    assert clipped(plain(128)) == 0


def test_roughness_is_the_mean_step():
    ramp = np.repeat(np.repeat(np.arange(16, dtype=np.uint8)[None, None, :, None], 16, 1), 3, 3)
    assert roughness(grayscale(ramp)) == 0.5  # one level across, none down
    assert roughness(grayscale(checks(0, 10))) == 10


def test_a_checkerboard_has_its_amplitude():
    assert checkerboard(grayscale(checks(100, 110))) == pytest.approx(5)


@pytest.mark.parametrize("axis", [1, 2])
def test_stripes_of_period_two_count_too(axis):
    stripes = plain(100, 1)
    index = [slice(None)] * 4
    index[axis] = slice(None, None, 2)
    stripes[tuple(index)] = 108
    assert checkerboard(grayscale(stripes)) == pytest.approx(4)


def test_the_phase_may_change_from_block_to_block():
    board = checks(100, 110)
    board[:, :, 8:] = board[:, ::-1, 8:]  # 16 rows: the mirrored half has the other phase
    assert checkerboard(grayscale(board)) == pytest.approx(5)


def test_noise_is_no_checkerboard():
    gray = noise(0)[..., :1]
    assert checkerboard(grayscale(gray)) < 1.3 * gray.std() / 8
    assert checkerboard(grayscale(plain(7))) == 0


def test_a_thumbnail_holds_means_of_areas():
    half = plain(0, 1)
    half[:, :, 8:] = 100
    assert thumbnails(half, 2).reshape(2, 2, 3)[..., 0].tolist() == [[0, 100], [0, 100]]


def test_a_thumbnail_of_a_side_that_is_no_multiple():
    image = np.arange(10, dtype=np.uint8).reshape(1, 1, 10, 1)
    assert edges(10, 4).tolist() == [0, 2, 5, 8, 10]
    assert thumbnails(image, 4).tolist() == [[0.5, 3, 6, 8.5]]


def test_individuality_is_the_part_that_is_not_shared():
    """Two images differ by 2 levels: a variance of 2. All numbers together have 26."""
    rows = np.array([[0.0, 10.0], [2.0, 12.0]])
    assert individuality(rows) == pytest.approx((2 / 26) ** 0.5)
    assert individuality(np.array([[0.0, 10.0], [0.0, 10.0]])) == 0
    assert individuality(np.array([[0.0, 10.0], [10.0, 0.0], [0.0, 10.0], [10.0, 0.0]])) > 1


def test_individuality_within_a_label():
    rows = np.array([[0.0, 0.0], [0.0, 0.0], [9.0, 9.0], [9.0, 9.0]])
    assert individuality(rows) > 1
    assert individuality(rows, np.array([0, 0, 1, 1])) == 0


def test_distances_are_root_mean_squares():
    assert distances(np.array([[0.0, 0.0]]), np.array([[3.0, 3.0], [0.0, 4.0]])).tolist() == [
        [3, pytest.approx(8**0.5)]
    ]


def test_diversity_is_the_mean_over_pairs():
    rows = np.array([[0.0], [1.0], [3.0]])  # distances 1, 3, 2
    assert diversity(rows) == pytest.approx(2)
    assert diversity(np.zeros((4, 5))) == 0


def test_diversity_within_groups_ignores_the_others():
    rows, groups = np.array([[0.0], [1.0], [100.0], [103.0]]), np.array([0, 0, 1, 1])
    assert diversity(rows, groups) == pytest.approx(2)
    assert nearest(rows, groups).tolist() == pytest.approx([1, 1, 3, 3])


def test_nearest_is_never_the_row_itself():
    assert nearest(np.array([[0.0], [1.0], [3.0]])).tolist() == pytest.approx([1, 1, 2])


def test_random_features_are_the_same_each_time_and_leave_the_callers_state():
    np.random.seed(3)
    before = np.random.get_state()[1].tolist()
    first = random_features(grayscale(noise(0, 3)))
    assert first.shape == (3, 96)
    assert (first == random_features(grayscale(noise(0, 3)))).all()
    assert np.random.get_state()[1].tolist() == before


def test_the_smallest_images_have_one_scale():
    assert random_features(grayscale(noise(0, 3, 8))).shape == (3, 48)
    assert random_features(grayscale(noise(0, 3, 10))).shape == (3, 96)


def test_random_features_do_not_see_brightness():
    assert np.abs(random_features(grayscale(plain(30))) - random_features(grayscale(plain(220)))).max() < 0.01


def test_random_features_tell_noise_from_smooth_images():
    smooth = np.repeat(np.repeat(noise(1, 32, 4), 4, 1), 4, 2)
    assert gap(random_features(grayscale(smooth)), random_features(grayscale(noise(0)))) > 2
    assert gap(random_features(grayscale(noise(2))), random_features(grayscale(noise(0)))) < 0.3


def test_the_gap_counts_means_and_spreads():
    real = np.array([[-1.0], [1.0]])  # mean 0, spread 1
    scale = 1.01 + 1e-6
    assert gap(real, real) == 0
    assert gap(real + 2 * scale, real) == pytest.approx(4)
    assert gap(np.zeros((2, 1)), real) == pytest.approx(1 / scale**2)
