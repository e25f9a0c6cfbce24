"""The classic recipes: their numbers as published, a few rounds of each, and sizes that they refuse."""

import math

import pytest
import torch

from mien import cli, recipes
from mien.batch import Batch
from mien.config.schedules import Linear, at
from mien.errors import UsageError
from mien.losses.adversarial import Hinge, LeastSquares, NonSaturating, Wasserstein
from mien.losses.penalties import GradientPenalty
from mien.trainer import options
from mien.training.loop import train
from mien.training.optimizer import Adam, RMSprop

SMALLEST = {"gan": (48, 48)}
# loss, D's optimizer (G's is the same), steps of D to one of G, batch
PUBLISHED = {
    "gan": (NonSaturating(), Adam(2e-4, 0.5, 0.999), 5, 32),
    "celeba": (NonSaturating(), Adam(1e-4, 0.9, 0.999), 1, 64),
    "hw6": (NonSaturating(), Adam(1e-4, 0.5, 0.999), 1, 64),
    "hw6-two-steps": (NonSaturating(), Adam(1e-4, 0.5, 0.999), 2, 64),
    "wgan": (Wasserstein(), RMSprop(5e-5), 5, 64),
    "wgan-gp": (Wasserstein(), Adam(1e-4, 0.0, 0.9), 5, 64),
    "lsgan": (LeastSquares(), Adam(2e-4, 0.5, 0.999), 1, 128),
    "hinge": (Hinge(), Adam(2e-4, 0.5, 0.999), 1, 128),
    "sngan": (Hinge(), Adam(Linear(2e-4, 0.0, 100_000 * 5 * 64), 0.0, 0.9), 5, 64),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_numbers_as_published(name):
    recipe = recipes.find(name)
    loss, optimizer, updates, batch = PUBLISHED[name]
    assert recipe.loss == loss and recipe.discriminator.updates == updates and recipe.batch_size == batch
    assert recipe.discriminator.optimizer == recipe.generator.optimizer == optimizer
    assert recipe.resolution == ((96, 80) if name == "celeba" else (64, 64))
    assert recipe.discriminator.network.build(resolution=(64, 64), channels=3) is not None
    assert "Sizes: " in recipes.known()[name].__doc__


def test_what_holds_the_critics():
    assert recipes.find("wgan").discriminator.constraint.limit == 0.01
    gp = recipes.find("wgan-gp")
    assert gp.discriminator.constraint is None and gp.discriminator.network.arguments["norm"] == "instance"
    assert gp.discriminator.terms == {"gradient_penalty": GradientPenalty(weight=10.0, target=1.0)}


def test_the_rate_of_sngan_falls_to_nothing_over_its_published_length():
    rate = recipes.find("sngan").generator.optimizer.lr
    found = [at(rate, images) for images in (0, 8_000_000, 16_000_000, 32_000_000, 40_000_000)]
    assert found == pytest.approx([2e-4, 1.5e-4, 1e-4, 0.0, 0.0])


def rounds(name, count, *changes):
    """-> the training after `count` rounds on noise, what the weights were, and the last statistics."""
    tiny = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
    size = "{}x{}".format(*SMALLEST.get(name, (16, 16)))
    recipe = recipes.find(name).override((*tiny, f"resolution={size}", "batch_size=4", *changes))
    training = recipe.build(torch.device("cpu"), seed=0)
    before = {key: part.detach().clone() for key, part in parameters(training).items()}
    random = torch.Generator().manual_seed(0)

    def batches(images, player):
        while True:
            image = torch.rand(4, 3, *recipe.resolution, generator=random) * 2 - 1
            yield Batch(image, seed=int(torch.randint(1 << 30, (), generator=random)))

    for progress in train(training.players, batches, 4, training.ema, 4 * recipe.updates_per_round * count):
        training.images, training.last = progress.images, progress.statistics
    return training, before


def final_bias(training):
    return [key for key in parameters(training) if key.startswith("D.") and key.endswith("bias")][-1]


def parameters(training):
    return {
        f"{key}.{name}": part for key, module in training.networks.items() for name, part in module.named_parameters()
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_few_rounds_train_every_weight(name):
    # Without batch norm, four units wide and on noise, the naive D is dead before it has begun.
    training, before = rounds(name, 3, *(["discriminator.width=16"] if name == "gan" else []))
    unmoved = [key for key, part in parameters(training).items() if torch.equal(part, before[key])]
    # Losses of score differences, as all of these are near 0, ask nothing of D's last bias.
    assert not unmoved or (unmoved == [final_bias(training)] and isinstance(PUBLISHED[name][0], Wasserstein | Hinge))
    assert not training.wrong() and training.images == 3 * 4 * PUBLISHED[name][2]
    assert [player.steps for player in training.players] == [3 * PUBLISHED[name][2], 3]
    assert all(math.isfinite(value) for value in training.last.values())


def test_weights_of_wgan_stay_within_the_clip():
    training, before = rounds("wgan", 2)
    assert max(part.abs().max() for key, part in before.items() if key.startswith("D.")) > 0.01
    discriminator, generator = training.networks["D"], training.networks["G"]
    assert max(part.abs().max() for part in discriminator.parameters()) == torch.tensor(0.01)
    assert max(part.abs().max() for part in generator.parameters()) > 0.5
    training, _ = rounds("wgan", 2, "discriminator.constraint.limit=1")
    assert 0.01 < max(part.abs().max() for part in training.networks["D"].parameters()) <= 1


@pytest.mark.parametrize("name", ["wgan", "wgan-gp", "sngan", "hinge"])
def test_a_critic_learns_to_tell_noise_from_drawings(name):
    """The estimate of the distance grows from nothing while the critic is trained far more often than G."""
    rates = ("discriminator.optimizer.lr=1e-3", "generator.optimizer.lr=0", "discriminator.updates=5")
    training, _ = rounds(name, 12, *rates)
    assert training.last["D(real)"] > training.last["D(fake)"]


@pytest.mark.parametrize(
    "name, size, near",
    [("gan", "16", "48"), ("celeba", "90", "96"), ("hw6", "100", "96"), ("sngan", "218x178", "224x192")],
)
def test_a_size_that_cannot_be_is_told_before_pictures_are_prepared(name, size, near, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(options, "prepare", None)
    code = cli.run(["train", name, "--data", "drawn", "--outdir", str(tmp_path / "runs"), "--resolution", size])
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert code == 2 and f"--resolution {size}: both sides" in line and line.endswith(f"try {near}")
    assert not (tmp_path / "runs").exists()


def test_a_rate_that_cannot_be():
    with pytest.raises(UsageError, match="RMSprop: lr -1 is not in"):
        recipes.find("wgan").override(("generator.optimizer.lr=-1",))
