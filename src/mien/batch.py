"""The data types of every game: a game turns a batch into a turn, and a turn holds matches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from mien.protocols import Discriminator, feature_discriminator, is_classifying


@dataclass
class Batch:
    """The data of one update of one player.

    image: [N,C,H,W] in [-1, 1]. label: [N,K] (one-hot, multi-hot or a text embedding) or None.
    source: [N,C,H,W] in [-1, 1] or None: the image that a translator starts from.
    seed: decides all random numbers of the update (latents, dropout, interpolation).
    images: real images shown to the discriminator before this batch; schedules read it.
    part, parts: the position of this part, and the number of parts. An update that does not fit into memory has parts.
    """

    image: Tensor
    label: Tensor | None = None
    source: Tensor | None = None
    seed: int = 0
    images: int = 0
    part: int = 0
    parts: int = 1

    def split(self, parts: int) -> list[Batch]:
        """Return parts of about equal size, each with its own seed. A single part is the batch itself."""
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
"""Tensors that a game, its terms and its augmentation hold from one update to the next, by name ("path_length/mean").

Checkpoints contain it. Its numbers (0-dimensional tensors) are averaged over processes with the gradients of each
update."""


Transform = Callable[[Tensor], Tensor]
"""Images [N,C,H,W] in [-1, 1] -> images of the same shape."""


def unchanged(image: Tensor) -> Tensor:
    """Return the image as it is: the augmentation that does nothing."""
    return image


@dataclass
class Match:
    """One discriminator with real and fake images [N,C,H,W] in [-1, 1], and their condition.

    condition: a label [N,K], the source [N,C,H,W] of a translation, or None. fake_condition: of the fakes, if it
    differs. augment: applied to images before the discriminator.

    Logits [N], or [N,P] for P patches, are computed on first use and shared by all terms. A term that needs the
    gradient of the logits by the images says so in `Term.prepare`, before the first logit. That gradient is one of the
    un-augmented image. A discriminator that also classifies (`label_log_prob`) computes both from the same features.
    """

    discriminator: Discriminator
    real: Tensor
    fake: Tensor
    condition: Tensor | None = None
    augment: Transform = unchanged
    fake_condition: Tensor | None = None

    def logits(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return logits [N] or [N,P] of images [N,C,H,W], under the match's condition unless another is given."""
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
        return self.logits(self.fake, self.requested)

    @property
    def requested(self) -> Tensor | None:
        """The condition of the fakes."""
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
    """The matches of one player's update, further tensors for its terms, and the game's memory.

    views: tensors by name ("fake", "z", "cycle_a"). memory: where a term stores tensors for its next update.
    """

    matches: list[Match]
    views: dict[str, Tensor] = field(default_factory=dict)
    memory: Memory = field(default_factory=dict)
