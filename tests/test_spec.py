"""Recipes as data: to JSON and back, what may not be loaded, typed changes by path."""

import json
import math
from dataclasses import dataclass, field, is_dataclass, replace

import pytest

from mien import recipes, spec
from mien.errors import FileTrouble, UsageError
from mien.losses.adversarial import Hinge, NonSaturating
from mien.losses.penalties import R1, GradientPenalty
from mien.networks.dcgan import DCGANGenerator
from mien.recipe import from_json
from mien.schedule import Cosine, Linear
from mien.spec import Spec, add_user_file, decode, encode, override, paths
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
    recipe = replace(
        recipes.find("dcgan"),
        loss=Hinge(),
        resolution=(96, 80),
        discriminator_terms={"gp": GradientPenalty(weight=Cosine(10.0, 1.0, 5000)), "r1": R1(every=16)},
        generator_optimizer=Adam(lr=Linear(1e-4, 0.0, images=100, begin=50)),
    )
    back = from_json(through_text(recipe))
    assert back == recipe and back.resolution == (96, 80) and back.generator_optimizer.lr(75) == 5e-5


def test_classes_are_written_as_module_and_name():
    written = encode(Spec(DCGANGenerator, width=32))
    assert written == {"class": "mien.networks.dcgan:DCGANGenerator", "width": 32}
    assert encode(R1(weight=2.0)) == {"class": "mien.losses.penalties:R1", "weight": 2.0, "every": 1}


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
    ],
)
def test_foreign_modules_are_refused(name):
    refused({"class": name}, "only classes of mien or of a file given with --code are loaded")


@pytest.mark.parametrize(
    "name",
    [
        "mien.spec:importlib",  # a module
        "mien.spec:Path",  # a class that the module merely imports
        "mien.cli:main",  # a function
        "mien.losses.penalties:Term",  # at home elsewhere
        "mien.losses.penalties:Nothing",
        "mien.losses.penalties:R1.__init__",
        "mien.losses.penalties:",
        "mien:VERBS",
    ],
)
def test_only_classes_at_home_in_their_module_are_loaded(name):
    refused({"class": name}, "which does not exist")


@pytest.mark.parametrize("name", ["mien.nothing:R1", "mien..losses:R1", "mien.losses.penalties.R1:R1"])
def test_modules_that_this_version_lacks(name):
    refused({"class": name}, "which this version of mien does not have")


@pytest.mark.parametrize("name", [5, None, ["mien.losses.penalties:R1"], {"class": "os:system"}, True])
def test_a_class_that_is_no_text(name):
    refused({"class": name}, "only classes of mien")


def test_naming_the_programs_own_entry_starts_nothing():
    refused({"class": "mien.__main__:main"}, "which does not exist")


def test_a_users_class_needs_the_users_file():
    refused({"class": "stranger.py:Net"}, "name that file with --code PATH if you trust it")


