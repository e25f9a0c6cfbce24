"""The ground of every game: batches become turns, a turn holds matches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from mien.protocols import Discriminator, feature_discriminator, is_classifying


@dataclass
class Batch:
    """What one update of one player sees.

    image: [N,C,H,W] in [-1, 1]. label: [N,K] (one-hot, multi-hot or a text embedding) or None.
    source: [N,C,H,W] in [-1, 1] or None: the image that a translator starts from.
    seed: every random draw of the update (latents, dropout, interpolation) follows from it.
    images: real images seen before it; schedules read it.
    part, parts: an update that does not fit into memory at once is done in parts; this is one of so many.
    """

    image: Tensor
    label: Tensor | None = None
    source: Tensor | None = None
    seed: int = 0
    images: int = 0
    part: int = 0
    parts: int = 1

    def split(self, parts: int) -> list[Batch]:
        """Parts of equal size, or nearly, each with a seed of its own. A single part is the batch itself."""
        if parts == 1:
            return [self]
        pieces = [
            [None] * parts if whole is None else whole.tensor_split(parts)
            for whole in (self.image, self.label, self.source)
        ]
        return [
            Batch(image, label, source, self.seed + part, self.images, part, parts)
            for part, (image, label, source) in enumerate(zip(*pieces, strict=True))
            if image is not None
        ]


Memory = dict[str, Tensor]
"""What a game, its terms and its augmentation keep from one update to the next, by name ("path_length/mean"). It is
checkpointed; its numbers (0-dimensional tensors) are averaged over processes with the gradients of each update."""


Transform = Callable[[Tensor], Tensor]
"""Images [N,C,H,W] in [-1, 1] -> images of the same shape."""


def unchanged(image: Tensor) -> Tensor:
    """The augmentation that does nothing."""
    return image


@dataclass
class Match:
    """One discriminator, real and fake images [N,C,H,W] in [-1, 1], one condition or None: a label [N,K], or the
    source [N,C,H,W] of a translation. fake_condition: of the fakes, where it is another.

    Logits [N], or [N,P] of a discriminator that judges P patches, are computed on first use and shared by every term.
    A term that differentiates the logits by the images asks for it in `Term.prepare`, before any logit is computed;
    `augment` lies between image and discriminator, so that such a gradient is one of the un-augmented image.
    A discriminator that also classifies (`label_log_prob`) gives both from the same features.
    """

    discriminator: Discriminator
    real: Tensor
    fake: Tensor
    condition: Tensor | None = None
    augment: Transform = unchanged
    fake_condition: Tensor | None = None

    def logits(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        """[N,C,H,W] -> [N] or [N,P], under the match's condition unless another is given"""
        return self.discriminator(self.augment(image), self.condition if condition is None else condition)

    @cached_property
    def real_logits(self) -> Tensor:
        if is_classifying(self.discriminator):
            return self.discriminator.score(self.real_features)
        return self.logits(self.real)

    @cached_property
    def fake_logits(self) -> Tensor:
        if is_classifying(self.discriminator):
            return self.discriminator.score(self.fake_features)
        return self.logits(self.fake, self.asked)

    @property
    def asked(self) -> Tensor | None:
        """What the fakes were to show."""
        return self.condition if self.fake_condition is None else self.fake_condition

    @property
    def has_classifier(self) -> bool:
        return is_classifying(self.discriminator)

    @cached_property
    def real_features(self) -> Tensor:
        return feature_discriminator(self.discriminator).features(self.augment(self.real))

    @cached_property
    def fake_features(self) -> Tensor:
        return feature_discriminator(self.discriminator).features(self.augment(self.fake))


@dataclass
class Turn:
    """The matches of one player's update, whatever else its terms may read by name ("fake", "z", "cycle_a"), and the
    game's memory, where a term keeps what it must know the next time."""

    matches: list[Match]
    views: dict[str, Tensor] = field(default_factory=dict)
    memory: Memory = field(default_factory=dict)
