"""Noise to images: one generator, one discriminator, a latent from N(0, I) (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mien.batch import Batch, Match, Memory, Transform, Turn, unchanged
from mien.games.game import Game, Networks, trained, with_graph
from mien.protocols import noise_generator


def never(batch: Batch, memory: Memory) -> Transform:
    """No augmentation, whichever batch."""
    return unchanged


class NoiseGame(Game):
    """generator: z [N,latent_dim] (and a label) -> images; discriminator: images (and a label) -> logits [N].

    reuse_fakes: the generator answers the very fakes that the discriminator just saw, as the textbook DCGAN loop
    does: one generator pass less a round. Otherwise, and in an update in parts, each turn draws its own latents.
    augment: what lies between all images of a batch and the discriminator.
    mismatch: so large a share of the discriminator's fakes are real images under another image's label, for it to
    learn that a good image of something else is wrong as well (Reed et al. 2016, "GAN-CLS", where it is 1/2).
    paired_labels: the second half of the fakes has the labels of the first, for a term that compares images of one
    label (`ModeSeeking`).

    A game of one's own with further discriminators adds them to `discriminators`: each judges all images.
    """

    accepts: ClassVar[frozenset[str]] = frozenset(("condition", "augment", "paired_labels"))
    EARLIER_NAMES: ClassVar[dict[str, str]] = {"twins": "paired_labels"}

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        reuse_fakes: bool = False,
        augment: Callable[[Batch, Memory], Transform] = never,
        mismatch: float = 0.0,
        paired_labels: bool = False,
    ):
        self.generators = {"G": generator}
        self.discriminators = {"D": discriminator}
        self.generator = noise_generator(generator)
        self.latent_dim = self.generator.latent_dim
        self.reuse_fakes, self.augment, self.mismatch = reuse_fakes, augment, mismatch
        self.paired_labels = paired_labels
        self.trained = trained([generator])
        self.memory: Memory = {}
        self.kept: Turn | None = None

    @classmethod
    def build(cls, networks: Networks, **options: Any) -> NoiseGame:
        return cls(networks.generator(), networks.discriminator(), **options)

    def discriminator_turn(self, batch: Batch) -> Turn:
        self.kept = None
        if self.reuse_fakes and batch.parts == 1:  # the graphs of all parts together would not fit into memory
            with with_graph(self.trained):
                turn = self.kept = self.play(batch)
        else:
            with torch.no_grad():
                turn = self.play(batch)
        seen = [self.mismatched(replace(match, fake=match.fake.detach())) for match in turn.matches]
        return Turn(seen, turn.views, self.memory)

    def mismatched(self, match: Match) -> Match:
        """The first fakes give way to their real images under the next image's label, where that is another one."""
        right, asked = match.condition, match.asked
        if right is None or asked is None or not self.mismatch:
            return match
        wrong = right.roll(1, 0)
        chosen = torch.arange(len(right), device=right.device) < self.mismatch * len(right)
        chosen = chosen & (wrong != right).any(1) & wrong.any(1)  # under no label, a real image is never wrong
        fake = torch.where(chosen[:, None, None, None], match.real, match.fake)
        return replace(match, fake=fake, fake_condition=torch.where(chosen[:, None], wrong, asked))

    def generator_turn(self, batch: Batch) -> Turn:
        kept, self.kept = self.kept, None
        return kept or self.play(batch)

    def asked(self, label: Tensor | None) -> Tensor | None:
        """What the fakes are to show, of a batch of these labels [N,K]."""
        if label is None or not self.paired_labels:
            return label
        half = len(label) // 2
        return torch.cat([label[:half], label[:half], label[2 * half :]])

    def play(self, batch: Batch) -> Turn:
        z = torch.randn(len(batch.image), self.latent_dim, device=batch.image.device)
        asked = self.asked(batch.label)
        fake = self.generator(z, asked)
        return Turn(self.matches(batch, fake, asked), {"z": z, "fake": fake}, self.memory)

    def matches(self, batch: Batch, fake: Tensor, asked: Tensor | None) -> list[Match]:
        """One for each discriminator, all under one augmentation. asked: the fakes' labels [N,K]."""
        augment = self.augment(batch, self.memory)
        return [Match(one, batch.image, fake, batch.label, augment, asked) for one in self.discriminators.values()]
