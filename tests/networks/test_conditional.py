"""Conditional networks: every one of mien's can be wrapped, and what the wrappers compute, by hand."""

import pytest
import torch
from torch import nn

from mien import recipes
from mien.errors import UsageError
from mien.networks.conditional import AuxiliaryDiscriminator, ConditionalGenerator, ProjectionDiscriminator
from mien.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from mien.networks.points import PointDiscriminator, PointGenerator
from mien.networks.sngan import SNGANDiscriminator
from mien.networks.stylegan2 import StyleGAN2Generator

NARROW = {"stylegan2-laptop": {"width": 1, "most": 8}}
NOISE = ["dcgan", "gan", "hw6", "wgan-gp", "celeba", "sngan", "stylegan2-laptop", "r3gan-laptop"]


def discriminator_of(name):
    size = (48, 48) if name == "gan" else (32, 32)
    more = NARROW.get(name, {"width": 8})
    return recipes.find(name).discriminator.network.build(resolution=size, channels=3, **more).eval(), size


@pytest.mark.parametrize("name", NOISE)
def test_a_discriminator_is_its_features_and_their_score(name):
    torch.manual_seed(0)
    network, size = discriminator_of(name)
    image = torch.randn(3, 3, *size)
    features = network.features(image)
    assert features.flatten(1).shape == (3, network.feature_dim)
    assert network.score(features).shape == (3,)
    assert torch.equal(network.score(features), network(image))


@pytest.mark.parametrize("name", NOISE)
def test_a_projection_is_added_to_the_score(name):
    torch.manual_seed(0)
    inner, size = discriminator_of(name)
    network = ProjectionDiscriminator(inner, 5).eval()
    image, label = torch.randn(3, 3, *size), torch.eye(5)[[0, 3, 3]]
    weight = network.embedding.weight.detach()
    scale = 1.0
    if name != "sngan":
        assert torch.equal(network(image, label), inner(image)) and not weight.any()  # as without a condition
        weight = network.embedding.weight.data.normal_()
        scale = inner.feature_dim**-0.5
    by_hand = inner(image) + scale * torch.einsum("nk,fk,nf->n", label, weight, inner.features(image).flatten(1))
    torch.testing.assert_close(network(image, label), by_hand)
    assert torch.equal(network(image, torch.zeros(3, 5)), inner(image))  # nothing is known: the looks alone


def test_with_spectral_norm_the_projection_is_normalized_too():
    torch.manual_seed(0)
    network = ProjectionDiscriminator(SNGANDiscriminator((16, 16), 3, width=2), 5)
    image, label = torch.randn(3, 3, 16, 16), torch.eye(5)[:3]
    with torch.no_grad():
        network.embedding.parametrizations.weight.original.mul_(9.0)
        for _ in range(100):
            network(image, label)
    assert torch.linalg.matrix_norm(network.embedding.weight, 2).item() == pytest.approx(1.0, abs=1e-4)


def test_a_discriminator_without_features_is_refused_in_one_line():
    with pytest.raises(UsageError, match="Linear takes no condition: give it features"):
        ProjectionDiscriminator(nn.Linear(2, 1), 3)


def test_the_embedding_is_as_large_as_z_and_zero_for_no_label():
    torch.manual_seed(0)
    network = ConditionalGenerator(PointGenerator((1, 1), 2, latent_dim=8 + 4), 3, 4)
    assert network.latent_dim == 8
    z, label = torch.randn(3, 8), torch.tensor([[1.0, 0, 1], [0, 1, 0], [0, 0, 0]])
    joined = network.joined(z, label)
    embedded = label @ network.embedding.weight.T
    expected = embedded[:2] / embedded[:2].square().mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(joined[:2, 8:], expected)
    assert torch.equal(joined[:, :8], z) and not joined[2, 8:].any()
    assert torch.equal(network(z, label), network.generator(joined))


def test_noise_of_the_labels_own_length_is_added_while_training_alone():
    torch.manual_seed(0)
    network = ConditionalGenerator(PointGenerator((1, 1), 2, latent_dim=8 + 4), 1000, 4, noise=0.5)
    seen = []
    network.embedding.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    z, label = torch.zeros(3, 8), torch.zeros(3, 1000)
    label[0, 7], label[1, :100] = 1.0, 3.0
    network.joined(z, label), network.joined(z, label), network.eval().joined(z, label)
    first, second, plain = seen
    assert torch.equal(plain, label) and not first[2].any()  # of no label there is no noise
    assert not torch.equal(first[:2], second[:2])
    torch.testing.assert_close((first - label).norm(dim=1), 0.5 * label.norm(dim=1), rtol=0.1, atol=0)


