"""The training loop. It is the same for every GAN, writes no file, and never waits for the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from mien.batch import Batch
from mien.training.ema import MovingAverage
from mien.training.player import Player

Batches = Callable[[int, str], Iterator[Batch]]
"""(images so far, player) -> that player's batches from there on, the same for each call."""


@dataclass
class Progress:
    """The state after a round: real images shown to the discriminators so far, and statistics, still on the device."""

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
    """Yield after each round: the updates of each player in the given order, discriminators before generators.

    batch_size: over all processes. A round counts the real images of its most active player. total_images may be
    infinite: then the caller ends the training by leaving the iterator.
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
