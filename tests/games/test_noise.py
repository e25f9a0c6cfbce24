import pytest
import torch
from torch import nn

from mien.batch import Batch, Match
from mien.games.noise import NoiseGame


class LinearG(nn.Module):
    latent_dim = 6

    def __init__(self):
        super().__init__()
        self.linear, self.passes, self.labels = nn.Linear(6, 48), 0, []

    def forward(self, z, label=None):
        self.passes += 1
        self.labels.append(label)
        return torch.tanh(self.linear(z)).view(-1, 3, 4, 4)


class LinearD(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(48, 1)

    def forward(self, image, condition=None):
        return self.linear(image.flatten(1)).flatten()


def game(reuse_fakes):
    """Networks frozen, as a player leaves them outside of its own turn."""
    torch.manual_seed(0)
    played = NoiseGame(LinearG(), LinearD(), reuse_fakes)
    for module in (played.generator, played.discriminators["D"]):
        module.requires_grad_(False)
    return played


def batch():
    return Batch(torch.zeros(5, 3, 4, 4))


@pytest.mark.parametrize("reuse_fakes", [False, True])
def test_fakes_carry_no_generator_graph_in_the_discriminators_turn(reuse_fakes):
    played = game(reuse_fakes)
    played.discriminators["D"].requires_grad_(True)
    (match,) = played.discriminator_turn(batch()).matches
    assert match.fake.shape == (5, 3, 4, 4) and not match.fake.requires_grad and match.fake.grad_fn is None
    match.fake_logits.sum().backward()
    assert all(parameter.grad is not None for parameter in played.discriminators["D"].parameters())
    assert all(parameter.grad is None for parameter in played.generator.parameters())


@pytest.mark.parametrize("reuse_fakes", [False, True])
def test_the_generators_turn_keeps_its_graph(reuse_fakes):
    played = game(reuse_fakes)
    played.discriminator_turn(batch())
    played.generator.requires_grad_(True)
    (match,) = played.generator_turn(batch()).matches
    match.fake_logits.sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in played.generator.parameters())
    assert all(parameter.grad is None for parameter in played.discriminators["D"].parameters())


@pytest.mark.parametrize("reuse_fakes", [False, True])
def test_the_generator_is_as_frozen_after_the_discriminators_turn_as_before(reuse_fakes):
    played = game(reuse_fakes)
    played.discriminator_turn(batch())
    assert not any(parameter.requires_grad for parameter in played.generator.parameters())


def test_reused_fakes_are_the_same_with_the_same_gradients_as_drawn_again():
    played = game(reuse_fakes=True)
    torch.manual_seed(3)
    shown = played.discriminator_turn(batch())
    played.generator.requires_grad_(True)
    turn = played.generator_turn(batch())
    assert torch.equal(turn.matches[0].fake, shown.matches[0].fake) and played.generator.passes == 1
    turn.matches[0].fake_logits.sum().backward()
    reused = [parameter.grad.clone() for parameter in played.generator.parameters()]

    again = game(reuse_fakes=False)
    again.generator.requires_grad_(True)
    torch.manual_seed(3)
    (match,) = again.generator_turn(batch()).matches
    assert torch.equal(match.fake, shown.matches[0].fake)
    match.fake_logits.sum().backward()
    assert all(torch.equal(a, b.grad) for a, b in zip(reused, again.generator.parameters(), strict=True))


def test_reused_fakes_serve_one_turn_only():
    """A second turn of the generator without a discriminator's turn before it draws anew: its graph is used up."""
    played = game(reuse_fakes=True)
    played.discriminator_turn(batch())
    first, second = played.generator_turn(batch()), played.generator_turn(batch())
    assert not torch.equal(first.matches[0].fake, second.matches[0].fake)
    assert played.generator.passes == 2


def test_without_reuse_each_turn_draws_its_own_latents():
    played = game(reuse_fakes=False)
    first, second = played.discriminator_turn(batch()), played.generator_turn(batch())
    assert not torch.equal(first.views["z"], second.views["z"]) and played.generator.passes == 2


def test_the_label_reaches_generator_and_discriminator():
    played, label = game(reuse_fakes=False), torch.eye(5)
    (match,) = played.discriminator_turn(Batch(torch.zeros(5, 3, 4, 4), label)).matches
    assert match.condition is label and played.generator.labels == [label]


@pytest.mark.parametrize("reuse_fakes", [False, True])
def test_the_augmentation_of_a_batch_lies_before_the_discriminator_in_both_turns(reuse_fakes):
    asked = []

    def augment(batch, memory):
        asked.append((batch.images, memory))
        return lambda image: image + 1.0

    plain = game(reuse_fakes)
    played = NoiseGame(plain.generator, plain.discriminators["D"], reuse_fakes, augment)
    seen = Batch(torch.zeros(5, 3, 4, 4), images=640)
    for turn in (played.discriminator_turn(seen), played.generator_turn(seen)):
        (match,) = turn.matches
        assert torch.equal(match.real, seen.image)
        assert torch.equal(match.real_logits, played.discriminators["D"](seen.image + 1.0))
        assert torch.equal(match.fake_logits, played.discriminators["D"](match.fake + 1.0))
        assert turn.memory is played.memory
    assert asked == [(640, played.memory)] * (1 if reuse_fakes else 2)


def test_mismatched_pairs_are_real_images_under_the_next_label():
    plain = game(reuse_fakes=False)
    played = NoiseGame(plain.generator, plain.discriminators["D"], mismatch=0.5)
    label = torch.eye(3)[[0, 1, 1, 2, 0, 1]]
    label[1] = 0.0  # a picture without a label
    seen = Batch(torch.rand(6, 3, 4, 4), label)
    (match,) = played.discriminator_turn(seen).matches
    # Of the first three: 0 gets 5's label; 1 gets 0's; 2 would get 1's, which is none.
    real = [torch.equal(fake, image) for fake, image in zip(match.fake, seen.image)]
    assert real == [True, True, False, False, False, False]
    assert torch.equal(match.fake_condition, label[[5, 0, 2, 3, 4, 5]]) and match.condition is label
    (match,) = played.generator_turn(seen).matches
    assert match.requested is label and not any(map(torch.equal, match.fake, seen.image))


def test_paired_labels_are_those_of_the_first_half_and_differ_by_their_noise():
    plain = game(reuse_fakes=False)
    played = NoiseGame(plain.generator, plain.discriminators["D"], paired_labels=True)
    label = torch.eye(3)[[0, 1, 2, 2, 2]]
    (match,) = (turn := played.generator_turn(Batch(torch.rand(5, 3, 4, 4), label))).matches
    assert torch.equal(match.requested, torch.eye(3)[[0, 1, 0, 1, 2]]) and match.condition is label
    assert torch.equal(plain.generator.labels[-1], match.requested)
    assert not torch.equal(turn.views["z"][:2], turn.views["z"][2:4])
    (unasked,) = played.generator_turn(batch()).matches
    assert unasked.requested is None


def test_each_side_of_a_match_is_judged_under_its_own_condition():
    def judge(image, condition):
        return image.sum((1, 2, 3)) + condition[:, 0]

    one, other = torch.ones(2, 1), torch.full((2, 1), 5.0)
    match = Match(judge, torch.zeros(2, 1, 1, 1), torch.zeros(2, 1, 1, 1), one, fake_condition=other)
    assert match.real_logits.tolist() == [1, 1] and match.fake_logits.tolist() == [5, 5]
    assert match.logits(match.fake).tolist() == [1, 1]
