"""Recipes as data: to JSON and back, and what may not be loaded."""

import json
import math
import os
import sys
from dataclasses import dataclass, replace

import pytest

from mien import recipes
from mien.conditioning.condition import Condition
from mien.config import serialization
from mien.config.overrides import paths
from mien.config.schedules import Cosine, Linear
from mien.config.serialization import add_user_file, decode, encode
from mien.config.spec import Spec
from mien.errors import FileError, UsageError
from mien.losses.adversarial import Hinge
from mien.losses.penalties import R1, GradientPenalty
from mien.networks.dcgan import DCGANGenerator
from mien.recipes.recipe import from_json
from mien.training.optimizer import Adam

KNOWN = sorted(recipes.known())


def through_text(value):
    return json.loads(json.dumps(encode(value)))


# --- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_every_recipe_survives_json(name):
    recipe = recipes.find(name)
    assert from_json(through_text(recipe)) == recipe


def test_a_changed_recipe_survives_with_its_schedules_terms_and_pairs():
    recipe = recipes.find("dcgan").replace(
        loss=Hinge(),
        resolution=(96, 80),
        discriminator_terms={"gp": GradientPenalty(weight=Cosine(10.0, 1.0, 5000)), "r1": R1(every=16)},
        generator_optimizer=Adam(lr=Linear(1e-4, 0.0, images=100, begin=50)),
    )
    back = from_json(through_text(recipe))
    assert back == recipe and back.resolution == (96, 80) and back.generator.optimizer.lr(75) == 5e-5


EXACT = {"share": 1.0, "epsilon": None}  # the defaults: from all images, by differentiating twice


def test_classes_are_written_as_module_and_name():
    written = encode(Spec(DCGANGenerator, width=32))
    defaults = {"latent_dim": 100, "contrast": 1.0, "filtered": False}  # so a later version draws the same
    assert written == {"class": "mien.networks.dcgan:DCGANGenerator", "width": 32, **defaults}
    assert encode(R1(weight=2.0)) == {"class": "mien.losses.penalties:R1", "weight": 2.0, "every": 1, **EXACT}


def refused(data, match):
    with pytest.raises(UsageError, match=match):
        decode(data)


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "builtins:eval",
        "subprocess:Popen",
        "torch.nn:Linear",
        "mienevil:Thing",
        "mien_user_x:Thing",
        "",
        ":",
        "Popen",
        "../mien:Thing",
        "mien.runs.directory:RunDirectory",  # of mien, and no part of a recipe
        "mien.data.batches:Batches",
        "mien.config.serialization:Path",
        "mien.cli:main",
        "mien:VERBS",
        "mien.networksevil:Net",
    ],
)
def test_foreign_modules_are_refused(name):
    refused({"class": name}, "only classes of mien or of a file given with --code are loaded")


@pytest.mark.parametrize(
    "name",
    [
        "mien.recipes.recipe:encoding",  # a module
        "mien.recipes.recipe:Path",  # a class that the module merely imports
        "mien.recipes.recipe:from_json",  # a function
        "mien.losses.penalties:Term",  # at home elsewhere
        "mien.losses.penalties:Nothing",
        "mien.losses.penalties:R1.__init__",
        "mien.losses.penalties:",
    ],
)
def test_only_classes_at_home_in_their_module_are_loaded(name):
    refused({"class": name}, "which does not exist")


@pytest.mark.parametrize(
    "name", ["mien.losses.nothing:R1", "mien.losses..penalties:R1", "mien.losses.penalties.R1:R1", "mien.losses.\0:R1"]
)
def test_modules_that_this_version_lacks(name):
    refused({"class": name}, "which this version of mien does not have")


@pytest.mark.parametrize("name", [5, None, ["mien.losses.penalties:R1"], {"class": "os:system"}, True])
def test_a_class_that_is_no_text(name):
    refused({"class": name}, "only classes of mien")


def test_naming_the_programs_own_entry_starts_nothing():
    refused({"class": "mien.__main__:main"}, "only classes of mien")


def test_a_users_class_needs_the_users_file():
    refused({"class": "stranger.py:Net"}, "name that file with --code PATH if you trust it")


