"""The games of pictures from pictures: who sees what, which graph is kept, what the pools give back."""

import pytest
import torch
from torch import nn

from mien.batch import Batch
from mien.games.paired import PairedGame
from mien.games.unpaired import UnpairedGame
from mien.losses.adversarial import Adversarial, LeastSquares


class Scale(nn.Module):
    """A generator that multiplies; counts its passes."""

    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(float(factor)))
        self.passes = 0

    def forward(self, source):
        self.passes += 1
        return source * self.factor


class Sum(nn.Module):
    """A discriminator of two patches: the sum of each half of the image, less what the source sums to."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.0))

    def forward(self, image, condition=None):
        halves = self.gain * image.flatten(1).unflatten(1, (2, -1)).sum(2)
        return halves if condition is None else halves - condition.flatten(1).sum(1, keepdim=True)


def batch(seed=0, count=2):
    torch.manual_seed(seed)
    return Batch(torch.rand(count, 1, 2, 2), source=torch.rand(count, 1, 2, 2))


def frozen(game):
    """As the players leave its networks outside of their own turns."""
    for module in [*game.generators.values(), *game.discriminators.values()]:
        module.requires_grad_(False)
    return game


# --- paired -----------------------------------------------------------------------------------------------------------


def test_paired_the_generator_answers_the_fakes_that_were_judged():
    generator, discriminator = Scale(3), Sum()
    game, given = frozen(PairedGame(generator, discriminator)), batch()
    judged = game.discriminator_turn(given)
    (match,) = judged.matches
    assert not match.fake.requires_grad and not generator.factor.requires_grad
    assert match.condition is given.source and match.real is given.image
    torch.testing.assert_close(match.fake, 3 * given.source)
    answered = game.generator_turn(given)
    assert answered.views["fake"].requires_grad and torch.equal(answered.views["fake"], match.fake)
    assert answered.views["source"] is given.source and answered.views["target"] is given.image
    assert generator.passes == 1
    game.generator_turn(given)
    assert generator.passes == 2  # no fakes were kept: its own


def test_paired_patches_are_judged_each_by_itself():
    game, given = PairedGame(Scale(0), Sum()), batch()
    turn = game.discriminator_turn(given)
    values = Adversarial(loss=LeastSquares(), side="discriminator")(turn)
    sources = given.source.sum((1, 2, 3))
    halves = given.image.sum(3)[:, 0]  # a row of pixels is half of the picture
    by_hand = 0.5 * ((halves - sources[:, None] - 1) ** 2 + sources[:, None] ** 2)
    torch.testing.assert_close(values, by_hand)
    assert values.shape == (2, 2)


def test_paired_without_a_discriminator_there_is_no_match():
    game, given = PairedGame(Scale(2)), batch()
    turn = game.generator_turn(given)
    assert turn.matches == [] and game.discriminators == {} and list(turn.views) == ["source", "fake", "target"]


def test_paired_grids_show_source_result_and_target():
    game, given = PairedGame(Scale(0)), batch()
    shown = game.show({"G": Scale(2)}, given)
    assert torch.equal(shown, torch.cat([given.source, 2 * given.source, given.image], 3))


# --- unpaired ---------------------------------------------------------------------------------------------------------


def test_unpaired_views_and_matches():
    ab, ba = Scale(2), Scale(5)
    d_a, d_b = Sum(), Sum()
    game, given = frozen(UnpairedGame(ab, ba, d_a, d_b)), batch()
    judged = game.discriminator_turn(given)
    a, b = given.source, given.image
    assert [match.discriminator for match in judged.matches] == [d_a, d_b]
    assert [match.condition for match in judged.matches] == [None, None]
    assert torch.equal(judged.matches[0].real, a) and torch.equal(judged.matches[1].real, b)
    torch.testing.assert_close(judged.matches[0].fake, 5 * b)  # the pools are empty yet: what is shown is new
    torch.testing.assert_close(judged.matches[1].fake, 2 * a)
    assert not any(match.fake.requires_grad for match in judged.matches)
    views = game.generator_turn(given).views
    expected = {"real_a": a, "real_b": b, "fake_a": 5 * b, "fake_b": 2 * a, "cycle_a": 10 * a, "cycle_b": 10 * b}
    expected |= {"same_a": 5 * a, "same_b": 2 * b}
    assert views.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(views[name], value)
    assert (ab.passes, ba.passes) == (3, 3)


def test_unpaired_grids_show_the_round_trip_from_either_side():
    given = batch()
    shown = UnpairedGame(Scale(1), Scale(1), Sum(), Sum()).show({"G_AB": Scale(2), "G_BA": Scale(5)}, given)
    rows = [torch.cat([x, first * x, 10 * x], 3) for x, first in ((given.source, 2), (given.image, 5))]
    torch.testing.assert_close(shown, torch.cat(rows))


# --- pools ------------------------------------------------------------------------------------------------------------


def numbered(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)[:, None, None, None].expand(-1, 1, 2, 2)


def values(tensor):
    return [int(value) for value in tensor[:, 0, 0, 0]]


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def game(pool):
    return UnpairedGame(Scale(1), Scale(1), Sum(), Sum(), pool=pool)


def test_a_pool_fills_then_answers_half_of_the_time_from_the_past():
    one, seen, chance = game(pool=10), [], draws()
    for number in range(1000):
        seen += values(one.pooled("pool_a", numbered(number), chance))
    assert seen[:10] == list(range(10))
    assert values(one.memory["pool_a"]) != list(range(10)) and one.memory["pool_a"].shape == (10, 1, 2, 2)
    fresh = sum(number == shown for number, shown in enumerate(seen[10:], 10))
    assert 440 < fresh < 550  # of 990 with probability 1/2: over 3 standard deviations
    assert len(set(seen[10:])) == 990  # what was shown from the pool has left it
    assert set(seen) | set(values(one.memory["pool_a"])) == set(range(1000))  # and nothing is lost


def test_a_pools_answers_follow_from_the_draws_and_what_it_holds():
    def shown(pool):
        return values(pool.pooled("pool_a", numbered(*range(100, 120)), draws(7)))

    one, other = game(5), game(5)
    one.pooled("pool_a", numbered(*range(5)), draws())
    other.memory["pool_a"] = one.memory["pool_a"].clone()
    assert shown(one) == shown(other) and torch.equal(one.memory["pool_a"], other.memory["pool_a"])


def test_no_pool():
    fakes = numbered(1, 2)
    one = game(0)
    assert one.pooled("pool_a", fakes, draws()) is fakes and one.memory == {}


@pytest.mark.parametrize("pool", [1, 3])
def test_a_batch_larger_than_the_pool(pool):
    assert game(pool).pooled("pool_b", numbered(*range(8)), draws()).shape == (8, 1, 2, 2)
