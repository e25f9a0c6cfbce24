"""The one loop. It never learns which GAN it trains, writes nothing, and waits for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from mien.batch import Batch
from mien.training.ema import MovingAverage
from mien.training.player import Player

Batches = Callable[[int, str], Iterator[Batch]]
"""(images seen, player) -> that player's batches from there on, the same each time it is asked."""


@dataclass
class Progress:
    """After a round: images seen by the discriminators so far, and each player's statistics, still on the device."""

    images: int
    statistics: dict[str, Tensor]


def train(
    players: Sequence[Player],
    batches: Batches,
    batch_size: int,
    ema: MovingAverage,
    total_images: float,
    resume_from: int = 0,
) -> Iterator[Progress]:
    """Rounds of each player's updates, in the order given: discriminators, then generators.

    batch_size: over all processes. A round counts the real images that its most active player sees. total_images may
    be infinite: the caller stops by asking for no further round.
    """
    images = resume_from
    images_per_round = batch_size * max(player.updates for player in players)
    while images < total_images:
        statistics: dict[str, Tensor] = {}
        for player in players:
            statistics |= player.update(batches(images, player.name), images)
        images += images_per_round
        ema.update(images, images_per_round)
        yield Progress(images, statistics)
