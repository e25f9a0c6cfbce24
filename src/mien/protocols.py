"""The members that a network needs for its part in the game. Any module with these members works, without a base class.

The functions below turn an `nn.Module` into a typed network. Only they check which members it has. They use `hasattr`,
because from Python 3.12 on `isinstance` with a protocol does not find a module's submodules and buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeGuard, cast

from torch import Tensor, nn

from mien.errors import UsageError


class Discriminator(Protocol):
    """Images [N,C,H,W] in [-1, 1], and a condition or None -> logits [N], or [N,P] for P patches."""

    def __call__(self, image: Tensor, condition: Tensor | None = None, /) -> Tensor: ...

    def buffers(self) -> Iterator[Tensor]: ...


class FeatureDiscriminator(Discriminator, Protocol):
    """A discriminator in two parts: features of an image, and a score of the features.

    feature_dim: numbers of an image's features.
    """

    feature_dim: int

    def features(self, image: Tensor, /) -> Tensor:
        """Images [N,C,H,W] -> features [N,feature_dim], or [N,...] with feature_dim numbers an image."""
        ...

    def score(self, features: Tensor, /) -> Tensor:
        """Features -> logits [N]."""
        ...


class ClassifyingDiscriminator(FeatureDiscriminator, Protocol):
    """A discriminator with a second head that classifies: both heads read the same features."""

    def label_log_prob(self, features: Tensor, label: Tensor, /) -> Tensor:
        """Features and labels [N,K] -> log p(label | image) [N]."""
        ...


class NoiseGenerator(Protocol):
    """z [N,latent_dim], and a label [N,K] or None -> images [N,C,H,W] in about [-1, 1]."""

    latent_dim: int

    def __call__(self, z: Tensor, label: Tensor | None = None, /) -> Tensor: ...


class StyleGenerator(NoiseGenerator, Protocol):
    """A generator in two parts: latents to styles, and styles to images."""

    def mapping(self, z: Tensor, label: Tensor | None = None, /, truncation: float = 1.0) -> Tensor:
        """z [N,latent_dim] -> w [N,num_ws,w_dim]. truncation: 1 leaves w as it is, 0 makes it the mean."""
        ...

    def synthesis(self, w: Tensor, /) -> Tensor:
        """w [N,num_ws,w_dim] -> images [N,C,H,W]."""
        ...


class TranslationGenerator(Protocol):
    """Source [N,C,H,W] in [-1, 1] -> image of the same shape. H and W: multiples of `multiple`."""

    multiple: int

    def __call__(self, source: Tensor, /) -> Tensor: ...


def is_style_generator(network: nn.Module | NoiseGenerator) -> TypeGuard[StyleGenerator]:
    return has(network, "latent_dim", "mapping", "synthesis")


def is_classifying(network: nn.Module | Discriminator) -> TypeGuard[ClassifyingDiscriminator]:
    return has(network, "features", "score", "label_log_prob")


def noise_generator(network: nn.Module) -> NoiseGenerator:
    """Return the network as a generator of noise. Raises UsageError if it has no `latent_dim`."""
    if not has(network, "latent_dim"):
        raise UsageError(f"{type(network).__name__} has no latent_dim: set it to the length of z")
    return cast(NoiseGenerator, network)  # checked above


def style_generator(network: nn.Module) -> StyleGenerator:
    """Return the network as a generator of styles. Raises UsageError if mapping or synthesis is missing."""
    if not is_style_generator(network):
        name = type(network).__name__
        raise UsageError(f"{name} has no styles: give it latent_dim, mapping(z, label) and synthesis(w)")
    return network


def translation_generator(network: nn.Module) -> TranslationGenerator:
    """Return the network as a translator. Raises UsageError if it has no `multiple`."""
    if not has(network, "multiple"):
        raise UsageError(
            f"{type(network).__name__} has no multiple: set it to the number that height and width must be multiples of"
        )
    return cast(TranslationGenerator, network)  # checked above


def feature_discriminator(network: nn.Module | Discriminator) -> FeatureDiscriminator:
    """Return the network as a discriminator with features. Raises UsageError if it has none."""
    if not has(network, "features", "score", "feature_dim"):
        raise UsageError(
            f"{type(network).__name__} takes no condition: give it features(image), score(features) and "
            "feature_dim, or train with --cond none"
        )
    return cast(FeatureDiscriminator, network)  # checked above


def classifying_discriminator(network: nn.Module | Discriminator) -> ClassifyingDiscriminator:
    """Return the network as a discriminator that classifies. Raises UsageError if it has no head for that."""
    if not is_classifying(network):
        name = type(network).__name__
        raise UsageError(f"{name} has no classification head: give it label_log_prob(features, label)")
    return network


def has(network: object, *members: str) -> bool:
    return all(hasattr(network, name) for name in members)
