"""ADA: the warp, each transform and its inverse, the paper's distributions, and the controller."""

import math

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from mien import recipes
from mien.augmentation.ada import (
    ADA,
    Overfitting,
    Placement,
    Tint,
    draw_cut,
    draw_placement,
    draw_tint,
    rotation,
    scaling,
)
from mien.augmentation.affine import SYM6, Read, places, spread_in_turn, spread_sorted, warp
from mien.batch import Batch, Match, Turn
from mien.config import serialization
from mien.config.schedules import Cosine
from mien.errors import UsageError
from mien.losses.penalties import R1
from mien.runtime import distributed

ALWAYS = torch.tensor(1.0)


def noise(count=4, channels=3, height=16, width=16):
    random = torch.Generator().manual_seed(5)
    return torch.rand(count, channels, height, width, dtype=torch.double, generator=random) * 2 - 1


def smooth(count=1, height=40, width=40):
    """Waves of 10 pixels and more, another in each channel: what bilinear reading at twice the size keeps."""
    y, x = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
    waves = [torch.sin(0.4 * x + 0.2 * y), torch.cos(0.5 * y - 0.3 * x), torch.sin(0.3 * x) * torch.cos(0.4 * y)]
    return torch.stack(waves)[None].repeat(count, 1, 1, 1)


def placement(**parts):
    neutral = dict.fromkeys(Placement._fields, 0.0) | {"scale": 1.0, "stretch": 1.0}
    return Placement(*(torch.tensor([value], dtype=torch.double) for value in {**neutral, **parts}.values()))


def tint(**parts):
    neutral = {"brightness": 0.0, "contrast": 1.0, "flip": 0.0, "hue": 0.0, "saturation": 1.0}
    return Tint(*(torch.tensor([value], dtype=torch.double) for value in {**neutral, **parts}.values()))


# --- the warp ---------------------------------------------------------------------------------------------------------


def test_the_wavelet_is_orthogonal_and_has_six_vanishing_moments():
    taps = torch.tensor(SYM6, dtype=torch.double)
    shifts = [(taps[2 * k :] * taps[: 12 - 2 * k]).sum().item() for k in range(6)]
    assert shifts == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-9) and taps.sum().item() == pytest.approx(2**0.5)
    signs = torch.tensor([1.0, -1.0] * 6, dtype=torch.double)
    at = torch.arange(12, dtype=torch.double) - 5
    assert [(signs * taps * at**power).sum().item() for power in range(6)] == pytest.approx([0] * 6, abs=1e-6)


@pytest.mark.parametrize("channels, height, width", [(3, 16, 16), (1, 20, 17)])
def test_the_map_that_maps_nothing(channels, height, width):
    """Twice the size and back is exact, but within the filter's reach of the edges."""
    image = noise(2, channels, height, width)
    same = warp(image, torch.eye(3).double().expand(2, 3, 3))
    assert same.shape == image.shape
    torch.testing.assert_close(same[:, :, 3:-3, 3:-3], image[:, :, 3:-3, 3:-3], rtol=0, atol=1e-9)


def test_a_mirrored_edge_goes_on_for_ever():
    """Moved by two whole periods of the mirrored picture, a picture is where it was."""
    image, far = noise(1), torch.eye(3).double()[None].clone()
    far[:, 0, 2] = 60.0  # a period has 2 * (16 - 1) pixels
    torch.testing.assert_close(warp(image, far), warp(image, torch.eye(3).double()[None]))


def test_the_warp_is_differentiable_twice():
    image = noise(2, 1, 5, 6).requires_grad_()
    inverse = rotation(torch.tensor([0.4, -2.0]).double()) @ scaling(*torch.tensor([[1.3, 0.8], [0.7, 1.0]]).double())
    assert gradcheck(lambda given: warp(given, inverse), image)
    assert gradgradcheck(lambda given: warp(given, inverse).square(), image)


