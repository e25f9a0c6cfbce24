"""The schedules of a recipe, all at once: found, stretched to a budget, started again."""

import pytest

from mien import recipes
from mien.config import serialization
from mien.config.schedules import Cosine, Linear, at
from mien.recipes.recipe import from_json
from mien.recipes.schedules import restarted, schedules, schedules_end, stretched

R3GAN = {
    "discriminator.optimizer.lr",
    "discriminator.optimizer.beta2",
    "discriminator.terms.r1.weight",
    "discriminator.terms.r2.weight",
    "generator.optimizer.lr",
    "generator.optimizer.beta2",
    "ema.half_life",
}


def test_every_schedule_of_a_recipe_is_found():
    assert {path for path, _ in schedules(recipes.find("r3gan-laptop"))} == R3GAN
    assert {path for path, _ in schedules(recipes.find("r3gan"))} == {*R3GAN, "augment.p"}
    assert list(schedules(recipes.find("dcgan"))) == [] and schedules_end(recipes.find("dcgan")) == 0


def test_only_r3gan_laptop_follows_the_budget_and_published_lengths_stay():
    following = {name for name, made in recipes.known().items() if made().schedules_follow_budget}
    assert following == {"r3gan-laptop"}
    assert schedules_end(recipes.find("r3gan-laptop")) == 100_000
    assert schedules_end(recipes.find("r3gan")) == 20_000_000 and schedules_end(recipes.find("pix2pix")) == 200_000


def test_all_schedules_end_at_the_given_number_with_their_values():
    short = stretched(recipes.find("r3gan-laptop"), 54_736)
    assert {schedule.images for _, schedule in schedules(short)} == {54_736}
    rate, gamma = short.generator.optimizer.lr, short.discriminator.terms["r1"].weight
    assert at(rate, 0) == 1e-3 and at(rate, 27_368) == pytest.approx(6.25e-4) and at(rate, 54_736) == 2.5e-4
    assert at(gamma, 0) == 2.0 and at(gamma, 54_736) == pytest.approx(0.2) and at(short.ema.half_life, 10**9) == 2_000
    assert short == from_json(serialization.encode(short))


def test_schedules_of_different_lengths_keep_their_proportions():
    longer = stretched(recipes.find("pix2pix"), 300_000)
    assert dict(schedules(longer))["generator.optimizer.lr"] == Linear(2e-4, 0.0, images=300_000, begin=150_000)
    mixed = recipes.find("r3gan-laptop").override(("ema.half_life.images=50000",))
    assert dict(schedules(stretched(mixed, 1_000)))["ema.half_life"].images == 500
    assert dict(schedules(stretched(mixed, 1)))["ema.half_life"].images == 1  # never a schedule of nothing


def test_a_length_that_is_set_holds():
    recipe = recipes.find("r3gan-laptop")
    assert not recipe.override(("generator.optimizer.lr.images=2000",)).schedules_follow_budget
    assert recipe.override(("generator.optimizer.lr=0.001", "batch_size=8")).schedules_follow_budget
    both = ("schedules_follow_budget=true", "generator.optimizer.lr.images=2000")
    assert recipe.override(both).schedules_follow_budget
    assert recipes.find("r3gan").override(("schedules_follow_budget=true",)).schedules_follow_budget


def test_a_warm_restart_lifts_the_rates_alone():
    done = stretched(recipes.find("r3gan-laptop"), 1_000)
    again = restarted(done, 1_000, 3_000)
    found = dict(schedules(again))
    assert found["generator.optimizer.lr"] == Cosine(1e-3, 2.5e-4, 3_000, begin=1_000)
    rate, gamma, half_life = (
        found[path] for path in ("discriminator.optimizer.lr", "discriminator.terms.r1.weight", "ema.half_life")
    )
    assert [at(rate, images) for images in (1_000, 2_000, 3_000)] == pytest.approx([1e-3, 6.25e-4, 2.5e-4])
    assert [at(gamma, images) for images in (1_000, 2_000, 3_000)] == pytest.approx([0.2, 0.2, 0.2])
    assert at(half_life, 1_000) == at(half_life, 3_000) == 2_000
    assert at(dict(schedules(restarted(again, 3_000, 4_000)))["generator.optimizer.lr"], 3_000) == 1e-3


def test_a_warm_restart_in_mid_slope_goes_on_with_the_other_numbers():
    again = restarted(stretched(recipes.find("r3gan-laptop"), 1_000), 500, 2_500)
    gamma = again.discriminator.terms["r2"].weight
    assert [at(gamma, images) for images in (500, 1_500, 2_500)] == pytest.approx([1.1, 0.65, 0.2])
