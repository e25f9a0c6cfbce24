"""Drawing with generators that have a mapping network, and with those that have none."""

import numpy as np
import pytest
import torch

from mien import recipes
from mien.inference.generator import Generator

STYLE = ("latent_dim=6", "w_dim=5", "width=1", "most=8")


def generator_of(name, changes):
    recipe = recipes.find(name).override((*changes, "resolution=16x16"))
    torch.manual_seed(0)
    network = recipe.generator.network.build(resolution=(16, 16), channels=3)
    for key, tensor in network.state_dict().items():
        if key.endswith(("strength", "w_mean")):
            tensor.normal_()
    return Generator(recipe, "run", 0, network.state_dict(), torch.device("cpu"))


@pytest.fixture(scope="module")
def styled():
    return generator_of("stylegan2-laptop", [f"generator.{change}" for change in STYLE])


def test_truncation_pulls_w_towards_its_mean(styled):
    z, mean = styled.latents([1, 2, 3]), styled.network.w_mean
    w = styled.mapping(z)
    assert w.shape == (3, 6, 5)
    torch.testing.assert_close(styled.mapping(z, 0.7), mean + 0.7 * (w - mean))
    drawn = styled.pixels([1, 2, 3], truncation=0.0)
    assert np.array_equal(drawn[0], drawn[1]) and np.array_equal(drawn[0], drawn[2])
    tidy = styled.pixels([1, 2, 3], truncation=0.7)
    assert not np.array_equal(tidy[0], tidy[1]) and not np.array_equal(tidy, styled.pixels([1, 2, 3]))


def test_synthesis_draws_from_w(styled):
    w = styled.mapping(styled.latents([1, 2]))
    torch.testing.assert_close(styled.synthesis(w), styled.network(styled.latents([1, 2])))


def test_a_seed_is_a_picture_whatever_is_drawn_beside_it(styled):
    alone = styled.pixels([7])
    assert np.array_equal(styled.pixels([3, 4, 7])[2:], alone)
    torch.manual_seed(99)
    assert np.array_equal(styled.pixels([7]), alone)


def test_without_a_mapping_network_z_itself_is_pulled_towards_nothing():
    plain = generator_of("dcgan", ("generator.width=4", "generator.latent_dim=8"))
    z = plain.latents([1, 2])
    assert torch.equal(plain.mapping(z, 0.7), 0.7 * z)
    assert torch.equal(plain.synthesis(z), plain.network(z))
