"""mien train without a recipe."""

import math
from dataclasses import replace

import pytest

from mien import recipes
from mien.trainer import auto_recipe
from mien.trainer.auto_recipe import Facts

LAPTOP = Facts(size=(64, 64), pictures=30_000, memory=0, cores=2, bf16=False)
GPU = Facts(size=(64, 64), pictures=70_000, memory=80 * 2**30, cores=16, bf16=True)


def test_on_a_processor_time_decides():
    soon, why = auto_recipe.choose(replace(LAPTOP, seconds=300))
    assert soon.name == "dcgan-laptop" and soon.resolution == (64, 64)
    assert len(why) == 3 and "2 processor cores" in why[0] and why[2].endswith("need no augmentation; float32")
    for seconds in (1800, math.inf):  # infinite: counted in pictures
        best, why = auto_recipe.choose(replace(LAPTOP, seconds=seconds))
        assert best == recipes.find("r3gan-laptop")
        assert len(why) == 3 and "2 processor cores" in why[0] and "gamma 2 (the rule" in why[1]
    assert (
        auto_recipe.choose(replace(LAPTOP, size=(128, 128), seconds=1800))[0].name == "dcgan-laptop"
    )  # four times the work
    large, _ = auto_recipe.choose(replace(LAPTOP, size=(128, 128), seconds=7200))
    assert large.name == "r3gan-laptop" and large.discriminator.terms["r1"].weight.start == 16.0
    assert auto_recipe.choose(replace(LAPTOP, size=(100, 90)))[0].name == "dcgan-laptop"  # it draws any size


def test_networks_that_know_faces_need_no_time(monkeypatch):
    monkeypatch.setattr(auto_recipe, "knows", lambda size: size == (64, 64))
    started = replace(LAPTOP, seconds=60, started=True)
    recipe, why = auto_recipe.choose(started)
    assert recipe == recipes.find("r3gan-laptop") and "know faces" in why[0]
    assert auto_recipe.choose(replace(started, started=False))[0].name == "dcgan-laptop"  # --init none
    assert auto_recipe.choose(replace(started, size=(128, 128)))[0].name == "dcgan-laptop"


def test_few_pictures_are_told():
    _, why = auto_recipe.choose(replace(LAPTOP, pictures=300, cores=1))
    assert why[2].startswith("300 images are few: augmented") and "1 processor core " in why[0]


@pytest.mark.parametrize("size", [(96, 80), (100, 90), (16, 16), (1024, 1024)])
def test_what_is_chosen_can_draw_that_size(size):
    for known in (LAPTOP, GPU):
        recipe, why = auto_recipe.choose(replace(known, size=size))
        assert recipe.resolution == size and len(why) == 3
        if max(size) < 1000:
            recipe.replace(channels=1).build_game()


def test_on_a_gpu_the_published_setting_at_the_published_size():
    recipe, why = auto_recipe.choose(GPU)
    assert recipe.name == "r3gan" and recipe.batch_size == 256
    assert recipe.discriminator.terms["r1"].weight.start == recipe.discriminator.terms["r2"].weight.start == 2.0
    assert why[2].endswith("the top stages in bfloat16")


@pytest.mark.parametrize(
    ("side", "pictures", "gamma"),
    [(64, 70_000, 2.0), (256, 70_000, 128.0), (64, 1_281_167, 0.9669), (128, 70_000, 16.0)],
)
def test_gamma_rises_with_the_cube_of_the_side(side, pictures, gamma):
    known = replace(GPU, size=(side, side), pictures=pictures)
    assert auto_recipe.r3gan_gamma(known) == pytest.approx(gamma, rel=1e-3)
    assert auto_recipe.choose(known)[0].discriminator.terms["r1"].weight.end == pytest.approx(gamma / 10, rel=1e-3)


@pytest.mark.parametrize(
    ("gigabytes", "side", "batch"), [(80, 64, 256), (24, 64, 64), (8, 64, 32), (80, 256, 16), (8, 512, 8)]
)
def test_the_batch_falls_with_the_memory_and_with_the_size(gigabytes, side, batch):
    assert auto_recipe.r3gan_batch(replace(GPU, size=(side, side), memory=gigabytes * 2**30)) == batch


def test_a_size_that_r3gan_cannot_draw_goes_to_dcgan():
    recipe, why = auto_recipe.choose(replace(GPU, size=(100, 90)))
    assert recipe.name == "dcgan" and "100x90 px do not halve evenly" in why[0]
