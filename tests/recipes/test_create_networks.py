"""A recipe's networks, for a loop of one's own."""

from __future__ import annotations

import pytest
import torch

import mien
from mien.errors import UsageError


def test_the_two_networks_of_a_recipe_fit_each_other():
    generator, discriminator = mien.create_networks(
        "dcgan", resolution=(16, 32), channels=1, set={"generator.width": 4, "discriminator.width": 4}
    )
    fake = generator(torch.randn(3, generator.latent_dim))
    assert fake.shape == (3, 1, 16, 32) and fake.abs().max() <= 1
    assert discriminator(fake).shape == (3,)
    assert all(parameter.requires_grad for parameter in generator.parameters())


def test_networks_follow_from_torchs_seed():
    made = []
    for _ in range(2):
        torch.manual_seed(5)
        made.append(mien.create_networks("dcgan", resolution=16, set={"generator.width": 4})[0])
    for one, other in zip(made[0].parameters(), made[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_translators_networks_take_images():
    generator, discriminator = mien.create_networks("pix2pix", resolution=32, set={"generator.width": 4})
    source = torch.randn(1, 3, 32, 32)
    assert generator(source).shape == (1, 3, 32, 32) and discriminator(source, source).dim() == 2


def test_a_mistake_is_one_line():
    with pytest.raises(UsageError, match=r"no recipe 'dcgna': did you mean dcgan\?"):
        mien.create_networks("dcgna")
    with pytest.raises(UsageError, match="cyclegan has 4 networks"):
        mien.create_networks("cyclegan", resolution=32)
