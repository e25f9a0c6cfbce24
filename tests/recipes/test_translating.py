"""The recipes that draw from pictures: what the laptops' ones share with the published."""

from dataclasses import replace

import pytest

from mien import recipes


def parameters(modules):
    return sum(parameter.numel() for module in modules.values() for parameter in module.parameters())


@pytest.mark.parametrize(
    "name, generators, discriminators",
    [("pix2pix", 1_830_563, 169_377), ("cyclegan", 2 * 495_011, 2 * 167_841)],
)
def test_a_laptops_recipe_is_the_published_one_but_for_its_sizes(name, generators, discriminators):
    small, published = recipes.find(f"{name}-laptop"), recipes.find(name)
    game = small.build_game()
    assert (parameters(game.generators), parameters(game.discriminators)) == (generators, discriminators)
    sizes = {key: getattr(published, key) for key in ("name", "batch_size", "resolution")}
    layers = ("generator.width=64", "discriminator.width=64", "discriminator.layers=3")
    assert replace(small, **sizes).override(layers) == published
