"""Typed changes by dotted path."""

import math
from dataclasses import dataclass, field, is_dataclass

import pytest

from mien import recipes
from mien.config.overrides import override, paths
from mien.config.schedules import Cosine
from mien.config.spec import Spec
from mien.errors import UsageError
from mien.losses.adversarial import NonSaturating
from mien.losses.penalties import R1
from mien.networks.dcgan import DCGANGenerator
from mien.training.optimizer import Adam

KNOWN = sorted(recipes.known())


def changed(assignment):
    return override(recipes.find("dcgan").replace(discriminator_terms={"r1": R1(weight=1.0, every=16)}), assignment)


def test_bfloat16_can_be_switched_off():
    changed = override(recipes.find("r3gan"), "generator.bf16_stages=0")
    assert {path: part for path, part, _ in paths(changed)}["generator.bf16_stages"] == 0


def test_each_kind_of_value():
    assert changed("discriminator.terms.r1.weight=5").discriminator.terms["r1"] == R1(weight=5.0, every=16)
    assert changed("discriminator.terms.r1.every=4").discriminator.terms["r1"].every == 4
    wide = changed("generator.width=16").generator.network
    assert wide.of is DCGANGenerator and wide.arguments == {
        **changed("name=x").generator.network.arguments,
        "width": 16,
    }
    assert changed("game.reuse_fakes=false").game.arguments == {"reuse_fakes": False}
    assert changed("mirror=True").data.mirror is True
    assert changed("resolution=96x80").resolution == changed("resolution=96,80").resolution == (96, 80)
    assert changed("generator.optimizer.beta1=0").generator.optimizer == Adam(2e-4, 0.0, 0.999)
    assert changed("name=mine").name == "mine"
    assert math.isclose(changed("ema.half_life=5e3").ema.half_life, 5000)


def test_only_the_named_setting_changes():
    before = recipes.find("dcgan")
    after = override(before, "discriminator.optimizer.lr=1e-3")
    assert after.replace(discriminator_optimizer=before.discriminator.optimizer) == before
    assert after.generator.optimizer.lr == 2e-4


def test_a_number_may_replace_a_schedule_and_a_schedules_numbers_are_settings():
    recipe = recipes.find("dcgan").replace(generator_optimizer=Adam(lr=Cosine(1e-3, 1e-4, 500)))
    assert override(recipe, "generator.optimizer.lr.end=0").generator.optimizer.lr == Cosine(1e-3, 0.0, 500)
    assert override(recipe, "generator.optimizer.lr=0.5").generator.optimizer.lr == 0.5


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
        ("=5", "--set : no such setting; valid are: batch_size, "),
        ("batchsize=5", "--set batchsize: no such setting; did you mean batch_size? valid are: batch_size, "),
        ("discriminator.terms.r1.wieght=5", "did you mean discriminator.terms.r1.weight?"),
        ("discriminator.terms.gp.weight=5", "did you mean discriminator.terms.r1.weight?"),
        (
            "lr=1e-3",
            "--set lr: no such setting; did you mean discriminator.optimizer.lr or generator.optimizer.lr? valid",
        ),
        ("loss=hinge", "--set loss: no such setting"),
        ("generator=5", "--set generator: no such setting"),
        ("batch_size=many", "--set batch_size=many: 'many' is not int"),
        ("batch_size=1.5", "--set batch_size=1.5: '1.5' is not int"),
        ("batch_size=", "--set batch_size=: '' is not int"),
        ("batch_size=0", "--set batch_size=0: batch_size must be at least 1"),
        ("generator.width=-4", "--set generator.width=-4: generator.width must be at least 1"),
        ("discriminator.terms.r1.every=0", "discriminator.terms.r1.every must be at least 1"),
        ("discriminator.updates=0", "discriminator.updates must be at least 1"),
        ("mirror=yes", "--set mirror=yes: 'yes' is not bool"),
        ("discriminator.optimizer.lr=fast", "'fast' is not float or Cosine or Linear"),
        ("discriminator.optimizer.lr=nan", "discriminator.optimizer.lr must be a finite number"),
        ("discriminator.optimizer.lr=inf", "discriminator.optimizer.lr must be a finite number"),
        ("discriminator.optimizer.lr=-1", "Adam: lr -1 is not in [0, inf)"),
        ("discriminator.optimizer.beta2=1", "Adam: beta2 1 is not in [0, 1)"),
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
        listed = leaves(recipe)
        for path, value, _ in listed:
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            if path != "name" and not is_dataclass(value):  # a schedule, a weight clip: given by their parts
                assert leaves(override(recipe, f"{path}={text}")) == listed, path


def leaves(recipe):
    """Without a network that may be left out: it is given by its parts, and spells out what it was given."""
    return [one for one in paths(recipe) if not isinstance(one[1], Spec)]


def test_a_loss_without_settings_is_no_path():
    assert not any(path.startswith("loss") for path, _, _ in paths(recipes.find("dcgan")))
    assert NonSaturating() == recipes.find("dcgan").loss
