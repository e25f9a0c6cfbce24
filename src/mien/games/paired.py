"""The game from images to images with pairs: each source has its target (pix2pix; Isola et al. 2017)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mien.batch import Batch, Match, Memory, Turn
from mien.games.game import Networks, Sources, Translation, trained, with_graph


class PairedGame(Translation):
    """generator: source [N,C,H,W] -> image of its size; discriminator: images under their source as the condition ->
    logits. Without a discriminator there is no match, and the generator learns by its other terms alone.

    The generator's turn uses the fakes of the discriminator's turn, as published: one generator pass a round.
    Views: "source", "fake", "target".
    """

    sources: ClassVar[Sources] = "paired"
    routes: ClassVar[dict[str, tuple[str, ...]]] = {"B": ("G",)}

    def __init__(self, generator: nn.Module, discriminator: nn.Module | None = None):
        self.generators = {"G": generator}
        self.discriminators = {} if discriminator is None else {"D": discriminator}
        self.trained = trained([generator])
        self.memory: Memory = {}
        self.kept: Turn | None = None

    @classmethod
    def build(cls, networks: Networks, **options: Any) -> PairedGame:
        generator = networks.generator()
        return cls(generator, networks.discriminator() if networks.have_discriminator else None, **options)

    def discriminator_turn(self, batch: Batch) -> Turn:
        self.kept = None
        if batch.parts == 1:
            with with_graph(self.trained):
                turn = self.kept = self.play(batch)
        else:  # the graphs of all parts together would not fit into memory
            with torch.no_grad():
                turn = self.play(batch)
        return replace(turn, matches=[replace(match, fake=match.fake.detach()) for match in turn.matches])

    def generator_turn(self, batch: Batch) -> Turn:
        kept, self.kept = self.kept, None
        return kept or self.play(batch)

    def play(self, batch: Batch) -> Turn:
        source, target = source_of(batch), batch.image
        fake = self.generators["G"](source)
        matches = [Match(judge, target, fake, source) for judge in self.discriminators.values()]
        return Turn(matches, {"source": source, "fake": fake, "target": target}, self.memory)

    def show(self, generators: dict[str, nn.Module], batch: Batch) -> Tensor:
        """Return source, result and target side by side."""
        source = source_of(batch)
        return torch.cat([source, generators["G"](source), batch.image], 3)


def source_of(batch: Batch) -> Tensor:
    assert batch.source is not None  # true for every batch of a game that reads sources
    return batch.source
