"""Noise to styles to images: the noise game with style mixing (Karras et al. 2019, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mien.batch import Batch, Memory, Transform, Turn
from mien.games.noise import NoiseGame, never
from mien.protocols import style_generator


class StyleGame(NoiseGame):
    """generator: as the noise game has it, with `mapping(z, label)` -> w [N,num_ws,w_dim] and `synthesis(w)`.

    mixing: the share of the drawn images whose styles come from two latents, the second from a layer on that is drawn
    for each. Views: "z" [N,latent_dim], the first latent; "w" [N,num_ws,w_dim], mixed, with the graph of "fake".
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        reuse_fakes: bool = False,
        augment: Callable[[Batch, Memory], Transform] = never,
        mixing: float = 0.9,
        mismatch: float = 0.0,
        paired_labels: bool = False,
    ):
        super().__init__(generator, discriminator, reuse_fakes, augment, mismatch, paired_labels)
        self.style_generator = style_generator(generator)
        self.mixing = mixing

    def play(self, batch: Batch) -> Turn:
        z = torch.randn(2 * len(batch.image), self.latent_dim, device=batch.image.device)
        asked = self.asked(batch.label)
        label = None if asked is None else asked.repeat(2, 1)
        first, second = self.style_generator.mapping(z, label).chunk(2)
        w = self.mixed(first, second)
        fake = self.style_generator.synthesis(w)
        return Turn(self.matches(batch, fake, asked), {"z": z[: len(fake)], "w": w, "fake": fake}, self.memory)

    def mixed(self, first: Tensor, second: Tensor) -> Tensor:
        """[N,num_ws,w_dim] twice -> the first up to a crossover of 1 to num_ws - 1, the second from there on."""
        count, num_ws = first.shape[:2]
        crossover = torch.randint(1, num_ws, (count, 1), device=first.device)
        from_second = torch.arange(num_ws, device=first.device) >= crossover
        chosen = torch.rand(count, 1, device=first.device) < self.mixing
        return torch.where((from_second & chosen)[:, :, None], second, first)
