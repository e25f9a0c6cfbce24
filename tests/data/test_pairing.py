"""Which images fit a recipe of translation."""

import pytest
from paired_sets import a_set, of

from mien import recipes
from mien.data.pairing import select_sources
from mien.errors import UsageError


def selected(recipe, pictures):
    return select_sources(pictures, recipe.sources, recipe.data.direction, recipe.name)


def test_pictures_as_a_recipe_reads_them():
    pairs, two = a_set(), a_set("unpaired trainA/trainB", 5)
    assert selected(recipes.find("dcgan"), pairs) is pairs and selected(of("pix2pix"), pairs) is pairs
    turned = selected(of("pix2pix", "direction=BtoA"), pairs)
    assert turned.images is pairs.sources and turned.sources is pairs.images and turned.labels is pairs.labels
    assert selected(of("cyclegan"), two) is two and selected(of("cyclegan"), pairs) is pairs
    assert two.swapped().labels is None  # they are of images that are sources now


@pytest.mark.parametrize("name, given", [("pix2pix", ("flat folder", 0)), ("cyclegan", ("flat folder", 0))])
def test_pictures_without_sources_are_refused(name, given):
    with pytest.raises(UsageError, match=rf"--data faces \(flat folder\): {name} learns from (pairs|two sets): "):
        selected(recipes.find(name), a_set(*given))


def test_two_sets_are_no_pairs():
    with pytest.raises(UsageError, match="for two sets there is cyclegan"):
        selected(recipes.find("pix2pix"), a_set("drawn-unpaired"))