def test_what_is_not_linear_behind_the_warp_keeps_its_second_derivative():
    """|grad sum(warp(x)^3)|^2 is differentiated through the warp, its adjoint, and the warp again."""
    image, inverse = noise(1, 1, 4, 4).requires_grad_(), rotation(torch.tensor([0.7]).double())

    def square_norm(given):
        (gradient,) = torch.autograd.grad(warp(given, inverse).pow(3).sum(), given, create_graph=True)
        return gradient.square().sum()

    assert gradcheck(square_norm, image)


def test_both_ways_to_spread_are_the_adjoint_of_reading():
    """<read(a), b> = <a, spread(b)>, on processors and on accelerators."""
    read_at = places(rotation(torch.tensor([0.4, 2.5]).double()), 6, 7)
    image, values = noise(2, 3, 12, 14), noise(2, 3, *read_at.shape[1:3])
    product = (Read.apply(image, read_at) * values).sum()
    for spread in (spread_in_turn, spread_sorted):
        torch.testing.assert_close((image * spread(values, read_at, (12, 14))).sum(), product)
    torch.testing.assert_close(spread_sorted(values, read_at, (12, 14)), spread_in_turn(values, read_at, (12, 14)))


# --- each transform ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts, expected",
    [
        ({"mirror": 1.0}, lambda image: image.flip(3)),
        ({"turns": 1.0}, lambda image: image.rot90(-1, (2, 3))),
        ({"turns": 2.0}, lambda image: image.flip((2, 3))),
        ({"turns": 3.0}, lambda image: image.rot90(1, (2, 3))),
        ({"step_x": 3.0, "step_y": -2.0}, lambda image: image.roll((-2, 3), (2, 3))),
    ],
    ids=lambda part: "" if callable(part) else str(part),
)
def test_blits_are_what_they_are_called(parts, expected):
    image = smooth()
    inside = slice(6, -6)
    found = warp(image, placement(**parts).inverse())
    difference = (found - expected(image))[:, :, inside, inside].abs().max().item()
    assert (
        difference < 0.01
    )  # the filter's own delay lies between two fine pixels, so a mirrored picture is read between


def test_a_larger_scale_shows_a_smaller_part_larger():
    image = torch.linspace(-1, 1, 41).double().expand(1, 3, 41, 41)
    found = warp(image, placement(scale=2.0).inverse())
    torch.testing.assert_close(found[0, 0, 20, 6:-6], image[0, 0, 20, 6:-6] / 2, rtol=0, atol=1e-4)
    moved = warp(image, placement(shift_x=4.5).inverse())
    torch.testing.assert_close(moved[0, 0, 20, 12:-6], image[0, 0, 20, 12:-6] - 4.5 * 0.05, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "parts, back",
    [
        ({"mirror": 1.0}, {"mirror": 1.0}),
        ({"turns": 1.0}, {"turns": 3.0}),
        ({"step_x": 2.0, "step_y": -3.0}, {"step_x": -2.0, "step_y": 3.0}),
        ({"scale": 1.2}, {"scale": 1 / 1.2}),
        ({"before": 0.5}, {"after": -0.5}),
        ({"stretch": 1.2}, {"stretch": 1 / 1.2}),
        ({"after": -2.0}, {"before": 2.0}),
        ({"shift_x": 1.3, "shift_y": -2.6}, {"shift_x": -1.3, "shift_y": 2.6}),
        ({"before": 0.3, "stretch": 1.1}, {"stretch": 1 / 1.1, "after": -0.3}),
    ],
    ids=str,
)
def test_each_placement_can_be_taken_back(parts, back):
    image = smooth()
    found = warp(warp(image, placement(**parts).inverse()), placement(**back).inverse())
    inside = slice(13, -13)
    assert (found - image)[:, :, inside, inside].abs().max().item() < 0.03  # read bilinearly, twice
    product = placement(**parts).inverse() @ placement(**back).inverse()
    torch.testing.assert_close(product[0], torch.eye(3).double())


