"""The game from noise to styles to images: the noise game with style mixing (Karras et al. 2019, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mien.batch import Batch, Memory, Transform, Turn
from mien.games.noise import NoiseGame, never
from mien.protocols import style_generator
from mien.runtime import draws


class StyleGame(NoiseGame):
    """generator: as in the noise game, with `mapping(z, label)` -> w [N,num_ws,w_dim] and `synthesis(w)`.

    mixing: the share of the fakes whose styles come from two latents. The second latent begins at a random layer.
    Views: "z" [N,latent_dim], the first latent; "w" [N,num_ws,w_dim], mixed, with the graph of "fake".
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
        z = draws.normal(2 * len(batch.image), self.latent_dim, device=batch.image.device)
        requested = self.requested(batch.label)
        label = None if requested is None else requested.repeat(2, 1)
        first, second = self.style_generator.mapping(z, label).chunk(2)
        w = self.mixed(first, second)
        fake = self.style_generator.synthesis(w)
        return Turn(self.matches(batch, fake, requested), {"z": z[: len(fake)], "w": w, "fake": fake}, self.memory)

    def mixed(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the styles of `first` up to a random layer from 1 to num_ws - 1, then those of `second`.

        first, second: [N,num_ws,w_dim].
        """
        count, num_ws = first.shape[:2]
        crossover = draws.integers(1, num_ws, count, 1, device=first.device)
        from_second = torch.arange(num_ws, device=first.device) >= crossover
        chosen = draws.uniform(count, 1, device=first.device) < self.mixing
        return torch.where((from_second & chosen)[:, :, None], second, first)
