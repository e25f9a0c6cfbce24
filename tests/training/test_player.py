"""A player's update against a plain PyTorch loop; what is frozen, repeated, clipped."""

from dataclasses import replace
from itertools import count

import pytest
import torch
from torch import nn

from mien import recipes
from mien.batch import Batch
from mien.config import serialization
from mien.config.spec import Spec
from mien.losses.adversarial import Wasserstein
from mien.losses.penalties import R1
from mien.networks.points import PointDiscriminator, ShiftedLine
from mien.recipes.recipe import WeightClip
from mien.training.loop import train

BATCH, LATENT = 8, 8


def tiny_recipe(*changes):
    changes = ("generator.width=4", f"generator.latent_dim={LATENT}", "discriminator.width=4", *changes)
    return recipes.find("dcgan").override(changes).replace(resolution=(16, 16), batch_size=BATCH)


def images_at(number):
    """Real pictures [BATCH,3,16,16], a function of how many images were seen."""
    generator = torch.Generator().manual_seed(1000 + number)
    return torch.rand(BATCH, 3, 16, 16, generator=generator) * 2 - 1


def batches(images, purpose):
    for step in count():
        at = images + step * BATCH
        yield Batch(images_at(at), seed=at * 2 + (purpose == "generator"))


def run(training, rounds, resume_from=0):
    per_round = BATCH * max(player.updates for player in training.players)
    total = resume_from + rounds * per_round
    return list(train(training.players, batches, BATCH, training.ema, total, resume_from))


def plain_networks():
    generator = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 8, 4, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, 4, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 4, bias=False),
    )
    return generator, discriminator


def gradient_norms(prefix, network):
    weights = {name: part.grad for name, part in network.named_parameters() if part.grad.ndim == 4}
    return {f"{prefix}.layers.{name}": grad.square().sum().sqrt().item() for name, grad in weights.items()}


def logit_numbers(prefix, logits):
    saturated = (logits.abs() > 6).float()
    numbers = {"": logits.mean(), "_spread": logits.std(correction=0), "_saturated": saturated.mean()}
    return {prefix + name: value.item() for name, value in numbers.items()}


def update_norms(name, network, before):
    """Of all parameters, as one vector."""
    old, new = (torch.cat([part.flatten() for part in parts]) for parts in (before, network.parameters()))
    return {f"{name}/norms/weight": old.norm().item(), f"{name}/norms/update": (new - old).norm().item()}


def plain_round(generator, discriminator, adam_g, adam_d, images, reuse):
    """The textbook DCGAN step; -> its losses and its D(real), D(fake), D(fake) after."""
    bce, ones, zeros = nn.BCEWithLogitsLoss(), torch.ones(BATCH), torch.zeros(BATCH)
    torch.manual_seed(images * 2)
    fake = generator(torch.randn(BATCH, LATENT)[:, :, None, None])
    adam_d.zero_grad()
    real_logits = discriminator(images_at(images)).flatten()
    fake_logits = discriminator(fake.detach()).flatten()
    loss_d = bce(real_logits, ones) + bce(fake_logits, zeros)
    loss_d.backward()
    measured = gradient_norms("discriminator/gradient/D", discriminator)
    measured |= logit_numbers("discriminator/logits/real", real_logits)
    measured |= logit_numbers("discriminator/logits/fake", fake_logits)
    before = [part.detach().clone() for part in discriminator.parameters()]
    adam_d.step()
    measured |= update_norms("discriminator", discriminator, before)
    if not reuse:
        torch.manual_seed(images * 2 + 1)
        fake = generator(torch.randn(BATCH, LATENT)[:, :, None, None])
    adam_g.zero_grad()
    after = discriminator(fake).flatten()
    loss_g = bce(after, ones)
    loss_g.backward()
    measured |= gradient_norms("generator/gradient/G", generator)
    measured |= logit_numbers("generator/logits/fake", after)
    before = [part.detach().clone() for part in generator.parameters()]
    adam_g.step()
    measured |= update_norms("generator", generator, before)
    return {
        **(measured if images % (8 * BATCH) == 0 else {}),  # at each eighth step
        "discriminator/loss": loss_d.item(),
        "generator/loss": loss_g.item(),
        "D(real)": real_logits.sigmoid().mean().item(),
        "D(fake)": fake_logits.sigmoid().mean().item(),
        "D(fake) after": after.sigmoid().mean().item(),
    }


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
def test_rounds_equal_the_textbook_dcgan_loop(reuse, channels_last):
    recipe = tiny_recipe(f"game.reuse_fakes={reuse}", f"channels_last={channels_last}")
    training = recipe.build(torch.device("cpu"), seed=0)
    generator, discriminator = plain_networks()
    ours = training.networks["G"], training.networks["D"]
    for plain, mine in zip((generator, discriminator), ours):
        plain.load_state_dict({key.removeprefix("layers."): value for key, value in mine.state_dict().items()})
    adam_g, adam_d = (
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), foreach=False, fused=False)
        for network in (generator, discriminator)
    )
    expected = [plain_round(generator, discriminator, adam_g, adam_d, step * BATCH, reuse) for step in range(3)]
    progress = run(training, 3)
    assert [step.images for step in progress] == [BATCH, 2 * BATCH, 3 * BATCH]
    for step, reference in zip(progress, expected, strict=True):
        found = {name: value.item() for name, value in step.statistics.items()}
        assert found == pytest.approx(reference, abs=1e-5)
    for plain, mine in zip((generator, discriminator), ours):
        for (name, reference), value in zip(plain.state_dict().items(), mine.state_dict().values(), strict=True):
            torch.testing.assert_close(value, reference, rtol=1e-5, atol=1e-5, msg=name)


