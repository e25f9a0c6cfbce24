"""The recipes that draw from pictures: what the laptops' ones share with the published."""

import pytest

from mien import recipes


def parameters(modules):
    return sum(parameter.numel() for module in modules.values() for parameter in module.parameters())


@pytest.mark.parametrize(
    "name, generators, discriminators, changed",
    [
        ("pix2pix", 1_830_563, 696_225, ("generator.norm=instance",)),
        ("cyclegan", 2 * 493_155, 2 * 167_457, ("discriminator.layers=3",)),
    ],
)
def test_a_laptops_recipe_is_the_published_one_but_for_its_sizes_and_rates(name, generators, discriminators, changed):
    small, published = recipes.find(f"{name}-laptop"), recipes.find(name)
    game = small.build_game()
    assert (parameters(game.generators), parameters(game.discriminators)) == (generators, discriminators)
    sizes = {key: getattr(published, key) for key in ("name", "batch_size", "resolution")}
    rates = [f"{side}.optimizer.lr.start=2e-4" for side in ("generator", "discriminator")]
    widths = ("generator.width=64", "discriminator.width=64")
    assert small.replace(**sizes).override((*widths, *rates, *changed)) == published


def test_the_halves_of_pix2pix_are_settings_of_the_laptops_recipe():
    small, l1, gan = (recipes.find(name) for name in ("pix2pix-laptop", "pix2pix-l1", "pix2pix-gan"))
    assert small.override(("discriminator=none",)).discriminator is l1.discriminator is None
    assert small.generator.terms == l1.generator.terms
    assert small.override(("generator.terms.l1.weight=0",)).generator.terms["l1"].weight == 0  # the log still has it
    assert not gan.generator.terms and gan.discriminator is not None
