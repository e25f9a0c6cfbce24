"""What `mien recipes` and `mien env` tell."""

import numpy
import pytest

from mien.commands.env import env
from mien.commands.recipes import recipes
from mien.errors import UsageError


def test_lists_every_recipe_with_its_first_line() -> None:
    rows = recipes().as_dict()["recipes"]
    assert rows["dcgan"].startswith("DCGAN as published")
    assert "dcgan-laptop" in str(recipes())


def test_settings_are_those_that_set_takes() -> None:
    rows = recipes("dcgan-laptop").as_dict()["settings"]
    assert rows["discriminator.terms.r1.every"] == 16
    assert rows["generator.width"] == 32


def test_a_recipe_says_what_it_is_and_which_sizes_it_draws() -> None:
    shown = str(recipes("celeba"))
    assert shown.startswith("Photos of celebrities at 96x80") and "Sizes: both sides multiples of 16." in shown
    assert recipes("celeba").as_dict()["about"] in shown
    for name in recipes().rows:
        assert "izes: " in recipes(name).about, name


def test_an_unknown_recipe_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean dcgan"):
        recipes("dcgna")


def test_env_tells_versions() -> None:
    assert env().as_dict()["numpy"] == numpy.__version__
