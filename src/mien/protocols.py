"""What mien asks of a network, by its part in the game. Any module with these members will do: no base class is needed.

The functions below turn an `nn.Module` into a typed network. They are the only place that asks which members it has.
They use `hasattr`: from Python 3.12 on, `isinstance` with a protocol does not see a module's submodules and buffers.
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
        """Images [N,C,H,W] -> [N,feature_dim], or [N,...] with as many numbers"""
        ...

    def score(self, features: Tensor, /) -> Tensor:
        """-> logits [N]"""
        ...


class ClassifyingDiscriminator(FeatureDiscriminator, Protocol):
    """A discriminator with a second head that classifies: both heads read the same features."""

    def label_log_prob(self, features: Tensor, label: Tensor, /) -> Tensor:
        """-> log p(label | image) [N]"""
        ...


class NoiseGenerator(Protocol):
    """z [N,latent_dim], and a label [N,K] or None -> images [N,C,H,W] in about [-1, 1]."""

    latent_dim: int

    def __call__(self, z: Tensor, label: Tensor | None = None, /) -> Tensor: ...


class StyleGenerator(NoiseGenerator, Protocol):
    """A generator in two parts: latents to styles, and styles to images."""

    def mapping(self, z: Tensor, label: Tensor | None = None, /, truncation: float = 1.0) -> Tensor:
        """-> w [N,num_ws,w_dim]. truncation: 1 leaves w as it is, 0 makes it the mean"""
        ...

    def synthesis(self, w: Tensor, /) -> Tensor:
        """-> images [N,C,H,W]"""
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
    """Return the network as a generator of noise. Raises UsageError where it has no `latent_dim`."""
    if not has(network, "latent_dim"):
        raise UsageError(f"{type(network).__name__} has no latent_dim: set it to the count of numbers that z has")
    return cast(NoiseGenerator, network)  # checked above


def style_generator(network: nn.Module) -> StyleGenerator:
    """Return the network as a generator of styles. Raises UsageError where it has no mapping and no synthesis."""
    if not is_style_generator(network):
        name = type(network).__name__
        raise UsageError(f"{name} has no styles: give it latent_dim, mapping(z, label) and synthesis(w)")
    return network


def translation_generator(network: nn.Module) -> TranslationGenerator:
    """Return the network as a translator. Raises UsageError where it has no `multiple`."""
    if not has(network, "multiple"):
        raise UsageError(f"{type(network).__name__} has no multiple: set it to what both sides must be multiples of")
    return cast(TranslationGenerator, network)  # checked above


def feature_discriminator(network: nn.Module | Discriminator) -> FeatureDiscriminator:
    """Return the network as a discriminator that shows its features. Raises UsageError where it shows none."""
    if not has(network, "features", "score", "feature_dim"):
        raise UsageError(
            f"{type(network).__name__} takes no condition: give it features(image), score(features) and "
            "feature_dim, or train with --cond none"
        )
    return cast(FeatureDiscriminator, network)  # checked above


def classifying_discriminator(network: nn.Module | Discriminator) -> ClassifyingDiscriminator:
    """Return the network as a discriminator that classifies. Raises UsageError where it has no head for that."""
    if not is_classifying(network):
        name = type(network).__name__
        raise UsageError(f"{name} has no head that classifies: give it label_log_prob(features, label)")
    return network


def has(network: object, *members: str) -> bool:
    return all(hasattr(network, name) for name in members)
