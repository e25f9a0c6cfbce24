"""Latents are drawn bit by bit as their seeds are, whatever else is drawn beside them."""

import numpy as np
import pytest
import torch
from fake_run import make_run
from stacked import LAYERS, WIDTH, stacked_run

from mien.inference.generator import load
from mien.inference.latents.synthesis import has_layers, images_of, w_of


@pytest.mark.parametrize("make", [make_run, stacked_run])
def test_a_latent_draws_the_very_picture_of_its_seed(tmp_path, make):
    generator = load(make(tmp_path))
    seeds = [5, 0, *range(100, 170)]
    expected = generator.pixels(seeds, 0.7)
    assert np.array_equal(images_of(generator, w_of(generator, seeds, 0.7)), expected)
    assert np.array_equal(images_of(generator, w_of(generator, [169], 0.7)), expected[-1:])


def test_which_generators_have_layers(tmp_path):
    plain, stacked = load(make_run(tmp_path)), load(stacked_run(tmp_path))
    assert not has_layers(plain) and w_of(plain, [0, 1]).shape == (2, 100)
    assert has_layers(stacked) and w_of(stacked, [0, 1]).shape == (2, LAYERS, WIDTH)
    assert torch.equal(w_of(plain, [7]), plain.latents([7]))
