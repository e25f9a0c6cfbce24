"""Noise to images: one generator, one discriminator, a latent from N(0, I) (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from mien.batch import Batch, Match, Memory, Transform, Turn, unchanged
from mien.games.game import trained, with_graph


def never(batch: Batch, memory: Memory) -> Transform:
    """No augmentation, whichever batch."""
    return unchanged


class NoiseGame:
    """generator: z [N,latent_dim] (and a label) -> images; discriminator: images (and a label) -> logits [N].

    reuse_fakes: the generator answers the very fakes that the discriminator just saw, as the textbook DCGAN loop
    does: one generator pass less a round. Otherwise, and in an update in parts, each turn draws its own latents.
    augment: what lies between all images of a batch and the discriminator.
    mismatch: so large a share of the discriminator's fakes are real images under another picture's label, for it to
    learn that a good picture of something else is wrong as well (Reed et al. 2016, "GAN-CLS", where it is 1/2).
    twins: the second half of the fakes is asked for the labels of the first, for a term that compares pictures of one
    label (`ModeSeeking`).
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        reuse_fakes: bool = False,
        augment: Callable[[Batch, Memory], Transform] = never,
        mismatch: float = 0.0,
        twins: bool = False,
    ):
        self.generators = {"G": generator}
        self.discriminators = {"D": discriminator}
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim: int = generator.latent_dim  # type: ignore[assignment]
        self.reuse_fakes, self.augment, self.mismatch, self.twins = reuse_fakes, augment, mismatch, twins
        self.trained = trained([generator])
        self.memory: Memory = {}
        self.kept: Turn | None = None

    def discriminator_turn(self, batch: Batch) -> Turn:
        self.kept = None
        if self.reuse_fakes and batch.parts == 1:  # the graphs of all parts together would not fit into memory
            with with_graph(self.trained):
                turn = self.kept = self.play(batch)
        else:
            with torch.no_grad():
                turn = self.play(batch)
        (match,) = turn.matches
        return Turn([self.mismatched(replace(match, fake=match.fake.detach()))], turn.views, self.memory)

    def mismatched(self, match: Match) -> Match:
        """The first fakes give way to their real images under the next picture's label, where that is another one."""
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
        if label is None or not self.twins:
            return label
        half = len(label) // 2
        return torch.cat([label[:half], label[:half], label[2 * half :]])

    def play(self, batch: Batch) -> Turn:
        z = torch.randn(len(batch.image), self.latent_dim, device=batch.image.device)
        asked = self.asked(batch.label)
        fake = self.generator(z, asked)
        match = Match(self.discriminator, batch.image, fake, batch.label, self.augment(batch, self.memory), asked)
        return Turn([match], {"z": z, "fake": fake}, self.memory)