def test_the_order_of_the_placements_is_the_papers():
    """G = shift after stretch before scale step turns mirror, each multiplied on the left (appendix B)."""
    drawn = draw_placement(noise(50, 3, 16, 24), ALWAYS)
    for index in range(50):
        one = [part[index].item() for part in drawn]
        point = torch.tensor([3.0, -2.0])
        x, y = point[0] * (1 - 2 * one[0]), point[1]
        for _ in range(int(one[1])):
            x, y = -y, x
        x, y = (x + one[2]) * one[4], (y + one[3]) * one[4]
        x, y = x * math.cos(one[5]) - y * math.sin(one[5]), x * math.sin(one[5]) + y * math.cos(one[5])
        x, y = x * one[6], y / one[6]
        x, y = x * math.cos(one[7]) - y * math.sin(one[7]), x * math.sin(one[7]) + y * math.cos(one[7])
        place = torch.tensor([x + one[8], y + one[9], 1.0], dtype=torch.double)
        back = drawn.inverse()[index] @ place
        assert back.tolist() == pytest.approx([3.0, -2.0, 1.0], abs=1e-5)


def paper_matrix(brightness, contrast, flip, hue, saturation):
    """C = saturation hue flip contrast brightness, as 4x4 matrices (appendix B, color transformations)."""
    v = torch.tensor([1.0, 1.0, 1.0, 0.0]).double() / 3**0.5
    luma, one = torch.outer(v, v), torch.eye(4).double()
    moved = one.clone()
    moved[:3, 3] = brightness
    scaled = torch.diag(torch.tensor([contrast, contrast, contrast, 1.0]).double())
    cross = torch.zeros(4, 4).double()
    cross[:3, :3] = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]).double() / 3**0.5
    turned = one + math.sin(hue) * cross + (1 - math.cos(hue)) * cross @ cross  # Rodrigues
    saturated = luma + (one - luma) * saturation
    saturated[3, 3] = 1.0  # the paper's matrix would scale the homogeneous coordinate, too
    return saturated @ turned @ (one - 2 * luma * flip) @ scaled @ moved


def test_colors_equal_the_papers_matrices():
    image = noise(20)
    drawn = draw_tint(image, ALWAYS)
    for index in range(20):
        matrix = paper_matrix(*(part[index].item() for part in drawn))
        flat = image[index].flatten(1)
        expected = (matrix[:3, :3] @ flat + matrix[:3, 3:]).view(3, 16, 16)
        torch.testing.assert_close(drawn.on(image)[index], expected)


def test_a_picture_in_grey_is_tinted_as_its_three_equal_channels():
    image = noise(20, 1)
    drawn = draw_tint(image, ALWAYS)
    torch.testing.assert_close(drawn.on(image).expand(-1, 3, -1, -1), drawn.on(image.expand(-1, 3, -1, -1)))


@pytest.mark.parametrize(
    "parts, back",
    [
        ({"brightness": 0.3}, {"brightness": -0.3}),
        ({"contrast": 1.7}, {"contrast": 1 / 1.7}),
        ({"flip": 1.0}, {"flip": 1.0}),
        ({"hue": 2.0}, {"hue": -2.0}),
        ({"saturation": 0.4}, {"saturation": 2.5}),
    ],
    ids=str,
)
def test_each_tint_can_be_taken_back(parts, back):
    image = noise(1)
    changed = tint(**parts).on(image)
    assert (changed - image).abs().max() > 0.1
    torch.testing.assert_close(tint(**back).on(changed), image)


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_the_parameters_are_distributed_as_the_paper_says():
    torch.manual_seed(0)
    drawn = draw_placement(torch.zeros(20_000, 1, 1, 1).expand(-1, -1, 32, 64), ALWAYS)
    close = {"abs": 0.02}
    assert drawn.mirror.mean().item() == pytest.approx(0.5, **close)
    assert (drawn.turns.long().bincount() / 20_000).tolist() == pytest.approx([0.25] * 4, **close)
    assert (drawn.step_x.abs().max(), drawn.step_y.abs().max()) == (8, 4) and drawn.step_x.frac().eq(0).all()
    assert drawn.step_x.std().item() == pytest.approx(16 / 12**0.5, rel=0.03)
    for factor, spread in ((drawn.scale, 0.2), (drawn.stretch, 0.2)):
        assert factor.log2().mean().item() == pytest.approx(0, abs=0.01)
        assert factor.log2().std().item() == pytest.approx(spread, rel=0.03)
    for angle in (drawn.before, drawn.after):
        assert angle.std().item() == pytest.approx(math.pi / 3**0.5, rel=0.03) and angle.abs().max() <= math.pi
    assert drawn.shift_x.std().item() == pytest.approx(8, rel=0.03)
    assert drawn.shift_y.std().item() == pytest.approx(4, rel=0.03)
    tints = draw_tint(torch.zeros(20_000, 1, 1, 1), ALWAYS)
    assert tints.brightness.std().item() == pytest.approx(0.2, rel=0.03)
    assert tints.contrast.log2().std().item() == pytest.approx(0.5, rel=0.03)
    assert tints.flip.mean().item() == pytest.approx(0.5, **close)
    assert tints.hue.std().item() == pytest.approx(math.pi / 3**0.5, rel=0.03)
    assert tints.saturation.log2().std().item() == pytest.approx(1.0, rel=0.03)


