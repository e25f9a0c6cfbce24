import math

import pytest

from mien.config.schedules import Cosine, Linear, at


def test_plain_numbers_stay():
    assert at(3, 10**9) == 3.0 and isinstance(at(3, 0), float) and at(0.25, 5) == 0.25


@pytest.mark.parametrize("images, value", [(0, 2.0), (5_000_000, 1.7363961), (10_000_000, 1.1), (20_000_000, 0.2)])
def test_cosine_at_the_quarters(images, value):
    """R3GAN's gamma on FFHQ-64: 2 -> 0.2 over 20 million images; 0.2 + 1.8 * (1 + cos(pi/4)) / 2 at a quarter."""
    assert at(Cosine(2.0, 0.2, 20_000_000), images) == pytest.approx(value)


def test_cosine_stays_at_its_end():
    assert at(Cosine(0.0, 500.0, 100), 101) == at(Cosine(0.0, 500.0, 100), 10**12) == 500.0


def test_cosine_may_rise_and_never_turns():
    values = [at(Cosine(0.9, 0.99, 64), images) for images in range(64)]
    assert values == sorted(values) and values[0] == 0.9 and math.isclose(values[32], 0.945)


@pytest.mark.parametrize("images, value", [(0, 2.0), (100, 2.0), (150, 1.0), (199, 0.02), (200, 0.0), (500, 0.0)])
def test_linear_waits_then_falls_then_stays(images, value):
    """pix2pix: constant for the first half, then on a line to zero."""
    assert at(Linear(2.0, 0.0, images=200, begin=100), images) == pytest.approx(value)


def test_cosine_waits_as_linear_does():
    values = [at(Cosine(1.0, 0.0, images=300, begin=100), images) for images in (0, 100, 150, 200, 300, 400)]
    assert values == pytest.approx([1.0, 1.0, 0.8535534, 0.5, 0.0, 0.0])


def test_linear_from_the_start():
    assert [at(Linear(1.0, 3.0, images=4), images) for images in range(6)] == [1.0, 1.5, 2.0, 2.5, 3.0, 3.0]
