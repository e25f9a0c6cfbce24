"""The recipes of StyleGAN2: the numbers of the papers, a few rounds, and sizes that are refused."""

import math

import pytest
import torch

from mien import recipes
from mien.batch import Batch
from mien.errors import UsageError
from mien.games.style import StyleGame
from mien.losses.adversarial import NonSaturating
from mien.losses.path_length import MEAN, PathLength
from mien.losses.penalties import R1
from mien.training.loop import train

TINY = ("latent_dim=6", "w_dim=6", "width=1", "most=8")
CHANGES = (*(f"generator.{change}" for change in TINY), "discriminator.width=1", "discriminator.most=8")
NAMES = ["stylegan2", "stylegan2-paper256", "stylegan2-laptop"]


@pytest.mark.parametrize(
    ("name", "size", "batch", "gamma", "mapping_layers", "half_life"),
    [
        ("stylegan2", 64, 32, 0.0256, 2, 10_000),
        ("stylegan2-paper256", 256, 64, 1.0, 8, 20_000),
        ("stylegan2-laptop", 64, 16, 0.0512, 2, 2_000),
    ],
)
def test_numbers_as_published(name, size, batch, gamma, mapping_layers, half_life):
    recipe = recipes.find(name)
    assert recipe.resolution == (size, size) and recipe.batch_size == batch and recipe.ema.half_life == half_life
    assert recipe.loss == NonSaturating() and recipe.game.of is StyleGame and recipe.game.arguments == {"mixing": 0.9}
    assert recipe.discriminator.terms == {"r1": R1(weight=pytest.approx(gamma), every=16)}
    assert recipe.generator.terms == {"path_length": PathLength(weight=2.0, every=4)}
    assert recipe.generator.network.arguments["mapping_layers"] == mapping_layers
    for optimizer, c in ((recipe.discriminator.optimizer, 16 / 17), (recipe.generator.optimizer, 4 / 5)):
        assert (optimizer.lr, optimizer.beta1) == (pytest.approx(0.0025 * c), 0.0)
        assert optimizer.beta2 == pytest.approx(math.exp(c * math.log(0.99)))
    assert recipe.discriminator.network.complete()["group"] == (8 if name == "stylegan2-paper256" else 4)
    assert "Sizes: " in recipes.known()[name].__doc__


def trained(name, rounds, *changes):
    """-> the training after `rounds` rounds of 4 pictures of noise, its weights before, and the last statistics."""
    recipe = recipes.find(name).override((*CHANGES, "resolution=16x16", "batch_size=4", *changes))
    training = recipe.build(torch.device("cpu"), seed=0)
    before = {key: part.detach().clone() for key, part in parameters(training).items()}
    random = torch.Generator().manual_seed(0)

    def batches(images, player):
        while True:
            image = torch.rand(4, 3, 16, 16, generator=random) * 2 - 1
            yield Batch(image, seed=int(torch.randint(1 << 30, (), generator=random)))

    seen = {}
    for progress in train(training.players, batches, 4, training.ema, 4 * rounds):
        seen |= progress.statistics
    return training, before, seen


def parameters(training):
    return {
        f"{key}.{name}": part for key, module in training.networks.items() for name, part in module.named_parameters()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_few_rounds_train_every_weight(name):
    training, before, seen = trained(name, 3)
    assert [key for key, part in parameters(training).items() if torch.equal(part, before[key])] == []
    assert not training.wrong() and all(math.isfinite(value) for value in seen.values())
    assert {"discriminator/r1", "generator/path_length", "path length", "D(real)"} <= seen.keys()
    assert training.networks["G"].w_mean.abs().max() > 0
    assert training.tensors()["memory"].keys() == {MEAN}
    averaged = training.ema.modules["G"]
    assert torch.equal(averaged.levels[1].layers[0].noise, training.networks["G"].levels[1].layers[0].noise)


def test_the_path_length_is_due_each_fourth_step_and_its_mean_moves_then():
    means = [trained("stylegan2-laptop", rounds)[0].game.memory[MEAN].item() for rounds in (1, 4, 5)]
    assert means[0] == means[1] != means[2]


def test_a_critic_learns_to_tell_noise_from_drawings():
    _, _, seen = trained("stylegan2-laptop", 12, "generator.optimizer.lr=0")
    assert seen["D(real)"] > seen["D(fake)"]


@pytest.mark.parametrize("name", NAMES)
def test_a_size_that_cannot_be(name):
    with pytest.raises(UsageError, match=r"--resolution 100: .* try 96$"):
        recipes.find(name).override((*CHANGES, "resolution=100x100")).build(torch.device("cpu"))