def test_fields_that_do_not_fit():
    refused({"class": "mien.losses.penalties:R1", "gamma": 5}, "does not fit this version of mien.*R1.*gamma")
    refused({"class": "mien.networks.dcgan:DCGANGenerator", "depth": 5}, "DCGANGenerator has no argument depth")
    with pytest.raises(UsageError, match=r"does not hold a recipe"):
        from_json({"class": "mien.losses.penalties:R1"})
    with pytest.raises(UsageError, match=r"does not fit.*generator"):
        from_json({"class": "mien.recipes.recipe:Recipe", "name": "half"})
    for other in ([], 5, None, "dcgan", {}):
        with pytest.raises(UsageError, match=r"does not hold a recipe"):
            from_json(other)


def places(data, path=()):
    """Every value in an encoded recipe but the classes' names, by the keys that lead to it."""
    for key, part in (data if isinstance(data, dict) else {}).items():
        if key != "class":
            yield (*path, key)
            yield from places(part, (*path, key))


def edited(data, path, value):
    """As a user's editor leaves it."""
    data = json.loads(json.dumps(data))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return data


@pytest.mark.parametrize("name", KNOWN)
def test_a_value_of_another_type_is_refused_in_one_line_wherever_it_stands(name):
    """A list of lists is none of what a recipe holds."""
    recipe = through_text(recipes.find(name))
    for path in places(recipe):
        with pytest.raises(UsageError) as caught:
            from_json(edited(recipe, path, [[]]), "runs/00007-faces/recipe.json")
        in_dict = path[-2:-1] in (("terms",), ("extras",))
        told = f"{'.'.join(path[:-1])} is {{" if in_dict else ".".join(path)
        assert str(caught.value).startswith(f"runs/00007-faces/recipe.json: {told}")
        assert ", not " in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path, value, told",
    [
        ("generator.network.width", "abc", 'generator.network.width is "abc", not int'),
        ("generator.network.width", 1.5, "generator.network.width is 1.5, not int"),
        ("generator.network.width", -4, "generator.network.width is -4: it must be at least 0"),
        ("generator.network.width", True, "generator.network.width is true, not int"),
        ("generator.network", {"class": "mien.networks.dcgan:ToPixels"}, "which does not exist"),
        ("generator.network", {"class": "mien.errors:UsageError"}, "only classes of mien"),
        ("generator.network", {"class": "mien.games.noise:NoiseGame"}, "NoiseGame\"}, not Module"),
        ("discriminator", 5, "discriminator is 5, not Side or none"),
        ("batch_size", None, "batch_size is null, not int"),
        ("batch_size", 0, "batch_size is 0: it must be at least 1"),
        ("data.resolution", [64], "data.resolution is [64], not 2 numbers"),
        ("data.resolution", [64, "64"], 'data.resolution is [64, "64"], not 2 numbers'),
        ("data.resolution", [0, 64], "data.resolution is [0, 64]: it must be at least 1"),
        ("data.mirror", "yes", 'data.mirror is "yes", not bool'),
        ("data.direction", "BtoC", 'data.direction is "BtoC", not AtoB or BtoA'),
        ("loss", {"class": "mien.losses.penalties:R1"}, 'penalties:R1"}, not AdversarialLoss'),
        ("discriminator.terms", {"r1": 5}, 'discriminator.terms is {"r1": 5}, not dict of Term'),
        ("discriminator.optimizer.lr", "fast", 'lr is "fast", not float or Cosine or Linear'),
        ("discriminator.optimizer.eps", math.inf, "eps is Infinity: it must be a finite number"),
        ("extras", {"augment": {}}, 'extras is {"augment": {}}, not dict of Extra'),
        ("condition", {"class": "mien.conditioning.condition:Condition", "kind": "class", "dim": 2, "names": ["a", 5]},
         'condition.names is ["a", 5], not texts'),
    ],
)  # fmt: skip
def test_what_a_file_says_wrongly_is_told_with_its_place(path, value, told):
    with pytest.raises(UsageError) as caught:
        from_json(edited(through_text(recipes.find("dcgan")), path.split("."), value))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_hints_that_a_users_class_writes_for_the_type_checker_alone_are_no_hindrance(tmp_path):
    path = tmp_path / "hinted.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from torch import Tensor\n"
        "@dataclass\nclass Mine:\n    number: int = 5\n    weights: Tensor | None = None\n    few: list[int] = ()\n"
        "class Net:\n    def __init__(self, sizes: list[int], width: int = None, weights: list = ()): ...\n"
    )
    module = add_user_file(path)
    assert decode(through_text(module.Mine(7, few=[1, 2]))) == module.Mine(7, few=(1, 2))
    net = Spec(module.Net, sizes=[1, 2], width=None, weights=[3])
    assert decode(through_text(net)) == Spec(module.Net, sizes=(1, 2), width=None, weights=(3,))
    refused({"class": "hinted.py:Net", "sizes": [1, "2"]}, r'^sizes is \[1, "2"\], not list')
    assert paths(module.Mine()) == []


