"""Inception Score on cases whose value is known."""

import math

import pytest
import torch

from mien.metrics.inception_score import InceptionScore, score

NOTHING = torch.empty(0)


def test_sure_of_every_class_alike_is_the_number_of_classes():
    assert score(torch.eye(4) * 200) == pytest.approx(4.0)


def test_the_same_answer_for_all_is_one():
    assert score(torch.tensor([[0.3, -1.0, 2.0]]).repeat(5, 1)) == pytest.approx(1.0)


def test_by_hand():
    """p = (3/4, 1/4) and (1/4, 3/4), mean (1/2, 1/2): KL = 3/4 log 3/2 + 1/4 log 1/2 each."""
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, math.log(3.0)]])
    assert score(logits) == pytest.approx(math.exp(0.75 * math.log(1.5) + 0.25 * math.log(0.5)))


def test_splits():
    logits = torch.randn(25, 6, generator=torch.Generator().manual_seed(0))
    found = InceptionScore(splits=2).scores(NOTHING, logits)["is"]
    assert found.std > 0 and found.settings == "2 splits, seed 2020"
    assert InceptionScore(splits=1).scores(NOTHING, logits)["is"].value == pytest.approx(score(logits), rel=1e-6)
    assert InceptionScore().scores(NOTHING, logits[:3])["is"].value == pytest.approx(1.0)  # a split of one picture
