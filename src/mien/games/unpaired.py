"""The game from images to images without pairs: two sets, and both directions (CycleGAN; Zhu et al. 2017)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mien.batch import Batch, Match, Memory, Turn
from mien.games.game import Networks, Sources, Translation, trained, with_graph
from mien.games.paired import source_of
from mien.runtime import distributed, draws


class UnpairedGame(Translation):
    """Sources are of domain A, images of domain B. G_AB: A -> B, G_BA: B -> A; D_A and D_B judge their own domain.

    pool: the number of earlier fakes that are stored. Once the pool is full, the discriminators get an earlier fake
    half of the time (Shrivastava et al. 2017, section 2.3). The pools are in the game's memory. They are equal in all
    processes, because each gets the fakes of all and the same random numbers. The generators' turn uses the fakes of
    the discriminators' turn, so each fake is generated once a round.

    Views of the generators' turn: "real_a", "real_b"; "fake_b" from "real_a", "cycle_a" from that, and the other way
    round; "same_a" and "same_b": what a generator makes of an image of its own target domain.
    """

    sources: ClassVar[Sources] = "unpaired"
    routes: ClassVar[dict[str, tuple[str, ...]]] = {"B": ("G_AB", "G_BA"), "A": ("G_BA", "G_AB")}

    def __init__(self, g_ab: nn.Module, g_ba: nn.Module, d_a: nn.Module, d_b: nn.Module, pool: int = 50):
        self.generators = {"G_AB": g_ab, "G_BA": g_ba}
        self.discriminators = {"D_A": d_a, "D_B": d_b}
        self.pool = pool
        self.trained = trained([g_ab, g_ba])
        self.memory: Memory = {}
        self.kept: Turn | None = None

    @classmethod
    def build(cls, networks: Networks, **options: Any) -> UnpairedGame:
        g_ab, g_ba = networks.generator(), networks.generator()
        return cls(g_ab, g_ba, networks.discriminator(), networks.discriminator(), **options)

    def discriminator_turn(self, batch: Batch) -> Turn:
        self.kept = None
        if batch.parts == 1:
            with with_graph(self.trained):
                turn = self.kept = self.there(batch)
        else:  # the graphs of all parts together would not fit into memory
            with torch.no_grad():
                turn = self.there(batch)
        choices = torch.Generator().manual_seed(batch.images + batch.part)
        seen = [self.pooled(f"pool_{name}", turn.views[f"fake_{name}"].detach(), choices) for name in ("a", "b")]
        return replace(
            turn, matches=[replace(match, fake=fake) for match, fake in zip(turn.matches, seen, strict=True)]
        )

    def generator_turn(self, batch: Batch) -> Turn:
        kept, self.kept = self.kept, None
        turn = kept or self.there(batch)
        g_ab, g_ba, views = self.generators["G_AB"], self.generators["G_BA"], turn.views
        back = {"cycle_a": g_ba(views["fake_b"]), "cycle_b": g_ab(views["fake_a"])}
        same = {"same_a": g_ba(views["real_a"]), "same_b": g_ab(views["real_b"])}
        return replace(turn, views={**views, **back, **same})

    def there(self, batch: Batch) -> Turn:
        real_a, real_b = source_of(batch), batch.image
        fake_a, fake_b = self.generators["G_BA"](real_b), self.generators["G_AB"](real_a)
        judges = self.discriminators
        matches = [Match(judges["D_A"], real_a, fake_a), Match(judges["D_B"], real_b, fake_b)]
        views = {"real_a": real_a, "real_b": real_b, "fake_a": fake_a, "fake_b": fake_b}
        return Turn(matches, views, self.memory)

    def pooled(self, name: str, fakes: Tensor, choices: torch.Generator) -> Tensor:
        """Return the images for the discriminator in place of the fakes [N,C,H,W], and update the pool."""
        if not self.pool:
            return fakes
        fakes = fakes.contiguous()  # always the same memory layout, so that a loaded pool gives the same bits
        pool, shown = self.memory.get(name, fakes[:0]), []
        for fake in distributed.gather(fakes).split(1):
            if len(pool) < self.pool:
                pool = torch.cat([pool, fake])
            elif torch.rand((), generator=choices) < 0.5:
                place = int(torch.randint(len(pool), (), generator=choices))
                pool, fake = replaced(pool, place, fake), pool[place : place + 1]
            shown.append(fake)
        self.memory[name] = pool
        return draws.own(torch.cat(shown))

    def show(self, generators: dict[str, nn.Module], batch: Batch) -> Tensor:
        """Return source, result and round trip side by side: first all from A, then all from B."""
        rows = []
        for source, (there, back) in ((source_of(batch), self.routes["B"]), (batch.image, self.routes["A"])):
            result = generators[there](source)
            rows.append(torch.cat([source, result, generators[back](result)], 3))
        return torch.cat(rows)


def replaced(pool: Tensor, place: int, image: Tensor) -> Tensor:
    """Return a new pool [K,C,H,W] with the image [1,C,H,W] at that position."""
    return torch.cat([pool[:place], image, pool[place + 1 :]])