def test_fields_that_do_not_fit():
    refused({"class": "mien.losses.penalties:R1", "gamma": 5}, "does not fit this version of mien.*R1.*gamma")
    refused({"class": "mien.networks.dcgan:DCGANGenerator", "depth": 5}, "DCGANGenerator has no argument depth")
    with pytest.raises(UsageError, match=r"does not hold a recipe"):
        from_json({"class": "mien.losses.penalties:R1"})
    with pytest.raises(UsageError, match=r"does not fit.*generator"):
        from_json({"class": "mien.recipe:Recipe", "name": "half"})
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
        told = f"{path[0]} is {{" if path[:-1] in (("discriminator_terms",), ("generator_terms",)) else ".".join(path)
        assert str(caught.value).startswith(f"runs/00007-faces/recipe.json: {told}")
        assert ", not " in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path, value, told",
    [
        ("generator.width", "abc", 'generator.width is "abc", not int'),
        ("generator.width", 1.5, "generator.width is 1.5, not int"),
        ("generator.width", -4, "generator.width is -4: it must be at least 0"),
        ("generator.width", True, "generator.width is true, not int"),
        ("generator", {"class": "mien.images:ToPixels"}, "which does not exist"),
        ("generator", {"class": "mien.errors:UsageError"}, "does not fit this version of mien: mien.errors:UsageError"),
        ("generator", {"class": "mien.data.batches:Batches"}, "Batches\"}, not Module"),
        ("discriminator", 5, "discriminator is 5, not Module or none"),
        ("batch_size", None, "batch_size is null, not int"),
        ("batch_size", 0, "batch_size is 0: it must be at least 1"),
        ("resolution", [64], "resolution is [64], not 2 numbers"),
        ("resolution", [64, "64"], 'resolution is [64, "64"], not 2 numbers'),
        ("resolution", [0, 64], "resolution is [0, 64]: it must be at least 1"),
        ("mirror", "yes", 'mirror is "yes", not bool'),
        ("direction", "BtoC", 'direction is "BtoC", not AtoB or BtoA'),
        ("loss", {"class": "mien.losses.penalties:R1"}, 'penalties:R1"}, not AdversarialLoss'),
        ("discriminator_terms", {"r1": 5}, 'discriminator_terms is {"r1": 5}, not dict of Term'),
        ("discriminator_optimizer.lr", "fast", 'lr is "fast", not float or Cosine or Linear'),
        ("discriminator_optimizer.eps", math.inf, "eps is Infinity: it must be a finite number"),
        ("augment", {}, "augment is {}, not Augmentation or none"),
        ("condition", {"class": "mien.condition:Condition", "kind": "class", "dim": 2, "names": ["a", 5]},
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
    assert written == {"term": {"class": "my_terms.py:Mine", "weight": 3.0, "every": 1, "extra": 2.0}}
    assert decode(written) == {"term": module.Mine(weight=3.0)}
    assert spec.user_files(written) == {path.resolve()}
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


def test_a_file_that_is_missing_or_broken(tmp_path):
    with pytest.raises(FileTrouble, match=r"is not a file"):
        add_user_file(tmp_path / "nothing.py")
    path = tmp_path / "broken.py"
    path.write_text("import nonexistent_thing\n")
    with pytest.raises(UsageError, match=r"broken.py cannot be imported: ModuleNotFoundError"):
        add_user_file(path)
    path.write_text("x = 1\n")
    assert add_user_file(path).x == 1  # a failed import leaves nothing behind


# --- Spec ------------------------------------------------------------------------------------------------------------


def test_spec_builds_with_its_arguments_and_those_added():
    network = Spec(DCGANGenerator, latent_dim=5, width=2).build(resolution=(16, 16), channels=1)
    assert network.latent_dim == 5 and network.layers[0].out_channels == 4
    with pytest.raises(UsageError, match=r"DCGANGenerator has no argument height"):
        Spec(DCGANGenerator, height=3)
    assert Spec(DCGANGenerator, width=2) == Spec(DCGANGenerator, width=2) != Spec(DCGANGenerator, width=3)
    assert repr(Spec(DCGANGenerator, width=2)) == "Spec(DCGANGenerator, width=2)"


# --- changes by path -------------------------------------------------------------------------------------------------


def changed(assignment):
    return override(replace(recipes.find("dcgan"), discriminator_terms={"r1": R1(weight=1.0, every=16)}), assignment)


def test_each_kind_of_value():
    assert changed("discriminator_terms.r1.weight=5").discriminator_terms["r1"] == R1(weight=5.0, every=16)
    assert changed("discriminator_terms.r1.every=4").discriminator_terms["r1"].every == 4
    wide = changed("generator.width=16").generator
    assert wide.of is DCGANGenerator and wide.arguments == {**changed("name=x").generator.arguments, "width": 16}
    assert changed("game.reuse_fakes=false").game.arguments == {"reuse_fakes": False}
    assert changed("mirror=True").mirror is True
    assert changed("resolution=96x80").resolution == changed("resolution=96,80").resolution == (96, 80)
    assert changed("generator_optimizer.beta1=0").generator_optimizer == Adam(2e-4, 0.0, 0.999)
    assert changed("name=mine").name == "mine"
    assert math.isclose(changed("ema.half_life=5e3").ema.half_life, 5000)


def test_only_the_named_setting_changes():
    before = recipes.find("dcgan")
    after = override(before, "discriminator_optimizer.lr=1e-3")
    assert replace(after, discriminator_optimizer=before.discriminator_optimizer) == before
    assert after.generator_optimizer.lr == 2e-4


def test_a_number_may_replace_a_schedule_and_a_schedules_numbers_are_settings():
    recipe = replace(recipes.find("dcgan"), generator_optimizer=Adam(lr=Cosine(1e-3, 1e-4, 500)))
    assert override(recipe, "generator_optimizer.lr.end=0").generator_optimizer.lr == Cosine(1e-3, 0.0, 500)
    assert override(recipe, "generator_optimizer.lr=0.5").generator_optimizer.lr == 0.5


@dataclass(frozen=True)
class Choices:
    maybe: int | None = 3
    text: str = "a"
    pair: tuple[float, float] = (0.5, 0.999)
    begin: int = 0
    terms: dict = field(default_factory=lambda: {"a": R1()})


def test_optional_text_pairs_and_counts_from_zero():
    assert override(Choices(), "maybe=none").maybe is None and override(Choices(), "maybe=4").maybe == 4
    assert override(Choices(), "text=b=c").text == "b=c"
    assert override(Choices(), "pair=0,0.9").pair == (0.0, 0.9)
    assert override(Choices(begin=0), "begin=0").begin == 0


@pytest.mark.parametrize(
    "assignment, message",
    [
        ("r1", "--set 'r1' is not KEY=VALUE"),
        ("=5", "--set : no such setting; valid are: augment, "),
        ("batchsize=5", "--set batchsize: no such setting; did you mean batch_size? valid are: augment, "),
        ("discriminator_terms.r1.wieght=5", "did you mean discriminator_terms.r1.weight?"),
        ("discriminator_terms.gp.weight=5", "did you mean discriminator_terms.r1.weight?"),
        ("loss=hinge", "--set loss: no such setting"),
        ("generator=5", "--set generator: no such setting"),
        ("batch_size=many", "--set batch_size=many: 'many' is not int"),
        ("batch_size=1.5", "--set batch_size=1.5: '1.5' is not int"),
        ("batch_size=", "--set batch_size=: '' is not int"),
        ("batch_size=0", "--set batch_size=0: batch_size must be at least 1"),
        ("generator.width=-4", "--set generator.width=-4: generator.width must be at least 1"),
        ("discriminator_terms.r1.every=0", "discriminator_terms.r1.every must be at least 1"),
        ("discriminator_updates=0", "discriminator_updates must be at least 1"),
        ("mirror=yes", "--set mirror=yes: 'yes' is not bool"),
        ("discriminator_optimizer.lr=fast", "'fast' is not float or Cosine or Linear"),
        ("discriminator_optimizer.lr=nan", "discriminator_optimizer.lr must be a finite number"),
        ("discriminator_optimizer.lr=inf", "discriminator_optimizer.lr must be a finite number"),
        ("discriminator_optimizer.lr=-1", "Adam: lr -1 is not in [0, inf)"),
        ("discriminator_optimizer.beta2=1", "Adam: beta2 1 is not in [0, 1)"),
        ("resolution=64", "--set resolution=64: '64' is not 2 numbers with an x between them"),
        ("resolution=64xbig", "--set resolution=64xbig: 'big' is not int"),
        ("resolution=0x64", "--set resolution=0x64: resolution must be at least 1"),
    ],
)
def test_what_is_refused_and_how(assignment, message):
    with pytest.raises(UsageError) as caught:
        changed(assignment)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_every_listed_path_accepts_its_own_value():
    for name in KNOWN:
        recipe = recipes.find(name)
        for path, value, _ in leaves(recipe):
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            if path != "name" and not is_dataclass(value):  # a schedule, a weight clip: given by their parts
                assert leaves(override(recipe, f"{path}={text}")) == leaves(recipe), path


def leaves(recipe):
    """Without a network that may be left out: it is given by its parts, and spells out what it was given."""
    return [one for one in paths(recipe) if not isinstance(one[1], Spec)]


def test_a_loss_without_settings_is_no_path():
    assert not any(path.startswith("loss") for path, _, _ in paths(recipes.find("dcgan")))
    assert NonSaturating() == recipes.find("dcgan").loss