def test_each_is_applied_with_probability_p():
    torch.manual_seed(0)
    p = torch.tensor(0.36)
    image = torch.zeros(20_000, 1, 1, 1).expand(-1, -1, 64, 64)
    drawn, tints = draw_placement(image, p), draw_tint(image, p)
    shares = {name: (part != 0).float().mean().item() for name, part in drawn._asdict().items()}
    shares |= {name: (part != 1).float().mean().item() for name, part in drawn._asdict().items() if name[0] == "s"}
    assert shares["mirror"] == pytest.approx(0.36 / 2, abs=0.015)
    assert shares["turns"] == pytest.approx(0.36 * 3 / 4, abs=0.015)
    either = ((drawn.before != 0) | (drawn.after != 0)).float().mean().item()
    for share in (shares["scale"], shares["stretch"], either, (drawn.shift_x != 0).float().mean().item()):
        assert share == pytest.approx(0.36, abs=0.015)
    assert torch.equal(drawn.shift_x != 0, drawn.shift_y != 0)  # one coin for both
    for part, rest in zip(tints, (0, 1, 0, 0, 1)):
        share = 0.36 / 2 if part is tints.flip else 0.36
        assert (part != rest).float().mean().item() == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize("channels", [1, 3])
def test_with_p_0_every_bit_stays(channels):
    image = noise(4, channels, 16, 20).float()
    for ada in (ADA(), ADA(p=0.0), ADA(p=Cosine(0.0, 0.3, 1000))):
        assert torch.equal(ada.at(Batch(image), {})(image), image)


def test_a_picture_is_changed_or_stays_whole_and_real_and_fake_differ():
    torch.manual_seed(0)
    image = noise(1).float().expand(200, -1, -1, -1)
    transform = ADA(p=0.05).at(Batch(image), {})
    real, fake = transform(image), transform(image)
    same = (real == image).all((1, 2, 3)).float().mean().item()
    # 7 placements and 5 tints, of which a mirror, a turn and a flip may come out as none.
    assert same == pytest.approx(0.95**9 * 0.975**2 * (1 - 0.05 * 3 / 4), abs=0.1)
    assert not torch.equal(real, fake) and len(real.sum((1, 2, 3)).unique()) > 50
    assert torch.equal(ADA(geometry=False, color=False, p=1.0).at(Batch(image), {})(image), image)


def test_each_kind_has_its_own_share_of_p():
    """R3GAN: color at p/2, cutout at p. Geometry off, so what is left of a picture of ones tells them apart."""
    torch.manual_seed(0)
    image = torch.ones(4000, 1, 16, 16)
    ada = ADA(p=0.4, geometry=0.0, color=0.5, cutout=1.0)
    found = ada.at(Batch(image), {})(image)
    cut = (found == 0).flatten(1)
    assert cut.any(1).float().mean().item() == pytest.approx(0.4, abs=0.025)
    kept = found.flatten(1).amax(1)  # no cut is larger than half of a side
    untinted = (1 - 0.2) ** 2 * (1 - 0.1)  # brightness, contrast and half of the flips; the rest keeps greys
    assert (kept == 1).float().mean().item() == pytest.approx(untinted, abs=0.025)