# --- a user's own file -----------------------------------------------------------------------------------------------


def test_classes_of_a_users_file(tmp_path):
    path = tmp_path / "my_terms.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom mien.losses.penalties import R1\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Mine(R1):\n    extra: float = 2.0\n"
        "def nested():\n    class Inner(R1):\n        pass\n    return Inner()\n"
        "def build(width=3):\n    return width\n"
    )
    module = add_user_file(path)
    assert add_user_file(path) is module  # imported once
    written = through_text({"term": module.Mine(weight=3.0)})
    assert written == {"term": {"class": "my_terms.py:Mine", "weight": 3.0, "every": 1, **EXACT, "extra": 2.0}}
    assert decode(written) == {"term": module.Mine(weight=3.0)}
    assert serialization.user_files(written) == {path.resolve()}
    # What could be written but never read again is refused while there is still time.
    with pytest.raises(UsageError, match=r"nested.*Inner cannot be written into recipe.json: use a class at the top"):
        encode(module.nested())
    with pytest.raises(UsageError, match=r"build cannot be written into recipe.json"):
        encode(Spec(module.build))
    refused({"class": "my_terms.py:R1"}, "does not exist")


@dataclass(frozen=True)
class Elsewhere:
    number: int = 1


def test_a_class_from_neither_mien_nor_the_recipes_file_is_not_written():
    with pytest.raises(UsageError, match=r"Elsewhere cannot be written into recipe.json: put the class into your"):
        encode({"term": Elsewhere()})


def test_a_digit_changed_at_once_counts(tmp_path, monkeypatch):
    """Python's cache would give the first file: it has the same size, and was written in the same second."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "my_width.py"
    for width in (3, 4):
        path.write_text(f"width = {width}\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert add_user_file(path).width == width
        monkeypatch.delitem(sys.modules, "mien_user_my_width")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_missing_or_broken(tmp_path):
    with pytest.raises(FileError, match=r"is not a file"):
        add_user_file(tmp_path / "nothing.py")
    path = tmp_path / "broken.py"
    path.write_text("import nonexistent_thing\n")
    with pytest.raises(UsageError, match=r"broken.py cannot be imported: ModuleNotFoundError"):
        add_user_file(path)
    path.write_text("x = 1\n")
    assert add_user_file(path).x == 1  # a failed import leaves nothing behind


# --- files of version 0.1.0 -------------------------------------------------------------------------------------------


def test_a_file_of_the_first_version_names_modules_that_have_moved():
    recipe = replace(recipes.find("r3gan"), condition=Condition("class", 2, ("a", "b")))
    text = json.dumps(encode(recipe))
    for old, new in serialization.MOVED.items():
        text = text.replace(f'"{new}:', f'"{old}:')
    assert '"mien.recipe:Recipe"' in text and '"mien.training.ada:ADA"' in text and '"mien.schedule:Cosine"' in text
    assert from_json(json.loads(text)) == recipe


def test_a_users_file_of_the_first_version_is_imported_with_a_line(tmp_path, capsys):
    file = tmp_path / "of_old.py"
    file.write_text(
        "from mien.recipe import Recipe, recipe\nfrom mien.recipes.dcgan import dcgan\nfrom mien.spec import Spec\n\n"
        "@recipe\ndef mine() -> Recipe:\n    return dcgan()\n"
    )
    assert recipes.find(f"{file}:mine").loss == recipes.find("dcgan").loss
    said = " ".join(capsys.readouterr().err.split())
    assert "mien.recipe is mien.recipes.recipe now" in said and "mien.spec is mien.config.spec now" in said
