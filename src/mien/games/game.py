"""What the loop and the generation of pictures ask of any game."""

from __future__ import annotations

from typing import Protocol

from torch import nn

from mien.turn import Batch, Memory, Turn


class Game(Protocol):
    generators: dict[str, nn.Module]  # {"G"}, or {"G_AB", "G_BA"}
    discriminators: dict[str, nn.Module]
    memory: Memory

    def discriminator_turn(self, batch: Batch) -> Turn:
        """Fakes that carry no generator graph."""
        ...

    def generator_turn(self, batch: Batch) -> Turn: ...
