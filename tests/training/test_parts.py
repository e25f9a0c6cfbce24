"""An update in parts is the update of the whole batch."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from mien import recipes
from mien.augmentation.ada import ADA
from mien.batch import Batch, Match, Turn
from mien.losses.path_length import MEAN
from mien.losses.term import Term
from mien.training.loop import train
from mien.training.optimizer import Adam
from mien.training.parts import batch_statistics, in_parts
from mien.training.player import Player

STYLE = (
    *("generator.width=1", "generator.most=8", "generator.latent_dim=8", "generator.w_dim=8"),
    *("discriminator.width=1", "discriminator.most=8", "augment.length=200"),
)


@dataclass(frozen=True, kw_only=True)
class Squares(Term):
    """Of the logits, less a running mean of them."""

    def __call__(self, turn):
        logits = turn.matches[0].real_logits
        mean = turn.memory.get("mean", torch.zeros((), dtype=logits.dtype))
        turn.memory["mean"] = mean.lerp(logits.detach().mean(), 0.5)
        return (logits - mean).square()

    def statistics(self, turn):
        return {"mean": turn.memory["mean"]}


@dataclass(frozen=True, kw_only=True)
class Sum(Term):
    """Of each picture's logit alone."""

    def __call__(self, turn):
        return turn.matches[0].fake_logits.exp()


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.arange(12.0) / 12)

    def forward(self, image, condition=None):
        return (image.flatten(1) * self.weight).sum(1)


def player(parts):
    network, memory = Line().double(), {}

    def turn(batch):
        return Turn([Match(network, batch.image, batch.image)], memory=memory)

    return Player(
        "D",
        {"D": network},
        turn,
        {"squares": Squares(weight=3.0, every=2), "sum": Sum()},
        Adam(0.1),
        parts=parts,
        memory=memory,
    )


def batches(count, size=8):
    for number in range(count):
        image = torch.rand(size, 3, 2, 2, generator=torch.Generator().manual_seed(number)).double()
        yield Batch(image, label=torch.arange(size), seed=number * 100, images=number * size)


@pytest.mark.parametrize("parts", [2, 3, 4, 8])
def test_gradients_memory_and_statistics_are_those_of_the_whole(parts):
    whole, divided = player(1), player(parts)
    for one, other in zip(batches(5), batches(5)):
        expected, found = (side.update(iter([batch]), 0) for side, batch in ((whole, one), (divided, other)))
        assert expected.keys() == found.keys()
        if parts != 3:  # equal parts: a mean of means is the mean
            assert torch.allclose(whole.memory["mean"], divided.memory["mean"], atol=1e-12)
            for name in (name for name in expected if not name.endswith("_spread")):  # a spread is that within a part
                near = 1e-5 if "/logits/" in name else 1e-9
                assert torch.allclose(expected[name], found[name], atol=near), name
            assert torch.allclose(whole.parameters[0].grad, divided.parameters[0].grad, atol=1e-9)
    assert (whole.steps, divided.steps) == (5, 5)
    assert torch.allclose(whole.parameters[0], divided.parameters[0], atol=1e-2 if parts == 3 else 1e-9)


def test_a_single_part_is_the_batch_itself():
    (batch,) = batches(1)
    assert list(in_parts(batch, 1, {})) == [batch] and batch.split(1)[0] is batch


def test_parts_share_nothing_and_leave_nothing_out():
    (batch,) = batches(1, size=7)
    batch = replace(batch, image=batch.image.to(memory_format=torch.channels_last))
    parts = batch.split(3)
    assert [len(part.image) for part in parts] == [3, 2, 2]
    assert torch.equal(torch.cat([part.image for part in parts]), batch.image)
    assert torch.cat([part.label for part in parts]).tolist() == list(range(7))
    assert [(part.part, part.parts, part.seed) for part in parts] == [(0, 3, 0), (1, 3, 1), (2, 3, 2)]
    assert all(part.image.is_contiguous(memory_format=torch.channels_last) for part in parts)
    assert batch.split(2)[1].source is None


def advance(recipe, rounds):
    training = recipe.build(torch.device("cpu"))

    def stream(images, purpose):
        while True:
            image = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(images)) * 2 - 1
            yield Batch(image, source=image.flip(0), seed=images + len(purpose), images=images)
            images += 8

    for progress in train(training.players, stream, 8, training.ema, 8 * rounds):
        training.images = progress.images
    return training


def test_ada_and_the_path_length_count_updates_and_not_parts():
    base = recipes.find("stylegan2-laptop").override(STYLE[:-1]).replace(resolution=(16, 16), augment=ADA(length=400))
    whole, divided = (advance(replace(base, parts=parts), 9).game.memory for parts in (1, 4))
    assert whole.keys() == divided.keys() and MEAN in whole
    assert whole["ada/steps"] == divided["ada/steps"] == 1
    step = 4 * 8 / 400  # p moves by this after each 4 updates, up or down
    moves = divided["ada/p"].item() / step
    assert moves == pytest.approx(round(moves), abs=1e-5) and 0 < round(moves) <= 2
    assert whole["ada/p"] > 0
    assert divided[MEAN].item() == pytest.approx(whole[MEAN].item(), rel=0.3)


def test_pools_go_from_part_to_part():
    tiny = ("generator.width=1", "generator.blocks=1", "discriminator.width=1", "game.pool=12", "batch_size=8")
    base = recipes.find("cyclegan").override(tiny).replace(resolution=(16, 16))
    training = advance(replace(base, parts=2), 1)
    assert len(training.game.memory["pool_a"]) == 8
    assert len(training.game.memory["pool_a"].flatten(1).unique(dim=0)) == 8
    assert len(advance(replace(base, parts=4), 2).game.memory["pool_b"]) == 12


@pytest.mark.parametrize("name", ["dcgan", "pix2pix", "cyclegan"])
def test_no_graph_is_kept_from_one_side_to_the_other(name):
    """The graphs of all parts would need the memory that parts are there to spare."""
    tiny = ("generator.width=1", "discriminator.width=1") + (("generator.blocks=1",) if name == "cyclegan" else ())
    recipe = (
        recipes.find(name).override((*tiny, "parts=2")).replace(resolution=(64, 64) if name == "pix2pix" else (16, 16))
    )
    game = recipe.build_game()
    side = recipe.resolution[0]
    image = torch.rand(4, 3, side, side)
    game.discriminator_turn(Batch(image, source=image))
    assert game.kept is not None
    for part in Batch(image, source=image).split(2):
        turn = game.discriminator_turn(part)
        assert game.kept is None and not any(match.fake.requires_grad for match in turn.matches)


def test_what_sees_a_part_only_is_named():
    dcgan = recipes.find("dcgan").override(("generator.width=4", "discriminator.width=4")).build_game()
    style = recipes.find("stylegan2-laptop").override(STYLE[:-1]).replace(resolution=(16, 16)).build_game()
    assert batch_statistics([*dcgan.generators.values()], 8) == "batch norm"
    judges = [*style.discriminators.values()]
    assert (batch_statistics(judges, 4), batch_statistics(judges, 2)) == ("", "minibatch standard deviation")
