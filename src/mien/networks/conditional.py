"""Any generator and discriminator, told what the picture is to show: a class, attributes or an embedded sentence.

A label is a vector [N,K]: one-hot, multi-hot, or the embedding of a text. All zeros mean that nothing is known or
asked: the generator's embedding is 0 then, and the discriminator judges the looks alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from mien.errors import UsageError


class ConditionalGenerator(nn.Module):
    """z [N,latent_dim], label [N,label_dim] -> images, by a generator whose own latent is the two of them joined.

    generator: built with latent_dim + embedding_dim. A matrix embeds the label; the result is scaled so that the mean
    square of its numbers is 1, as z's is, and neither drowns the other.
    """

    def __init__(self, generator: nn.Module, label_dim: int, embedding_dim: int):
        super().__init__()
        self.generator = generator
        self.embedding = nn.Linear(label_dim, embedding_dim, bias=False)
        self.latent_dim = int(generator.latent_dim) - embedding_dim  # type: ignore[arg-type]

    def joined(self, z: Tensor, label: Tensor) -> Tensor:
        """[N,latent_dim], [N,label_dim] -> [N,latent_dim + embedding_dim]"""
        embedded = self.embedding(label)
        return torch.cat([z, embedded * (embedded.square().mean(1, keepdim=True) + 1e-8).rsqrt()], 1)

    def mapping(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        """-> w [N,num_ws,w_dim], or where the generator has no mapping, its latent [N,latent_dim + embedding_dim].

        truncation: pulls w towards its mean, or z towards 0; the label is left as it is.
        """
        if hasattr(self.generator, "mapping"):
            return self.generator.mapping(self.joined(z, label), truncation=truncation)  # type: ignore[operator]
        return self.joined(z * truncation, label)

    def synthesis(self, w: Tensor) -> Tensor:
        """What `mapping` gave -> images [N,C,H,W]"""
        return getattr(self.generator, "synthesis", self.generator)(w)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return self.synthesis(self.mapping(z, label))


class ProjectionDiscriminator(nn.Module):
    """Images, label [N,label_dim] -> logits [N]: score(features) + <V label, features> (Miyato & Koyama 2018, eq. 4).

    discriminator: with `features(image)`, `score(features)` and `feature_dim`, the numbers of a picture's features.

    The inner product is divided by sqrt(feature_dim), and V begins as 0: the discriminator begins as it is without a
    condition, and learns V about as fast as the rest. Where its weights are divided by their largest singular value,
    V's are as well, as in the paper; it then begins at random and needs no such division.
    """

    def __init__(self, discriminator: nn.Module, label_dim: int):
        super().__init__()
        if not all(hasattr(discriminator, name) for name in ("features", "score", "feature_dim")):
            raise UsageError(
                f"{type(discriminator).__name__} takes no condition: give it features(image), score(features) and "
                "feature_dim, or train with --cond none"
            )
        self.discriminator = discriminator
        dimension = int(discriminator.feature_dim)  # type: ignore[arg-type]
        embedding = nn.Linear(label_dim, dimension, bias=False)
        if any(is_parametrized(module) for module in discriminator.modules()):
            nn.init.xavier_uniform_(embedding.weight)
            self.embedding, self.scale = spectral_norm(embedding), 1.0
        else:
            nn.init.zeros_(embedding.weight)
            self.embedding, self.scale = embedding, dimension**-0.5

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        features: Tensor = self.discriminator.features(image)  # type: ignore[operator]
        fit = (self.embedding(condition) * features.flatten(1)).sum(1)
        return self.discriminator.score(features) + self.scale * fit  # type: ignore[operator]
