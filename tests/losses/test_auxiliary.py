"""The auxiliary classification of AC-GAN: by hand, one pass for both heads, and the right side is taught."""

import pytest
import torch
from torch import nn

from mien.batch import Batch, Match, Turn
from mien.errors import UsageError
from mien.games.noise import NoiseGame
from mien.losses.adversarial import Adversarial, NonSaturating
from mien.losses.auxiliary import Auxiliary
from mien.losses.penalties import R1
from mien.networks.conditional import AuxiliaryDiscriminator, ConditionalGenerator, ProjectionDiscriminator
from mien.networks.points import PointDiscriminator, PointGenerator
from mien.recipes import find
from mien.recipes.recipe import Recipe

CLASSES = [[0, 1, 2]]


def match_of(columns=CLASSES, count=6):
    torch.manual_seed(0)
    network = AuxiliaryDiscriminator(PointDiscriminator((1, 1), 2, width=8), 3, columns)
    real, fake = torch.randn(2, count, 2, 1, 1).unbind()
    return Match(network, real, fake, torch.eye(3)[torch.arange(count) % 3])


def by_hand(match, image):
    said = match.discriminator.classifier(match.discriminator.discriminator.features(image).flatten(1))
    return nn.functional.cross_entropy(said, match.condition.argmax(1), reduction="none")


def test_it_is_the_cross_entropy_of_the_second_head():
    match = match_of()
    real, fake = by_hand(match, match.real), by_hand(match, match.fake)
    turn = Turn([match])
    torch.testing.assert_close(Auxiliary(side="discriminator")(turn), real)
    torch.testing.assert_close(Auxiliary(side="discriminator", fakes=True)(turn), real + fake)
    torch.testing.assert_close(Auxiliary(side="generator")(turn), fake)


def test_both_heads_read_one_pass():
    match = match_of()
    passes = []
    match.discriminator.discriminator.register_forward_hook(lambda *_: passes.append("whole"))
    features = match.discriminator.discriminator.features
    match.discriminator.discriminator.features = lambda image: (passes.append("features"), features(image))[1]
    turn = Turn([match])
    R1().prepare(turn)
    for term in (
        Adversarial(loss=NonSaturating(), side="discriminator"),
        Auxiliary(side="discriminator", fakes=True),
        R1(),
    ):
        term(turn)
    assert passes == ["features", "features"]  # real, fake
    torch.testing.assert_close(match.real_logits, match.discriminator(match.real))


def test_what_nobody_knows_teaches_nothing():
    match = match_of()
    match.condition[::2] = 0.0
    loss = Auxiliary(side="discriminator")(Turn([match]))
    assert not loss[::2].any() and (loss[1::2] > 0).all()


def test_the_generator_learns_to_be_understood_while_the_discriminator_stands_still():
    torch.manual_seed(0)
    generator = ConditionalGenerator(PointGenerator((1, 1), 2, latent_dim=4 + 4, width=16), 3, 4)
    discriminator = AuxiliaryDiscriminator(PointDiscriminator((1, 1), 2, width=16), 3, CLASSES)
    game = NoiseGame(generator, discriminator)
    centres = 3 * torch.tensor([[0.0, 1.0], [0.87, -0.5], [-0.87, -0.5]])
    label = torch.eye(3)[torch.arange(96) % 3]
    batch = Batch((centres[torch.arange(96) % 3] + 0.1 * torch.randn(96, 2))[..., None, None], label)
    learner = torch.optim.Adam(discriminator.parameters(), 1e-2)
    for _ in range(100):
        learner.zero_grad()
        Auxiliary(side="discriminator")(game.discriminator_turn(batch)).mean().backward()
        learner.step()
    discriminator.requires_grad_(False)
    drawer = torch.optim.Adam(generator.parameters(), 1e-2)
    for _ in range(100):
        drawer.zero_grad()
        Auxiliary(side="generator")(game.generator_turn(batch)).mean().backward()
        drawer.step()
    drawn = generator(torch.randn(96, 4), label).flatten(1)
    # Far out in the right direction, wherever the borders between the three classes are.
    assert ((drawn @ centres.T).argmax(1) == label.argmax(1)).float().mean() > 0.95


def told(recipe: Recipe, kind: str = "class") -> Recipe:

    from mien.conditioning.condition import Condition

    return recipe.replace(condition=Condition(kind, 3, ("a", "b", "c")), resolution=(16, 16))


def test_the_recipe_says_which_head():
    recipe = told(find("acgan")).override(("generator.width=4", "discriminator.width=4"))
    training = recipe.build(torch.device("cpu"))
    assert isinstance(training.game.discriminators["D"], AuxiliaryDiscriminator)
    assert training.game.discriminators["D"].columns == CLASSES
    for player, side in zip(training.players, ("discriminator", "generator"), strict=True):
        assert player.terms["label"] == Auxiliary(side=side, weight=1.0, fakes=True)
    plain = told(find("dcgan")).override(("generator.width=4", "discriminator.width=4"))
    training = plain.build(torch.device("cpu"))
    assert isinstance(training.game.discriminators["D"], ProjectionDiscriminator)
    assert all("label" not in player.terms for player in training.players)
    assert "label" in told(find("sngan")).override(("classifier.weight=0.5",)).terms(
        "generator", find("sngan").generator
    )


def test_mismatched_pairs_are_refused():
    with pytest.raises(UsageError, match=r"game\.mismatch needs a discriminator that gets the label"):
        told(find("acgan")).override(("game.mismatch=0.5",))