def test_a_round_changes_both_networks_and_their_average():
    training = tiny_recipe().build(torch.device("cpu"))
    modules = {**training.networks, "ema": training.ema.modules["G"]}
    before = {name: spec_of(module) for name, module in modules.items()}
    run(training, 1)
    assert all(not torch.equal(before[name], spec_of(module)) for name, module in modules.items())


def spec_of(module):
    return torch.cat([parameter.detach().flatten().clone() for parameter in module.parameters()])


def test_the_other_side_is_frozen_and_untouched():
    """In the generator's turn no parameter of D asks for a gradient, gets one, or moves; and the other way round."""
    training = tiny_recipe("game.reuse_fakes=False").build(torch.device("cpu"))
    networks, (discriminator, generator) = training.networks, training.players
    trainable = []
    for name, other in (("D", "G"), ("G", "D")):

        def note(module, given, name=name, other=other):
            own = all(parameter.requires_grad for parameter in networks[name].parameters())
            trainable.append((name, own, any(parameter.requires_grad for parameter in networks[other].parameters())))

        networks[name].register_forward_pre_hook(note)
    before = spec_of(networks["G"])
    discriminator.update(batches(0, "discriminator"), 0)
    assert torch.equal(spec_of(networks["G"]), before)
    assert all(parameter.grad is None for parameter in networks["G"].parameters())
    # G is frozen while it draws for D; D is trainable when it judges, twice.
    assert trainable == [("G", False, True), ("D", True, False), ("D", True, False)]
    trainable.clear()
    gradients = [parameter.grad.clone() for parameter in networks["D"].parameters()]
    before = spec_of(networks["D"])
    generator.update(batches(0, "generator"), 0)
    assert torch.equal(spec_of(networks["D"]), before)
    assert all(torch.equal(a, b.grad) for a, b in zip(gradients, networks["D"].parameters(), strict=True))
    assert trainable == [("G", True, False), ("D", False, True)]
    assert not any(parameter.requires_grad for module in networks.values() for parameter in module.parameters())


def test_n_critic_steps_a_round_each_on_its_own_batch():
    recipe = replace(tiny_recipe("discriminator.updates=5"), game=Spec(type(tiny_recipe().build_game())))
    training = recipe.build(torch.device("cpu"))
    seen = []
    training.networks["D"].register_forward_pre_hook(lambda module, given: seen.append(given[0].clone()))
    progress = run(training, 2)
    assert [step.images for step in progress] == [5 * BATCH, 10 * BATCH]
    assert [player.steps for player in training.players] == [10, 2]
    reals = [image for image in seen if any(torch.equal(image, images_at(at)) for at in range(0, 80, BATCH))]
    assert len(reals) == 10 and len({image.sum().item() for image in reals}) == 10
    assert len(seen) == 10 * 2 + 2  # D on real and fake; G's turn asks D about its fakes alone


