"""What a direction changes, from readings whose shares are known."""

import numpy as np
import pytest
import torch
from fake_run import make_run

from mien.inference.generator import load
from mien.inference.latents.direction_labels import Change, changes, most
from mien.inference.latents.synthesis import w_of
from mien.metrics.modes import AttributeClassifier, AttributeDistribution

HAIR = AttributeDistribution("hair", ("red", "blue", "green"), (0.4, 0.3, 0.3), accuracy=0.99)
HAT = AttributeDistribution("hat", ("without", "with"), (0.5, 0.5), accuracy=0.96)
MOOD = AttributeDistribution("mood", ("calm", "angry"), (0.5, 0.5), accuracy=0.4)
READER = AttributeClassifier((HAIR, HAT, MOOD), torch.zeros(1, 7))


def test_the_attribute_that_changes_most_is_told_if_it_can_be_read():
    left = torch.tensor([[0, 0, 0], [0, 0, 0], [1, 1, 0], [2, 0, 0]])
    right = torch.tensor([[1, 1, 1], [1, 0, 1], [1, 1, 1], [2, 0, 1]])
    assert most(left, right, READER) == Change("hair", 0.5, "red", "blue")  # the mood changes wholly, but is misread
    assert str(most(right, left, READER)) == "hair 50% (blue to red)"


def test_each_direction_is_read_on_both_sides(tmp_path):
    """A classifier of bright and dark: a direction that brightens pictures, and its opposite."""
    generator = load(make_run(tmp_path))

    usual = np.median(generator.pixels(range(200)).mean((1, 2, 3)))

    class Light(AttributeClassifier):
        def __call__(self, pixels):
            return torch.from_numpy((pixels.mean((1, 2, 3)) > usual).astype(int))[:, None]

    light = AttributeDistribution("light", ("dark", "bright"), (0.5, 0.5), accuracy=1.0)
    w = w_of(generator, range(200)).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(generator.synthesis(w).mean(), w)
    way = gradient.mean(0) / gradient.mean(0).norm()
    up, down = changes(generator, torch.stack([way, -way]), Light((light,), torch.zeros(1, 2)))
    assert (up.before, up.after) == ("dark", "bright") and up.share > 0.2
    assert (down.before, down.after) == ("bright", "dark") and down.share == pytest.approx(up.share)
