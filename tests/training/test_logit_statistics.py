"""The statistics of logits, against numbers computed by hand, and their place in a player's step."""

import pytest
import torch
from torch import nn

from mien.batch import Batch, Match, Turn
from mien.losses.adversarial import Adversarial, NonSaturating
from mien.training.logit_statistics import logit_statistics
from mien.training.optimizer import Adam
from mien.training.player import GRADIENTS_EVERY, Player


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.calls = 0

    def forward(self, image, condition=None):
        self.calls += 1
        return self.scale * image.sum((1, 2, 3))


def images(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(-1, 1, 1, 1)


def test_mean_spread_and_saturation():
    match = Match(Sum(), real=images(1, 3, 8, 8), fake=images(-7, -1))
    assert (len(match.real_logits), len(match.fake_logits)) == (4, 2)
    found = {name: value.item() for name, value in logit_statistics(Turn([match]), "discriminator").items()}
    assert found == pytest.approx(
        {
            "discriminator/logits/real": 5,
            "discriminator/logits/real_spread": (38 / 4) ** 0.5,  # 16 + 4 + 9 + 9
            "discriminator/logits/real_saturated": 0.5,
            "discriminator/logits/fake": -4,
            "discriminator/logits/fake_spread": 3,
            "discriminator/logits/fake_saturated": 0.5,
        }
    )


def test_logits_that_nobody_needed_are_not_computed():
    network = Sum()
    match = Match(network, real=images(1), fake=images(2))
    assert logit_statistics(Turn([match]), "generator") == {}
    match.fake_logits  # noqa: B018
    assert list(logit_statistics(Turn([match]), "generator")) == [
        f"generator/logits/fake{part}" for part in ("", "_spread", "_saturated")
    ]
    assert network.calls == 1


def test_logits_of_several_matches_and_patches_count_alike():
    one, two = Match(Sum(), images(1), images(0)), Match(Sum(), images(5), images(0))
    one.real_logits, two.real_logits = torch.tensor([[1.0, 3.0]]), torch.tensor([[5.0]])
    assert logit_statistics(Turn([one, two]), "d")["d/logits/real"].item() == 3


def test_a_player_logs_them_as_often_as_its_gradients():
    network = Sum()
    player = Player(
        "discriminator",
        {"D": network},
        lambda batch: Turn([Match(network, batch.image, -batch.image)]),
        {"loss": Adversarial(loss=NonSaturating(), side="discriminator")},
        Adam(lr=0.0),
    )
    logged = [player.update(iter([Batch(images(2, 4))]), 0) for _ in range(GRADIENTS_EVERY + 1)]
    has = ["discriminator/logits/real" in one for one in logged]
    assert has == [True, *[False] * (GRADIENTS_EVERY - 1), True]
    assert logged[0]["discriminator/logits/real"].item() == pytest.approx(3)
