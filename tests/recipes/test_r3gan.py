"""R3GAN's recipes: the published numbers along their cosine, and a few rounds."""

import math

import pytest
import torch

from mien import recipes
from mien.batch import Batch
from mien.config.schedules import at
from mien.losses.adversarial import Relativistic
from mien.training.loop import train

# gamma, half-life of the moving average, p of the augmentation, decay in images, batch, size: start -> end
PUBLISHED = {
    "r3gan": ((2.0, 0.2), 500_000, 0.3, 20_000_000, 256, (64, 64)),
    "r3gan-ffhq256": ((150.0, 15.0), 500_000, 0.3, 20_000_000, 256, (256, 256)),
    "r3gan-cifar10": ((0.05, 0.005), 5_000_000, 0.55, 20_000_000, 512, (32, 32)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_numbers_as_published(name):
    gamma, half_life, p, decay, batch, size = PUBLISHED[name]
    recipe = recipes.find(name)
    assert recipe.loss == Relativistic() and (recipe.batch_size, recipe.resolution) == (batch, size)
    assert (recipe.augment.geometry, recipe.augment.color, recipe.augment.cutout) == (1.0, 0.5, 1.0)
    stages = 3 if name == "r3gan-cifar10" else 4  # in bfloat16
    assert (
        recipe.generator.network.arguments["bf16_stages"]
        == recipe.discriminator.network.arguments["bf16_stages"]
        == stages
    )
    adam = recipe.generator.optimizer
    assert recipe.discriminator.optimizer == adam and adam.beta1 == 0.0
    r1, r2 = recipe.discriminator.terms["r1"], recipe.discriminator.terms["r2"]
    assert r1.weight == r2.weight and r1.every == r2.every == 1 and not recipe.ema.ramp
    rows = [
        (2e-4, 0.9, gamma[0], 0.0, 0.0),
        (1.25e-4, 0.945, sum(gamma) / 2, half_life / 2, p / 2),
        (5e-5, 0.99, gamma[1], half_life, p),
        (5e-5, 0.99, gamma[1], half_life, p),
    ]
    for images, row in zip((0, decay // 2, decay, 2 * decay), rows, strict=True):
        numbers = (adam.lr, adam.beta2, r1.weight, recipe.ema.half_life, recipe.augment.p)
        assert [at(number, images) for number in numbers] == pytest.approx(row)


def test_the_laptops_falls_as_the_big_ones_do():
    recipe = recipes.find("r3gan-laptop")
    decays = {recipe.generator.optimizer.lr.images, recipe.discriminator.optimizer.beta2.images}
    assert decays == {recipe.ema.half_life.images} == {recipe.discriminator.terms["r2"].weight.images}
    assert (
        recipe.generator.network.arguments["bf16_stages"] == recipe.discriminator.network.arguments["bf16_stages"] == 4
    )


@pytest.mark.parametrize("name", [*PUBLISHED, "r3gan-laptop"])
def test_a_few_rounds_train_every_weight(name):
    tiny = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4", "resolution=16x16", "batch_size=4")
    recipe = recipes.find(name).override(tiny)
    training = recipe.build(torch.device("cpu"), seed=0)
    before = {key: part.detach().clone() for key, part in parameters(training).items()}
    random = torch.Generator().manual_seed(0)

    def batches(images, player):
        while True:
            yield Batch(torch.rand(4, 3, 16, 16, generator=random) * 2 - 1, seed=images, images=images)

    last = {}
    for progress in train(training.players, batches, 4, training.ema, 4 * 4):
        last |= progress.statistics  # a lazy penalty is in one of four rounds
    assert [key for key, part in parameters(training).items() if torch.equal(part, before[key])] == []
    assert not training.wrong() and all(math.isfinite(value) for value in last.values())
    assert last["discriminator/r1"] > 0 and last["discriminator/r2"] > 0


def parameters(training):
    return {
        f"{key}.{name}": part for key, module in training.networks.items() for name, part in module.named_parameters()
    }
