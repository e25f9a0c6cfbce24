"""Recipes as earlier versions wrote them, and settings by their old names."""

import json
from pathlib import Path

import pytest

from mien import recipes
from mien.errors import UsageError
from mien.recipes.earlier import converted
from mien.recipes.extras import AuxiliaryClassifier, ModeSeeking
from mien.recipes.recipe import from_json

FILES = sorted((Path(__file__).parent / "earlier").glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_an_earlier_version_is_the_recipe_that_it_was(file):
    """main-: before sides; 0.1.0-: before classes moved to other modules."""
    assert len(FILES) == 5
    assert from_json(json.loads(file.read_text())) == recipes.find(file.stem.partition("-")[2])


def test_what_changed_in_an_old_file_stays_changed():
    (file,) = (one for one in FILES if one.stem == "main-acgan-laptop")
    data = json.loads(file.read_text())
    data |= {
        "auxiliary": 0.5,
        "frozen_layers": 2,
        "gan_weight": 3.0,
        "resolution": [96, 80],
        "discriminator_updates": 4,
    }
    data["game"]["twins"] = True
    made = from_json(data)
    assert made.extras == {"classifier": AuxiliaryClassifier(weight=0.5), "mode_seeking": ModeSeeking(weight=0.1)}
    assert (made.discriminator.frozen_layers, made.discriminator.updates) == (2, 4)
    assert (made.generator.loss_weight, made.resolution) == (3.0, (96, 80))
    assert made.game.arguments["paired_labels"] is True
    assert converted(converted(data)) == converted(data)
    with pytest.raises(UsageError, match=r"extras is \{.*not dict of Extra|does not fit|classifier.weight"):
        from_json({**data, "auxiliary": "much"})


@pytest.mark.parametrize(
    "old, new",
    [
        ("discriminator_terms.r1.every=3", "discriminator.terms.r1.every=3"),
        ("generator_optimizer.lr=0.001", "generator.optimizer.lr=0.001"),
        ("discriminator_updates=2", "discriminator.updates=2"),
        ("frozen_layers=1", "discriminator.frozen_layers=1"),
        ("gan_weight=2", "generator.loss_weight=2"),
        ("auxiliary=1", "classifier.weight=1"),
        ("name_fakes=true", "classifier.fakes=true"),
        ("mode_seeking=0.2", "mode_seeking.weight=0.2"),
        ("game.twins=true", "game.paired_labels=true"),
    ],
)
def test_an_old_name_of_a_setting_still_works_with_a_line(old, new, capsys):
    recipe = recipes.find("dcgan-laptop")
    assert recipe.override((new,)) != recipe and capsys.readouterr().err == ""
    assert recipe.override((old,)) == recipe.override((new,))
    name, now = (one.partition("=")[0] for one in (old, new))
    line = " ".join(capsys.readouterr().err.split())
    assert line == f"warning: --set {name} is now called {now}: the old name works in this release only"


@pytest.mark.parametrize("setting", ["generator.width=5", "mirror=false", "batch_size=7", "ema.half_life=5"])
def test_the_usual_settings_keep_their_names(setting, capsys):
    recipe = recipes.find("dcgan-laptop")
    assert recipe.override((setting,)) != recipe and capsys.readouterr().err == ""


def test_an_extra_is_added_changed_and_taken_away():
    recipe = recipes.find("dcgan")
    added = recipe.override(("mode_seeking.weight=0.3", "classifier.fakes=true"))
    assert added.extras == {"mode_seeking": ModeSeeking(weight=0.3), "classifier": AuxiliaryClassifier(fakes=True)}
    assert added.override(("mode_seeking=none", "classifier=none")) == recipe
    assert recipe.override(("augment=none",)) == recipe
    with pytest.raises(UsageError, match=r"recipe\.replace\(colour=…\): a recipe has no setting of that name"):
        recipe.replace(colour=5)
