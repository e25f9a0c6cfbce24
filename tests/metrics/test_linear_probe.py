"""The linear probe: its optimum by hand, its accuracy against Bayes', and whether what it says of itself holds."""

import math

import numpy as np
import pytest
import torch

from mien.metrics.linear_probe import fit, learn, logits


def clouds(count, seed, spread=1.0):
    """Three clouds in 8 dimensions, two of which say which cloud it is. -> features [N,8], values [N]"""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(3, (count,), generator=generator)
    centres = torch.tensor([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    features = spread * torch.randn(count, 8, generator=generator)
    features[:, :2] += centres[values]
    return 5 * features + 100, values.numpy()  # any scale, any place


def test_the_optimum_has_no_gradient():
    """At the minimum, X^T (p - y) / N + strength W = 0 and the mean of p is the share of each value."""
    features, values = clouds(400, 0)
    truth = torch.from_numpy(values)
    probe = fit(features, truth, 3, 0.1)
    rows = (features - features.mean(0)) / features.std(0)
    wrong = logits(probe.weights, rows).softmax(1) - torch.nn.functional.one_hot(truth, 3)
    assert (rows.T @ wrong / 400 + 0.1 * probe.weights[:-1]).abs().max() < 1e-3
    assert wrong.mean(0).abs().max() < 1e-3


def test_held_out_accuracy_is_that_of_fresh_pictures():
    features, values = clouds(1500, 1, 1.3)
    told = values.copy()
    told[1000:] = -1  # nobody knows
    learned = learn(features, told, 3)
    fresh = (learned.probe(features[1000:]).argmax(1).numpy() == values[1000:]).mean()
    assert learned.accuracy == pytest.approx(fresh, abs=0.04) and 0.8 < fresh < 0.95
    assert learned.majority == pytest.approx(np.bincount(values[:1000]).max() / 1000, abs=1e-6)
    assert sorted(learned.rows.tolist()) == list(range(1000))
    again = learn(features, told, 3)
    assert torch.equal(again.probe.weights, learned.probe.weights)


def test_what_is_promised_of_sure_guesses_holds():
    features, values = clouds(3000, 2, 1.6)
    told = np.where(np.arange(3000) < 1200, values, -1)
    learned = learn(features, told, 3)
    assert learned.accuracy < 0.88
    for wanted in (0.9, 0.95):
        least = learned.sure_from(wanted)
        share, right = learned.when_sure(least)
        assert right >= wanted and 0.2 < share < 1
        most, guess = learned.probe(features[1200:]).max(1)
        sure = (most >= least).numpy()
        assert (guess.numpy() == values[1200:])[sure].mean() > wanted - 0.02
        assert sure.mean() == pytest.approx(share, abs=0.06)
    assert learned.sure_from(0.5) == 0 and learned.when_sure(0)[0] == 1


def test_nothing_is_sure_where_nothing_can_be_told():
    _, values = clouds(600, 3)
    learned = learn(torch.randn(600, 8, generator=torch.Generator().manual_seed(0)), values, 3)
    assert abs(learned.accuracy - 1 / 3) < 0.08
    assert learned.sure_from(0.9) == math.inf and learned.when_sure(math.inf)[0] == 0
