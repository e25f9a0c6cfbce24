import pytest
import torch

from mien import recipes
from mien.batch import Batch
from mien.losses.penalties import R1
from mien.losses.term import Term
from mien.training.loop import train


def training(seed=0):
    recipe = recipes.find("dcgan").override(("generator.width=4", "generator.latent_dim=8", "discriminator.width=4"))
    recipe = recipe.replace(resolution=(16, 16), batch_size=4, discriminator_terms={"r1": R1(every=2)})
    return recipe.build(torch.device("cpu"), seed)


def batches(images, purpose):
    while True:
        generator = torch.Generator().manual_seed(images)
        yield Batch(torch.rand(4, 3, 16, 16, generator=generator), seed=images + len(purpose))
        images += 4


def advance(state, total):
    for progress in train(state.players, batches, 4, state.ema, total, state.images):
        state.images = progress.images
        state.statistics.add(progress.statistics)


def flat(state):
    return {f"{group}/{name}": value.clone() for group, part in state.tensors().items() for name, value in part.items()}


def test_what_is_saved():
    state = training()
    advance(state, 12)
    assert list(state.tensors()) == [
        "G",
        "D",
        "G_ema",
        "discriminator_optimizer",
        "generator_optimizer",
        "statistics",
    ]
    numbers = state.numbers()
    counts = numbers["statistics"].items()
    looked_at = {name: count for name, count in counts if name.count("/") > 1}
    assert len(looked_at) > 9 and set(looked_at.values()) == {1}
    numbers["statistics"] = {name: count for name, count in numbers["statistics"].items() if name not in looked_at}
    assert numbers == {
        "images": 12,
        "steps": {"discriminator": 3, "generator": 3},
        "statistics": {
            "discriminator/loss": 3,
            "discriminator/r1": 2,
            "D(real)": 3,
            "D(fake)": 3,
            "generator/loss": 3,
            "D(fake) after": 3,
        },
    }


def test_loading_is_bitwise_and_so_is_what_follows():
    whole = training()
    advance(whole, 12)
    saved, numbers = {}, whole.numbers()
    for group, part in whole.tensors().items():
        saved[group] = {name: value.clone().contiguous() for name, value in part.items()}
    other = training(seed=5)
    other.load(saved, numbers)
    at_rest = flat(whole)
    assert all(torch.equal(at_rest[name], value) for name, value in flat(other).items()) and other.images == 12
    advance(whole, 40), advance(other, 40)
    expected, found = flat(whole), flat(other)
    assert expected.keys() == found.keys()
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert other.numbers() == whole.numbers()
    assert not torch.equal(at_rest["G/layers.0.weight"], expected["G/layers.0.weight"])


class Remembering(Term):
    """Keeps a running mean of D(real), as path length keeps its own."""

    def __call__(self, turn):
        (match,) = turn.matches
        mean = turn.memory.setdefault("mean", torch.zeros(()))
        turn.memory["mean"] = mean.lerp(match.real_logits.detach().mean(), 0.5)
        return (match.real_logits - turn.memory["mean"]).square()


def test_what_a_term_keeps_between_updates_is_saved_and_loaded():
    def fresh():
        state = training()
        state.players[0].terms["remembering"] = Remembering()
        return state

    whole, other = fresh(), fresh()
    advance(whole, 12)
    memory = whole.tensors()["memory"]
    assert list(memory) == ["mean"] and memory["mean"] != 0
    saved = {group: {name: value.clone() for name, value in part.items()} for group, part in whole.tensors().items()}
    other.load(saved, whole.numbers())
    assert torch.equal(other.game.memory["mean"], memory["mean"])
    advance(whole, 24), advance(other, 24)
    assert torch.equal(other.game.memory["mean"], whole.game.memory["mean"])
    assert whole.game.memory["mean"] != saved["memory"]["mean"]
    assert all(torch.equal(value, flat(other)[name]) for name, value in flat(whole).items())


PLACES = {
    "a weight of G": ("G", "layers.0.weight"),
    "a weight of D": ("D", "layers.5.weight"),
    "a batch norm's variance": ("D", "layers.3.running_var"),
    "a weight of the average": ("G_ema", "layers.3.weight"),
    "a batch norm's mean in the average": ("G_ema", "layers.1.running_mean"),
    "a first moment": ("generator_optimizer", "G.layers.0.weight/exp_avg"),
    "a second moment": ("discriminator_optimizer", "D.layers.0.weight/exp_avg_sq"),
    "a number in the game's memory": ("memory", "ada/p"),
    "a sum of losses": ("statistics", "discriminator/loss"),
}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("group, name", PLACES.values(), ids=PLACES)
def test_one_number_that_is_not_finite_is_found_wherever_it_is(group, name, value):
    state = training()
    state.game.memory["ada/p"] = torch.zeros(())
    advance(state, 12)
    assert state.wrong() == []
    part = state.tensors()[group][name]
    part[(-1,) * part.ndim] = value
    assert state.wrong() == [f"{group}/{name}"]


def test_the_losses_come_first_in_what_is_wrong():
    state = training()
    advance(state, 12)
    for group, name in (("D", "layers.0.weight"), ("statistics", "generator/loss")):
        part = state.tensors()[group][name]
        part[(0,) * part.ndim] = float("nan")
    assert state.wrong() == ["statistics/generator/loss", "D/layers.0.weight"]


def test_large_numbers_are_finite_and_masks_may_be_infinite():
    state = training()
    with torch.no_grad():
        next(state.networks["G"].parameters()).fill_(3e38)
    assert state.wrong() == []

    class Masked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mask", torch.full((2, 2), -float("inf")).triu(1))
            self.weight = torch.nn.Parameter(torch.ones(2))

    state.game.generators["G"].extra = masked = Masked()
    again = type(state)(state.game, state.players, state.ema)
    assert again.wrong() == []
    masked.weight.data[0] = float("nan")
    assert again.wrong() == ["G/extra.weight"]
