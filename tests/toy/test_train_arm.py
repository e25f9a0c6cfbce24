"""Arms are exact, and show what the experiments say."""

import math
from dataclasses import replace

import pytest
import torch

from mien.config.budget import Budget
from mien.errors import DivergenceError
from mien.runtime.console import Line
from mien.toy.distributions import ring, two_bumps
from mien.toy.experiments import EXPERIMENTS, free
from mien.toy.recipes import POINT_RECIPES, gan, wgan
from mien.toy.train_arm import FIELD_CELLS, FRAMES, PointBatches, places, train_arm

LOG_2 = math.log(2)


def ran(recipe, mixture, images, seed=0):
    return train_arm(recipe, mixture, Budget(images=images), seed, Line(None))


def test_same_seed_same_numbers():
    one, other, third = (ran(gan(), ring(), 1_280, seed).rows for seed in (3, 3, 4))
    assert one == other and one != third


def test_batches_are_a_function_of_seed_images_and_player():
    batches = PointBatches(ring(), 8, seed=1)
    stream = batches(0, "discriminator")
    next(stream)
    second = next(stream)
    assert torch.equal(second.image, next(batches(8, "discriminator")).image) and second.image.shape == (8, 2, 1, 1)
    assert not torch.equal(second.image, next(batches(8, "generator")).image)


@pytest.mark.parametrize("name", POINT_RECIPES)
@pytest.mark.parametrize("mixture", [two_bumps(), ring()], ids=lambda mixture: mixture.name)
def test_every_recipe_learns_points_of_either_kind(name, mixture):
    arm = ran(POINT_RECIPES[name](), mixture, 3_840)
    assert all(math.isfinite(value) for row in arm.rows for value in row.values())
    assert arm.frames[-1].field.shape == (FIELD_CELLS[mixture.dimensions],) * mixture.dimensions
    assert arm.frames[-1].points.shape == (2500, mixture.dimensions)


def test_frames_begin_before_training_and_end_with_it():
    arm = ran(gan(), ring(), 128 * FRAMES)
    assert [arm.frames[0].kimg, arm.frames[-1].kimg] == [0.0, 6.4] and len(arm.frames) == FRAMES + 1
    assert "discriminator/loss" not in arm.rows[0] and all("discriminator/loss" in row for row in arm.rows[1:])
    assert any("discriminator/gradient/D.layers.0.weight" in row for row in arm.rows)  # looked at now and then


def test_clipped_weights_are_within_their_bounds():
    arm = ran(wgan(), ring(), 6_400)
    assert arm.weights.abs().max() <= 0.1 and len(arm.weights) == 2 * 64 + 2 * 64 * 64 + 64


def test_places_read_like_a_picture():
    corner = places(2, 1.5)[0].flatten().tolist()
    assert corner == [-1.5, 1.5] and places(2, 1.5)[-1].flatten().tolist() == [1.5, -1.5]


def test_js_stays_at_log_2_while_the_wasserstein_estimate_falls():
    gan_arm, wgan_arm = (ran(recipe, EXPERIMENTS["js-fails"]().mixture, 45_000) for recipe in js_fails_arms())
    late = [row for row in gan_arm.rows if row["kimg"] > 10]
    assert len(late) > 20 and all(abs(row["js of D"] - LOG_2) < 0.02 * LOG_2 for row in late)
    assert all(row["js"] == pytest.approx(LOG_2) for row in [*gan_arm.rows, *wgan_arm.rows])
    first, last = next(row for row in wgan_arm.rows if row["kimg"] > 15), wgan_arm.rows[-1]
    assert last["W of D"] < first["W of D"] - 0.2 and last["wasserstein"] < first["wasserstein"] - 0.2
    assert last["W of D"] == pytest.approx(last["wasserstein"], rel=0.2)


def js_fails_arms():
    return EXPERIMENTS["js-fails"]().arms


def test_a_sure_d_starves_only_the_minimax_game():
    saturating, non_saturating, critic = (
        ran(recipe, EXPERIMENTS["strong-d"]().mixture, 25_600).last for recipe in EXPERIMENTS["strong-d"]().arms
    )
    assert (
        saturating["generator_gradient_norm"]
        < 1e-2
        < 1
        < min(non_saturating["generator_gradient_norm"], critic["generator_gradient_norm"])
    )
    assert saturating["place"] < non_saturating["place"]


def test_nothing_is_left_running_after_divergence():
    threads = torch.get_num_threads()
    wild = gan().override(("generator.optimizer.lr=1e30", "discriminator.optimizer.lr=1e30"))
    with pytest.raises(DivergenceError, match="--set"):
        ran(wild, ring(), 6_400)
    assert torch.get_num_threads() == threads


def test_the_arms_of_an_experiment_have_names_of_their_own():
    for made in EXPERIMENTS.values():
        names = [arm.name for arm in made().arms]
        assert len(set(names)) == len(names) and made().folder == made().name
    assert free(ring(), (gan(), replace(gan(), name="other"))).folder == "ring-gan-other"