def test_a_cut_is_half_of_each_side_around_a_centre_anywhere():
    torch.manual_seed(0)
    cut = draw_cut(torch.zeros(6000, 3, 16, 32), ALWAYS)
    assert cut.shape == (6000, 1, 16, 32)
    heights, widths = cut.any(3).sum(2).flatten(), cut.any(2).sum(2).flatten()
    assert (heights.max(), heights.min(), widths.max(), widths.min()) == (8, 4, 16, 8)
    # Row r (its middle at (r + 1/2) / 16) is cut by centres within a quarter of the picture: 9/32 of them for row 0.
    shares = cut.any(3).float().mean((0, 1))
    torch.testing.assert_close(shares[[0, 8]], torch.tensor([9 / 32, 1 / 2]), atol=0.025, rtol=0)
    assert not draw_cut(torch.zeros(50, 3, 16, 16), torch.tensor(0.0)).any()


def test_a_schedule_of_p_follows_the_images():
    memory, ada = {}, ADA(p=Cosine(0.0, 0.3, 1000))
    for images, p in ((0, 0.0), (500, 0.15), (2000, 0.3)):
        ada.at(Batch(noise(), images=images), memory)
        assert memory["ada/p"].item() == pytest.approx(p)
    assert memory.keys() == {"ada/p"}


# --- the controller ---------------------------------------------------------------------------------------------------


class Judge(nn.Module):
    """Logits as told."""

    def forward(self, image, condition=None):
        return image[:, 0, 0, 0]


def steps(ada, logits, memory=None):
    """p after each step, with the real logits [T,N]; each of the generator's turns looks once more, as in a round."""
    memory, found = {} if memory is None else memory, []
    term = ada.terms("discriminator")["ada"]
    for real in logits:
        batch = Batch(real.view(-1, 1, 1, 1))
        for _side in ("discriminator", "generator"):
            transform = ada.at(batch, memory)
            if _side == "discriminator":
                turn = Turn([Match(Judge(), batch.image, batch.image)], {}, memory)
                term(turn)
        assert transform.keywords["p"] is memory["ada/p"]
        found.append(memory["ada/p"].item())
    return found


def test_p_goes_up_by_a_fixed_step_each_fourth_minibatch():
    """0 to 1 in 500 kimg: 4 * 8 / 500,000 each time."""
    found = steps(ADA(), torch.ones(13, 8))
    assert found == pytest.approx([0.0] * 3 + [6.4e-5] * 4 + [1.28e-4] * 4 + [1.92e-4] * 2)
    assert steps(ADA(length=64), torch.ones(40, 8))[-1] == 1.0  # and stays there
    falling = steps(ADA(length=64), -torch.ones(9, 8), {"ada/p": ALWAYS})
    assert falling == pytest.approx([1.0] * 3 + [0.5] * 4 + [0.0] * 2)


def test_p_depends_on_the_sign_of_what_is_above_the_target():
    torch.manual_seed(0)
    above, below, level = ((torch.rand(4000, 64) < share).float() * 2 - 1 for share in (0.85, 0.75, 0.8))
    start = {"ada/p": torch.tensor(0.5)}
    ada = ADA(length=4 * 64 * 2000)  # a thousandth of the way to 1, twice a step
    assert steps(ada, above, dict(start))[-1] > 0.85 and steps(ada, below, dict(start))[-1] < 0.15
    assert steps(ada, level, dict(start))[-1] == pytest.approx(0.5, abs=0.08)  # a random walk of 1,000 steps of 1/2000
    exact = torch.tensor([1.0] * 4 + [-1.0]).repeat(40, 2)  # four fifths: r_t is the target
    assert steps(ADA(length=64), exact, dict(start))[-1] == pytest.approx(0.5, abs=1e-6)


