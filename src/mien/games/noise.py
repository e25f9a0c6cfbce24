"""The game from noise to images: one generator, one discriminator, latents from N(0, I) (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mien.batch import Batch, Match, Memory, Transform, Turn, unchanged
from mien.games.game import Game, Networks, trained, with_graph
from mien.protocols import noise_generator
from mien.runtime import distributed, draws


def never(batch: Batch, memory: Memory) -> Transform:
    """Return the augmentation that does nothing, for every batch."""
    return unchanged


class NoiseGame(Game):
    """generator: z [N,latent_dim] (and a label) -> images; discriminator: images (and a label) -> logits [N].

    reuse_fakes: the generator's turn uses the fakes of the discriminator's turn, as in the textbook DCGAN loop. This
    saves one generator pass a round. Otherwise, and in an update in parts, each turn has its own latents.
    augment: applied to all images of a batch before the discriminator.
    mismatch: the share of the discriminator's fakes that are real images with another image's label. So it learns that
    a good image with a wrong label is fake, too (Reed et al. 2016, "GAN-CLS", where it is 1/2).
    paired_labels: the second half of the fakes has the labels of the first half, for a term that compares images of
    one label (`ModeSeeking`).

    A user's game may add further discriminators to `discriminators`: each judges all images.
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
        """Replace the first fakes by real images with the next image's label, where that label differs."""
        right, requested = match.condition, match.requested
        if right is None or requested is None or not self.mismatch:
            return match
        wrong = draws.own(distributed.gather(right).roll(1, 0))
        chosen = draws.places(len(right), right.device) < self.mismatch * len(right) * distributed.world_size()
        chosen = (
            chosen & (wrong != right).any(1) & wrong.any(1)
        )  # without a label, a real image cannot have a wrong one
        fake = torch.where(chosen[:, None, None, None], match.real, match.fake)
        return replace(match, fake=fake, fake_condition=torch.where(chosen[:, None], wrong, requested))

    def generator_turn(self, batch: Batch) -> Turn:
        kept, self.kept = self.kept, None
        return kept or self.play(batch)

    def requested(self, label: Tensor | None) -> Tensor | None:
        """Return the labels of the fakes [N,K] for a batch with these labels [N,K]."""
        if label is None or not self.paired_labels:
            return label
        half = len(label) // 2
        return torch.cat([label[:half], label[:half], label[2 * half :]])

    def play(self, batch: Batch) -> Turn:
        z = draws.normal(len(batch.image), self.latent_dim, device=batch.image.device)
        requested = self.requested(batch.label)
        fake = self.generator(z, requested)
        return Turn(self.matches(batch, fake, requested), {"z": z, "fake": fake}, self.memory)

    def matches(self, batch: Batch, fake: Tensor, requested: Tensor | None) -> list[Match]:
        """Return one match for each discriminator, all with one augmentation. requested: the fakes' labels [N,K]."""
        augment = self.augment(batch, self.memory)
        return [Match(one, batch.image, fake, batch.label, augment, requested) for one in self.discriminators.values()]
