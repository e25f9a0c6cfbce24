"""Orders of the images: endless streams that are functions of seed and position, so no resume needs a state."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

AT_ONCE = 32  # shards whose images are shuffled together: a gigabyte


def derive_seed(*parts: int | str) -> int:
    """Return a 63-bit seed from (seed, images, purpose …), the same on every machine."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


class Shuffled:
    """The endless stream of 0 … size-1, shuffled again each epoch. It can be read from any position."""

    def __init__(self, size: int, seed: int, purpose: str):
        self.size, self.seed, self.purpose = size, seed, purpose
        self.orders: dict[int, np.ndarray] = {}

    def __call__(self, first: int, count: int, step: int = 1) -> np.ndarray:
        """Return `count` elements, from position `first` on each step-th: int64 [count]."""
        positions = np.arange(first, first + count * step, step)
        epochs = positions // self.size
        return np.array([self.order(int(epoch))[position % self.size] for epoch, position in zip(epochs, positions)])

    def order(self, epoch: int) -> np.ndarray:
        if epoch not in self.orders:
            generator = np.random.Generator(np.random.Philox(derive_seed(self.seed, self.purpose, epoch)))
            kept = {key: order for key, order in self.orders.items() if key >= epoch - 1}
            self.orders = {**kept, epoch: generator.permutation(self.size)}
        return self.orders[epoch]


class ShuffledShards(Shuffled):
    """The endless stream of 0 … size-1 for a set in shards: shuffled shards, and shuffled images of AT_ONCE shards.

    A machine so needs few shards at a time. Up to AT_ONCE shards give the order of `Shuffled`. want: gets the shards
    of these images and of the next ones.
    """

    def __init__(self, size: int, seed: int, purpose: str, rows: int, want: Callable[[list[int]], None]):
        super().__init__(size, seed, purpose)
        self.rows, self.want = rows, want
        self.wanted: list[int] = []
        self.plans: dict[int, tuple[list[np.ndarray], np.ndarray]] = {}
        self.groups: dict[tuple[int, int], np.ndarray] = {}

    def __call__(self, first: int, count: int, step: int = 1) -> np.ndarray:
        positions = np.arange(first, first + count * step, step)
        found, shards = np.empty(count, np.int64), []
        for epoch in np.unique(positions // self.size).tolist():
            groups, starts = self.plan(epoch)
            inside = positions // self.size == epoch
            places = positions[inside] % self.size
            numbers = np.searchsorted(starts, places, "right") - 1
            chosen = np.empty(len(places), np.int64)
            for number in np.unique(numbers).tolist():
                here = numbers == number
                chosen[here] = self.group(epoch, number)[places[here] - starts[number]]
                shards.append(groups[number])
            found[inside] = chosen
        last, number = int(positions[-1]) // self.size, int(numbers[-1]) + 1
        after = self.plan(last)[0] if number < len(groups) else self.plan(last + 1)[0]
        self.announce(np.concatenate([*shards, after[number % len(groups)]]))
        return found

    def announce(self, shards: np.ndarray) -> None:
        if (wanted := list(dict.fromkeys(shards.tolist()))) != self.wanted:
            self.wanted = wanted
            self.want(wanted)

    def plan(self, epoch: int) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the shards of each group of an epoch, and the position at which each group starts."""
        if epoch not in self.plans:
            count = -(-self.size // self.rows)
            draws = np.random.Generator(np.random.Philox(derive_seed(self.seed, f"{self.purpose} of shards", epoch)))
            order = draws.permutation(count)
            groups = [np.sort(order[start : start + AT_ONCE]) for start in range(0, count, AT_ONCE)]
            sizes = [sum(len(self.rows_of(shard)) for shard in group.tolist()) for group in groups]
            self.plans = {key: plan for key, plan in self.plans.items() if key >= epoch - 1}
            self.plans[epoch] = groups, np.cumsum([0, *sizes[:-1]])
        return self.plans[epoch]

    def group(self, epoch: int, number: int) -> np.ndarray:
        """Return the images of a group in their order."""
        if (epoch, number) not in self.groups:
            groups, _ = self.plan(epoch)
            several = [number] if len(groups) > 1 else []
            rows = np.concatenate([self.rows_of(shard) for shard in groups[number].tolist()])
            draws = np.random.Generator(np.random.Philox(derive_seed(self.seed, self.purpose, epoch, *several)))
            self.groups = dict([*self.groups.items()][-2:])  # the players need the newest ones
            self.groups[epoch, number] = rows[draws.permutation(len(rows))]
        return self.groups[epoch, number]

    def rows_of(self, shard: int) -> range:
        return range(shard * self.rows, min((shard + 1) * self.rows, self.size))