def test_weights_are_clipped_after_each_step_of_the_discriminator_alone():
    recipe = tiny_recipe("discriminator.optimizer.lr=0.1").replace(
        loss=Wasserstein(),
        discriminator_constraint=WeightClip(0.01),
    )
    training = recipe.build(torch.device("cpu"))
    run(training, 2)
    largest = {name: spec_of(module).abs().max().item() for name, module in training.networks.items()}
    assert largest["D"] == pytest.approx(0.01, abs=1e-9) and largest["G"] > 0.5  # batch norm weights near 1


def test_a_lazy_term_is_reported_in_the_rounds_it_was_due():
    training = tiny_recipe().replace(discriminator_terms={"r1": R1(every=3)}).build(torch.device("cpu"))
    due = ["discriminator/r1" in step.statistics for step in run(training, 7)]
    assert due == [True, False, False, True, False, False, True]


def test_the_rate_factor_scales_each_step_and_does_not_compound():
    lengths = []
    for factor in (1.0, 0.25):
        training = replace(tiny_recipe(), rate_factor=factor).build(torch.device("cpu"))
        discriminator = training.players[0]
        before = spec_of(training.networks["D"])
        discriminator.update(batches(0, "discriminator"), 0)
        lengths.append((spec_of(training.networks["D"]) - before).norm().item())
        discriminator.update(batches(BATCH, "discriminator"), BATCH)
        assert [group["lr"] for group in discriminator.optimizer.param_groups] == [2e-4 * factor]
    assert lengths[1] == pytest.approx(0.25 * lengths[0], rel=1e-3)


def test_a_lazy_term_weighs_as_much_more_as_it_is_seldom():
    """Its mean strength stays that of a term that is due at each step (StyleGAN2, section 3.1)."""

    def gradient(weight, every):
        recipe = tiny_recipe().replace(discriminator_terms={"r1": R1(weight=weight, every=every)})
        player = recipe.build(torch.device("cpu")).players[0]
        player.update(batches(0, "discriminator"), 0)
        return torch.cat([part.flatten() for part in player.gradients()])

    lazy, always, unscaled = gradient(2.0, every=3), gradient(6.0, every=1), gradient(2.0, every=1)
    assert torch.equal(lazy, always)
    assert (lazy - unscaled).norm() > 0.1 * unscaled.norm()


def test_what_any_step_of_a_round_reports_is_kept():
    """With two steps a round every lazy term falls on the first."""
    recipe = tiny_recipe("discriminator.updates=2").replace(discriminator_terms={"r1": R1(every=2)})
    recipe = replace(recipe, game=Spec(type(recipe.build_game())))
    first, *others = run(recipe.build(torch.device("cpu")), 5)
    assert all("discriminator/r1" in step.statistics for step in [first, *others])
    layers = [name for name in first.statistics if name.startswith("discriminator/gradient/")]
    assert layers == [f"discriminator/gradient/D.layers.{layer}.weight" for layer in (0, 2, 5)]
    assert [layers[0] in step.statistics for step in others] == [False, False, False, True]  # steps 2 to 7, then 8


def test_an_update_is_a_pure_function_of_its_batches():
    """Whatever was drawn from the global generator in between."""
    results = []
    for noise in (0, 17):
        training = tiny_recipe().build(torch.device("cpu"), seed=4)
        torch.rand(noise)
        for images in (0, BATCH):
            run(training, 1, images)
            torch.rand(noise)
        results.append(spec_of(training.networks["G"]))
    assert torch.equal(*results)


def test_networks_start_from_the_seed():
    first, again, other = (spec_of(tiny_recipe().build(torch.device("cpu"), seed).networks["G"]) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_recipe_says_what_was_built():
    assert serialization.encode(tiny_recipe())["generator"]["network"]["width"] == 4


def test_a_network_without_a_matrix_reports_no_gradient_norm():
    recipe = tiny_recipe("discriminator.updates=1", "game.reuse_fakes=False").replace(
        generator=Spec(ShiftedLine),
        discriminator=Spec(PointDiscriminator, width=4),
        resolution=(1, 1),
        channels=2,
    )
    training = recipe.build(torch.device("cpu"))
    statistics = training.players[1].update(iter([Batch(torch.zeros(BATCH, 2, 1, 1))]), 0)
    assert not any("gradient" in name for name in statistics)
    assert training.players[1].parameters[0].grad is not None
