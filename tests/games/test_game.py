"""What every game has: it builds its own networks, as many as it likes, and says what it takes."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from mien import recipes
from mien.batch import Batch
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.games.game import Networks
from mien.games.noise import NoiseGame
from mien.games.paired import PairedGame
from mien.games.unpaired import UnpairedGame

TINY = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4", "resolution=16x16")


class TwoJudges(NoiseGame):
    """One generator against two discriminators, the second half as wide."""

    @classmethod
    def build(cls, networks, **options):
        game = cls(networks.generator(), networks.discriminator(), **options)
        game.discriminators["D_narrow"] = networks.discriminator(width=2)
        return game


class Closed(NoiseGame):
    accepts = frozenset()

    def __init__(self, generator, discriminator):
        super().__init__(generator, discriminator)


class Built(torch.nn.Linear):
    def __init__(self, order, side):
        super().__init__(1, 1)
        order.append(side)


@pytest.mark.parametrize("game, order", [(PairedGame, "GD"), (UnpairedGame, "GGDD"), (NoiseGame, "GD")])
def test_generators_come_first(game, order, monkeypatch):
    """Which random numbers a network begins with depends on the order in which networks are built."""
    monkeypatch.setattr(Built, "latent_dim", 1, raising=False)
    built = []
    made = game.build(Networks(partial(Built, built, "G"), partial(Built, built, "D")))
    assert "".join(built) == order
    assert (len(made.generators), len(made.discriminators)) == (order.count("G"), order.count("D"))


def test_one_generator_against_two_discriminators():
    recipe = replace(recipes.find("dcgan").override(TINY), game=Spec(TwoJudges), batch_size=4)
    training = recipe.build(torch.device("cpu"))
    widths = {name: one.layers[0].weight.shape[0] for name, one in training.game.discriminators.items()}
    assert widths == {"D": 4, "D_narrow": 2}
    batches = iter(Batch(torch.rand(4, 3, 16, 16) * 2 - 1, seed=seed) for seed in range(9))
    before = {
        name: one.state_dict()["layers.0.weight"].clone() for name, one in training.networks.items() if "D" in name
    }
    statistics = {}
    for player in training.players:
        statistics |= player.update(batches, 0)
    assert all(not torch.equal(before[name], training.networks[name].layers[0].weight) for name in before)
    game = training.game
    turn = game.generator_turn(next(batches))
    assert [match.discriminator for match in turn.matches] == list(game.discriminators.values())
    both = torch.stack([recipe.loss.generator(None, match.fake_logits) for match in turn.matches])
    torch.testing.assert_close(training.players[1].terms["loss"](turn), both.mean(0))
    assert statistics["D(real)"].isfinite()


def test_what_a_game_does_not_take_is_one_line():
    closed = replace(recipes.find("dcgan"), game=Spec(Closed))
    assert not closed.accepts("augment")
    with pytest.raises(UsageError, match="mode_seeking needs paired_labels, which Closed does not take"):
        closed.override(("mode_seeking.weight=0.1",))
    with pytest.raises(UsageError, match="discriminator=none: this recipe's game needs a discriminator"):
        recipes.find("dcgan").override((*TINY, "discriminator=none")).build_game()
    with pytest.raises(UsageError, match=r"Linear is not a game: derive it from mien\.games\.game\.Game"):
        replace(closed, game=Spec(torch.nn.Linear))
