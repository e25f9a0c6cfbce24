"""Wrappers that give any generator and discriminator a label: a class, attributes or an embedded text.

A label is a vector [N,K]: one-hot, multi-hot, or the embedding of a text. All zeros mean no label: then the generator's
embedding is 0, and the discriminator judges without a condition.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from mien.protocols import feature_discriminator, is_style_generator, noise_generator
from mien.runtime import distributed, draws


class ConditionalGenerator(nn.Module):
    """z [N,latent_dim], label [N,label_dim] -> images. The generator's latent is z joined with the embedded label.

    generator: built with latent_dim + embedding_dim. A matrix embeds the label. The embedding is scaled to a mean
    square of 1, as in z, so that both have the same weight.

    noise: length of the normal noise that training adds to the label, relative to the label. Then similar labels give
    similar images (conditioning augmentation, Zhang et al. 2017, section 3.2, with a fixed spread). For a linear
    function of the label it acts as a ridge penalty (Bishop 1995).
    """

    def __init__(self, generator: nn.Module, label_dim: int, embedding_dim: int, noise: float = 0.0):
        super().__init__()
        self.noise = noise
        self.generator = noise_generator(generator)
        self.embedding = nn.Linear(label_dim, embedding_dim, bias=False)
        self.latent_dim = self.generator.latent_dim - embedding_dim

    def joined(self, z: Tensor, label: Tensor) -> Tensor:
        """Return z joined with the embedded label: [N,latent_dim], [N,label_dim] -> [N,latent_dim + embedding_dim]."""
        if self.training and self.noise:
            length = label.square().mean(1, keepdim=True).sqrt()
            label = label + self.noise * length * draws.normal_like(label)
        embedded = self.embedding(label)
        return torch.cat([z, embedded * (embedded.square().mean(1, keepdim=True) + 1e-8).rsqrt()], 1)

    def mapping(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        """Return w [N,num_ws,w_dim]. Without a mapping network, return the joined latent [N,latent_dim +
        embedding_dim].

        truncation: moves w towards its mean, or z towards 0. The label does not change.
        """
        if is_style_generator(self.generator):
            return self.generator.mapping(self.joined(z, label), truncation=truncation)
        return self.joined(z * truncation, label)

    def synthesis(self, w: Tensor) -> Tensor:
        """Return images [N,C,H,W] for the result of `mapping`."""
        return self.generator.synthesis(w) if is_style_generator(self.generator) else self.generator(w)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z, label))


class ProjectionDiscriminator(nn.Module):
    """Images, label [N,label_dim] -> logits [N]: score(features) + <V label, features> (Miyato & Koyama 2018, eq. 4).

    discriminator: has `features(image)`, `score(features)` and `feature_dim`, the number of features of an image.

    The inner product is divided by sqrt(feature_dim), and V starts at 0. The discriminator therefore starts without a
    condition, and V learns about as fast as the other weights. If the discriminator has spectral normalization, V has
    it too, as in the paper. V then starts with random values, and the inner product is not divided.
    """

    def __init__(self, discriminator: nn.Module, label_dim: int):
        super().__init__()
        self.discriminator = feature_discriminator(discriminator)
        dimension = self.discriminator.feature_dim
        embedding = nn.Linear(label_dim, dimension, bias=False)
        if any(is_parametrized(module) for module in discriminator.modules()):
            nn.init.xavier_uniform_(embedding.weight)
            self.embedding, self.scale = spectral_norm(embedding), 1.0
        else:
            nn.init.zeros_(embedding.weight)
            self.embedding, self.scale = embedding, dimension**-0.5

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        features = self.discriminator.features(image)
        fit = (self.embedding(condition) * features.flatten(1)).sum(1)
        return self.discriminator.score(features) + self.scale * fit


class AuxiliaryDiscriminator(nn.Module):
    """Images -> logits [N] as without a condition. A second head on the same features predicts the label (AC-GAN).

    Source: Odena, Olah & Shlens 2017, section 3. columns: the columns of each attribute. Several columns are exclusive
    (a softmax), a single one is on or off (a sigmoid). None: labels are embedded texts. Then the head predicts which
    text of the batch is that of the image, by inner products (van den Oord et al. 2018, eq. 4).
    """

    def __init__(self, discriminator: nn.Module, label_dim: int, columns: Sequence[Sequence[int]] | None):
        super().__init__()
        self.feature_dim = feature_discriminator(discriminator).feature_dim
        self.classifier = nn.Linear(self.feature_dim, label_dim)
        self.discriminator = feature_discriminator(discriminator)
        self.columns = columns

    def features(self, image: Tensor) -> Tensor:
        """Return the input of the discriminator's last layer for images [N,C,H,W]."""
        return self.discriminator.features(image)

    def score(self, features: Tensor) -> Tensor:
        """Return logits [N]."""
        return self.discriminator.score(features)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.features(image))

    def label_log_prob(self, features: Tensor, label: Tensor) -> Tensor:
        """Return log p(label | image) [N], summed over the attributes of the label [N,label_dim]; 0 without one."""
        said = self.classifier(features.flatten(1))
        if self.columns is None:
            return which_of_the_batch(said, label)
        return torch.stack([named(said[:, list(own)], label[:, list(own)], label) for own in self.columns]).sum(0)


def named(said: Tensor, requested: Tensor, label: Tensor) -> Tensor:
    """Return log p [N] of one attribute.

    said: the logits of its columns [N,K]. requested: their values [N,K]. label: the complete row. It distinguishes a
    binary attribute that is off from one that is not known.
    """
    if said.shape[1] > 1:
        return (log_softmax(said, 1) * requested).sum(1)
    return torch.where(requested > 0, logsigmoid(said), logsigmoid(-said))[:, 0] * label.any(1)


def which_of_the_batch(said: Tensor, label: Tensor) -> Tensor:
    """Return log p [N] of each image's text among the texts of the batch, [N,D] each. Equal texts all count as
    correct. With several processes these are the texts of the global batch.
    """
    texts = distributed.gather(label)
    same = (label[:, None] == texts[None]).all(2)
    own = log_softmax(said @ texts.T, 1).masked_fill(~same, -torch.inf).logsumexp(1)
    return torch.where(label.any(1), own, 0.0)