def test_all_processes_count(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    assert steps(ADA(), torch.ones(5, 8))[-1] == pytest.approx(1.28e-4)


def test_what_is_watched_and_what_is_refused():
    turn = Turn([Match(Judge(), torch.tensor([2.0, -1.0, 0.5, 0.1]).view(-1, 1, 1, 1), noise())], {}, {"ada/p": ALWAYS})
    term = Overfitting(weight=0.0)
    assert term(turn).tolist() == [1, -1, 1, 1] and not term(turn).requires_grad
    assert term.statistics(turn) == {"ada/p": ALWAYS} and turn.memory.keys() == {"ada/p"}
    for wrong in ({"p": 1.5}, {"target": 1.0}, {"every": 0}, {"length": 0}):
        with pytest.raises(UsageError, match="ADA: "):
            ADA(**wrong)


# --- in a game --------------------------------------------------------------------------------------------------------


def test_r1_through_the_augmentation_by_finite_differences():
    """1/2 |d D(T(x)) / dx|^2 in float64, each pixel moved by hand."""

    class Net(nn.Module):
        def forward(self, image, condition=None):
            return (image.tanh() * torch.arange(image[0].numel()).view(image[0].shape).sin()).sum((1, 2, 3))

    def transform(image):
        torch.manual_seed(11)
        return ADA().changed(image, ALWAYS)

    match = Match(Net(), noise(2, 3, 6, 6), noise(2, 3, 6, 6), augment=transform)
    turn, expected = Turn([match]), []
    for index in range(2):
        slopes = []
        for pixel in range(3 * 6 * 6):
            moved = torch.zeros(2, 108, dtype=torch.double)
            moved[index, pixel] = 1e-5
            moved = moved.view_as(match.real)
            up, down = (Net()(transform(match.real + sign * moved))[index] for sign in (1, -1))
            slopes.append(((up - down) / 2e-5).item())
        expected.append(0.5 * sum(slope**2 for slope in slopes))
    R1().prepare(turn)
    assert R1()(turn).tolist() == pytest.approx(expected, rel=1e-6)


def tiny(augment):
    changes = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")
    recipe = recipes.find("dcgan-laptop").override(changes).replace(resolution=(16, 16), augment=augment)
    return recipe.build(torch.device("cpu"), seed=0)


def test_the_term_of_weight_0_changes_no_gradient_and_is_logged():
    """p stays 0 through the first step, so that step is the one without ADA, to the bit."""
    image = noise(8).float()
    with_it, without = tiny(ADA()), tiny(None)
    rows = [one.players[0].update(iter([Batch(image, seed=3)]), 0) for one in (with_it, without)]
    assert rows[0].keys() - rows[1].keys() == {"discriminator/ada", "ada/p"}
    assert -1 <= rows[0]["discriminator/ada"].item() <= 1 and rows[0]["ada/p"].item() == 0
    weights = [torch.cat([part.flatten() for part in one.networks["D"].parameters()]) for one in (with_it, without)]
    assert with_it.game.memory.keys() == {"ada/p", "ada/signs", "ada/steps"} and torch.equal(*weights)


def test_ada_is_data():
    recipe = recipes.find("dcgan").replace(augment=ADA(p=Cosine(0.0, 0.3, 1000)))
    assert serialization.decode(serialization.encode(recipe)) == recipe
    assert recipe.override(("augment.p=0.2", "augment.color=false")).augment == ADA(p=0.2, color=False)
    with pytest.raises(UsageError, match=r"ADA: cutout 1.5 is not in \[0, 1\]"):
        recipe.override(("augment.cutout=1.5",))
    written = serialization.encode(ADA())
    old = {key: part for key, part in written.items() if key != "cutout"} | {"geometry": True, "color": False}
    assert serialization.decode(old) == ADA(color=False)  # as version 0.1.0 wrote it