def test_without_a_mapping_truncation_leaves_the_label():
    torch.manual_seed(0)
    network = ConditionalGenerator(DCGANGenerator((16, 16), 3, latent_dim=6 + 2, width=2), 3, 2).eval()
    z, label = torch.randn(2, 6), torch.eye(3)[:2]
    w = network.mapping(z, label, truncation=0.5)
    assert torch.equal(w, network.joined(0.5 * z, label))
    torch.testing.assert_close(network.synthesis(network.mapping(z, label)), network(z, label))


def test_with_a_mapping_w_is_its_answer_to_both():
    torch.manual_seed(0)
    inner = StyleGAN2Generator((16, 16), 3, latent_dim=6 + 2, w_dim=5, width=1, most=8)
    network = ConditionalGenerator(inner, 3, 2).eval()
    inner.w_mean.normal_()
    z, label = torch.randn(2, 6), torch.eye(3)[:2]
    w = network.mapping(z, label)
    assert w.shape == (2, 6, 5) and torch.equal(w, inner.mapping(network.joined(z, label)))
    torch.testing.assert_close(network.mapping(z, label, truncation=0.7), inner.w_mean + 0.7 * (w - inner.w_mean))
    assert torch.equal(network.synthesis(w), network(z, label))


def test_a_projection_tells_labels_apart():
    """Pictures and labels that belong together against those that do not: the looks alone say nothing."""
    torch.manual_seed(0)
    network = ProjectionDiscriminator(PointDiscriminator((1, 1), 2, width=16), 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        kind = torch.randint(2, (64,))
        image = (2.0 * kind - 1)[:, None, None, None] + 0.3 * torch.randn(64, 2, 1, 1)
        right = network(image, torch.eye(2)[kind])
        wrong = network(image, torch.eye(2)[1 - kind])
        loss = nn.functional.softplus(-right).mean() + nn.functional.softplus(wrong).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (right > 0).float().mean() > 0.95 and (wrong < 0).float().mean() > 0.95


def test_weights_keep_their_names_under_the_wrapper():
    inner = DCGANDiscriminator((16, 16), 3, width=2)
    names = {f"discriminator.{name}" for name in inner.state_dict()} | {"embedding.weight"}
    assert set(ProjectionDiscriminator(inner, 2).state_dict()) == names


@pytest.mark.parametrize("name", NOISE)
def test_the_second_head_leaves_the_score_as_it_is(name):
    torch.manual_seed(0)
    inner, size = discriminator_of(name)
    network = AuxiliaryDiscriminator(inner, 5, [[0, 1, 2], [3], [4]]).eval()
    image = torch.randn(3, 3, *size)
    features = network.features(image)
    assert torch.equal(network(image, torch.eye(5)[:3]), inner(image))
    assert torch.equal(network.score(features), inner(image))
    assert network.label_log_prob(features, torch.eye(5)[:3]).shape == (3,)


def test_the_log_probability_of_attributes_by_hand():
    """A value of three, and two switches: off is told apart from unknown by the rest of the row."""
    network = AuxiliaryDiscriminator(PointDiscriminator((1, 1), 2, width=4), 5, [[0, 1, 2], [3], [4]])
    said = torch.tensor([[0.5, -1.0, 2.0, 0.7, -0.3]]).expand(4, 5)
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.copy_(said[0])
    label = torch.tensor([[0, 0, 1.0, 1, 0], [0, 0, 0, 0, 1.0], [0, 0, 0, 0, 0], [1.0, 0, 0, 0, 0]])
    p, on = said[0, :3].softmax(0), said[0, 3:].sigmoid()
    expected = [
        (p[2] * on[0] * (1 - on[1])).log(),
        ((1 - on[0]) * on[1]).log(),  # nothing is known of the first
        torch.tensor(0.0),  # nothing is known at all
        (p[0] * (1 - on[0]) * (1 - on[1])).log(),
    ]
    found = network.label_log_prob(torch.randn(4, 4), label)
    torch.testing.assert_close(found, torch.stack(expected))


def test_which_text_of_the_batch_by_hand():
    network = AuxiliaryDiscriminator(PointDiscriminator((1, 1), 2, width=4), 3, None)
    said = torch.tensor([0.2, -1.0, 0.4])
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.copy_(said)
    texts = torch.tensor([[1.0, 0, 0], [0, 0.6, 0.8], [1.0, 0, 0], [0, 0, 0]])
    share = (texts @ said).softmax(0)
    expected = torch.stack([share[0] + share[2], share[1], share[0] + share[2], torch.tensor(1.0)]).log()
    torch.testing.assert_close(network.label_log_prob(torch.randn(4, 4), texts), expected)
