"""The film's parts: colours and places."""

import numpy as np
import pytest
import torch

from mien.config.budget import Budget
from mien.runtime.console import Line
from mien.toy.distributions import ring, two_bumps
from mien.toy.frames import FAKE, HEAD, LEAST, MOST, SIDE, WHITE, draw_film, draw_weights, pixels, shares, tinted
from mien.toy.recipes import gan, wgan_gp
from mien.toy.train_arm import train_arm


def test_the_ground_goes_from_orange_over_white_to_blue():
    field = np.tile(np.array([0.0, 0.5, 1.0], np.float32).repeat(9), (9, 1))
    colours = tinted(field)
    assert tuple(colours[4, 2]) == LEAST and tuple(colours[4, 24]) == MOST
    assert np.abs(colours[4, 13].astype(int) - WHITE).max() <= 1
    assert tuple(colours[4, 8]) != LEAST  # a contour between the first and the second


def test_a_flat_field_is_white_and_has_no_contours():
    field = shares(np.full((5, 5), 0.3, np.float32))
    assert field.min() == field.max() == 0.5 and len(np.unique(tinted(field).reshape(-1, 3), axis=0)) == 1


def test_points_lie_where_the_plane_says():
    found = pixels(np.array([[0.0, 0.0], [-2.0, 2.0], [1.0, 1.0], [9.0, 0.0]]), 2.5, 500)
    assert found.tolist() == [[250, 250], [50, 50], [350, 150]]


@pytest.mark.parametrize("mixture", [two_bumps(), ring()], ids=lambda mixture: mixture.name)
def test_a_film_of_two_arms(mixture):
    arms = [train_arm(recipe, mixture, Budget(images=1_280), 0, Line(None)) for recipe in (gan(), wgan_gp())]
    real = mixture.sample(50, torch.Generator().manual_seed(0)).numpy()
    frames, durations = draw_film(arms, real)
    assert len(frames) == len(durations) == max(len(arm.frames) for arm in arms)
    assert frames[0].height > SIDE + HEAD and len({frame.size for frame in frames}) == 1
    away = np.abs(np.asarray(frames[-1])[HEAD:].astype(int) - FAKE).sum(axis=2)
    assert (away < 60).sum() > 20  # generated points are seen
    assert draw_weights(arms).width == frames[0].width
