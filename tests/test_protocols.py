"""Each network of mien plays its part, and a network that lacks a member is named in one line."""

import pytest
import torch
from torch import nn

from mien import protocols
from mien.errors import UsageError
from mien.networks.conditional import AuxiliaryDiscriminator, ConditionalGenerator
from mien.networks.points import PointDiscriminator, PointGenerator
from mien.networks.resnet_translator import ResNetTranslator
from mien.networks.stylegan2 import StyleGAN2Generator
from mien.networks.unet import UNetGenerator


class Sub(nn.Module):
    """Its features and its styles are submodules, which `isinstance` with a protocol does not see."""

    def __init__(self):
        super().__init__()
        self.latent_dim = self.feature_dim = 4
        self.features, self.score = nn.Flatten(), nn.Linear(4, 1)
        self.mapping, self.synthesis = nn.Linear(4, 4), nn.Linear(4, 4)


def test_members_may_be_submodules():
    network = Sub()
    assert protocols.feature_discriminator(network) is network
    assert protocols.style_generator(network) is network
    assert not protocols.is_classifying(network)


def test_a_generator_of_noise():
    network = PointGenerator((1, 1), 2, latent_dim=5)
    assert protocols.noise_generator(network) is network
    assert protocols.noise_generator(network).latent_dim == 5
    assert not protocols.is_style_generator(network)


def test_a_conditional_generator_has_a_mapping_whatever_is_inside():
    inner = PointGenerator((1, 1), 2, latent_dim=5 + 3)
    network = ConditionalGenerator(inner, label_dim=2, embedding_dim=3)
    assert protocols.style_generator(network).latent_dim == 5
    z, label = torch.randn(4, 5), torch.eye(2)[[0, 1, 0, 1]]
    torch.testing.assert_close(network.synthesis(network.mapping(z, label)), network(z, label))


def test_the_styles_of_stylegan2():
    network = protocols.style_generator(StyleGAN2Generator((8, 8), 1, latent_dim=4, w_dim=6, width=2, most=2))
    w = network.mapping(torch.randn(3, 4), truncation=0.5)
    assert w.shape[0] == 3 and w.shape[2] == 6
    assert network.synthesis(w).shape == (3, 1, 8, 8)


def test_translators_say_which_sizes_they_take():
    assert protocols.translation_generator(ResNetTranslator((16, 16), 1, width=2, blocks=1)).multiple == 4
    assert protocols.translation_generator(UNetGenerator((16, 16), 1, width=2)).multiple == 16


def test_a_discriminator_that_classifies_has_features_of_known_size():
    network = AuxiliaryDiscriminator(PointDiscriminator((1, 1), 2, width=8), 3, [[0, 1, 2]])
    assert protocols.classifying_discriminator(network) is network
    assert protocols.feature_discriminator(network).feature_dim == 8
    assert protocols.feature_discriminator(network).features(torch.randn(5, 2, 1, 1)).shape == (5, 8)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (protocols.noise_generator, "Identity has no latent_dim"),
        (protocols.style_generator, r"Identity has no styles: give it latent_dim, mapping\(z, label\) and synthesis"),
        (protocols.translation_generator, "Identity has no multiple"),
        (protocols.feature_discriminator, "Identity takes no condition: give it features"),
        (protocols.classifying_discriminator, r"Identity has no classification head: give it label_log_prob"),
    ],
)
def test_what_a_network_lacks_is_named(function, words):
    with pytest.raises(UsageError, match=f"^{words}"):
        function(nn.Identity())
