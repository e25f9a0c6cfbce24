"""Style mixing, and what the game shows to its terms."""

import pytest
import torch
from torch import nn

from mien.batch import Batch
from mien.games.style import StyleGame


class Styled(nn.Module):
    """w is z for each of five layers, so that a style tells which latent it is from."""

    latent_dim, num_ws = 6, 5

    def __init__(self):
        super().__init__()
        self.linear, self.one, self.labels = nn.Linear(30, 48), nn.Parameter(torch.ones(())), []

    def mapping(self, z, label=None):
        self.labels.append(label)
        return (z * self.one)[:, None].expand(-1, self.num_ws, -1)

    def synthesis(self, w):
        return self.linear(w.flatten(1)).view(-1, 3, 4, 4)


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(48, 1)

    def forward(self, image, condition=None):
        return self.linear(image.flatten(1)).flatten()


def game(**settings):
    torch.manual_seed(0)
    return StyleGame(Styled(), Judge(), **settings)


def batch(count=5):
    return Batch(torch.zeros(count, 3, 4, 4))


def crossovers(turn):
    """For each picture the layer from which on its styles are not those of "z": 5 where all are."""
    own = (turn.views["w"] == turn.views["z"][:, None]).all(2)
    assert all(row.tolist() == sorted(row.tolist(), reverse=True) for row in own)  # first one, then the other
    return own.sum(1).tolist()


def test_paired_labels_are_one_label_and_each_its_own_styles():
    played, label = game(paired_labels=True), torch.eye(3)[[0, 1, 2, 2, 1]]
    turn = played.generator_turn(Batch(torch.zeros(5, 3, 4, 4), label))
    asked = torch.eye(3)[[0, 1, 0, 1, 1]]
    assert torch.equal(turn.matches[0].requested, asked) and torch.equal(played.generator.labels[0], asked.repeat(2, 1))
    assert len(turn.views["z"].unique(dim=0)) == 5


def test_each_crossover_is_drawn_and_equally_often():
    found = crossovers(game(mixing=1.0).generator_turn(batch(2000)))
    counts = [found.count(layer) for layer in range(6)]
    assert counts[0] == counts[5] == 0
    assert all(count == pytest.approx(500, abs=80) for count in counts[1:5])


def test_the_second_latent_is_one_of_its_own_for_each_picture():
    w = game(mixing=1.0).generator_turn(batch(50)).views["w"]
    assert len({tuple(row) for row in w[:, -1].tolist()}) == len({tuple(row) for row in w[:, 0].tolist()}) == 50
    assert not {tuple(row) for row in w[:, -1].tolist()} & {tuple(row) for row in w[:, 0].tolist()}


def test_nine_of_ten_are_mixed_and_none_without_mixing():
    found = crossovers(game().generator_turn(batch(2000)))
    assert found.count(5) == pytest.approx(200, abs=50)
    assert set(crossovers(game(mixing=0.0).generator_turn(batch(50)))) == {5}


def test_views_carry_the_graph_from_w_to_the_picture():
    played = game()
    turn = played.generator_turn(batch())
    (match,) = turn.matches
    assert turn.views["fake"] is match.fake and turn.views["z"].shape == (5, 6)
    assert torch.equal(match.fake, played.generator.synthesis(turn.views["w"]))
    (gradient,) = torch.autograd.grad(match.fake.sum(), turn.views["w"])
    torch.testing.assert_close(gradient, played.generator.linear.weight.sum(0).view(5, 6).expand(5, 5, 6))
    assert turn.memory is played.memory


@pytest.mark.parametrize("reuse_fakes", [False, True])
def test_the_discriminators_turn_carries_no_graph(reuse_fakes):
    played = game(reuse_fakes=reuse_fakes)
    (match,) = played.discriminator_turn(batch()).matches
    assert match.fake.grad_fn is None
    (answered,) = played.generator_turn(batch()).matches
    assert answered.fake.grad_fn is not None and torch.equal(answered.fake, match.fake) == reuse_fakes


def test_both_latents_of_a_picture_get_its_label():
    played, label = game(), torch.eye(5)
    (match,) = played.generator_turn(Batch(torch.zeros(5, 3, 4, 4), label)).matches
    assert match.condition is label
    assert torch.equal(played.generator.labels[0], torch.cat([label, label]))


def test_the_augmentation_is_asked_for():
    played = StyleGame(Styled(), Judge(), augment=lambda batch, memory: lambda image: image + batch.images)
    seen = Batch(torch.zeros(5, 3, 4, 4), images=3)
    (match,) = played.discriminator_turn(seen).matches
    assert torch.equal(match.real_logits, played.discriminators["D"](seen.image + 3))
