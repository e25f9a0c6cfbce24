"""Everything that a training is at one moment, as named tensors and plain numbers: what a checkpoint holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mien.games.game import Game
from mien.networks.frozen_weights import Given, complete, to_save
from mien.runtime import distributed
from mien.training.ema import MovingAverage
from mien.training.player import Player
from mien.training.statistics import Statistics

Tensors = dict[str, dict[str, Tensor]]


@dataclass
class Training:
    """The players of a game, its memory, the moving average, the statistics, and how many images were seen.

    given: by network, the frozen weights that are not saved because its constructor makes them."""

    game: Game
    players: list[Player]
    ema: MovingAverage
    statistics: Statistics = field(default_factory=Statistics)
    images: int = 0
    given: dict[str, Given] = field(default_factory=dict)
    unbounded: frozenset[str] = field(init=False)  # buffers that begin with an infinite number, as masks do

    def __post_init__(self) -> None:
        buffers = {
            f"{group}/{name}": buffer
            for group, module in (
                *self.networks.items(),
                *((f"{key}_ema", part) for key, part in self.ema.modules.items()),
            )
            for name, buffer in module.named_buffers()
        }
        self.unbounded = frozenset(not_finite(buffers))

    @property
    def networks(self) -> dict[str, nn.Module]:
        return {**self.game.generators, **self.game.discriminators}

    @property
    def images_per_round(self) -> int:
        """In batches: real images that the most active player sees in a round, as multiples of the batch."""
        return max(player.updates for player in self.players)

    def tensors(self) -> Tensors:
        """File name -> tensor name -> tensor: each network, its average, each optimizer, the memory where there is
        one, the statistics."""
        return {
            **{name: to_save(module, self.given.get(name)) for name, module in self.networks.items()},
            **{f"{name}_ema": tensors for name, tensors in self.averages().items()},
            **{f"{player.name}_optimizer": player.tensors() for player in self.players},
            **({"memory": dict(self.game.memory)} if self.game.memory else {}),
            "statistics": self.statistics.tensors(),
        }

    def averages(self) -> Tensors:
        """The averaged generators, as a snapshot holds them."""
        return {name: to_save(module, self.given.get(name)) for name, module in self.ema.modules.items()}

    def numbers(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "steps": {player.name: player.steps for player in self.players},
            "statistics": self.statistics.counts,
        }

    def load(self, tensors: Tensors, numbers: Mapping[str, Any]) -> None:
        """Inverse of `tensors` and `numbers`, into networks of the same shapes; bitwise. Raises RuntimeError, KeyError
        or ValueError for those of another training."""
        for name, module in self.networks.items():
            module.load_state_dict(complete(module, tensors[name], name))
        for name, module in self.ema.modules.items():
            module.load_state_dict(complete(module, tensors[f"{name}_ema"], name))
        for player in self.players:
            player.load_tensors(tensors[f"{player.name}_optimizer"])
            player.steps = numbers["steps"][player.name]
        device = self.players[0].parameters[0].device
        for name, tensor in tensors.get("memory", {}).items():
            if tensor.dim() not in (0, 4):  # running numbers, and pools of images
                raise ValueError(f"memory {name} is {list(tensor.shape)}")
        self.game.memory.clear()  # terms and augmentations hold on to this very dictionary
        self.game.memory.update({name: tensor.to(device) for name, tensor in tensors.get("memory", {}).items()})
        self.statistics.load(tensors["statistics"], numbers["statistics"], device)
        self.images = numbers["images"]

    def synchronize(self) -> None:
        """Start every process from the networks of rank 0."""
        distributed.broadcast([*self.state(self.networks), *self.state(self.ema.modules)])

    def state(self, modules: dict[str, nn.Module]) -> list[Tensor]:
        return [tensor for module in modules.values() for tensor in module.state_dict().values()]

    def wrong(self, tensors: Tensors | None = None) -> list[str]:
        """Where a number is not finite: "D/layers.0.weight", the losses first. All that a checkpoint holds is looked
        at, or `tensors`, a checkpoint that was read. It waits for the device: it is for the moments before a file."""
        groups = self.tensors() if tensors is None else tensors
        flat = {f"{group}/{name}": tensor for group, named in groups.items() for name, tensor in named.items()}
        return sorted(not_finite(flat) - self.unbounded, key=lambda name: not name.startswith("statistics/"))


def not_finite(tensors: dict[str, Tensor]) -> set[str]:
    """The names of those that hold a NaN or an infinite number."""
    floats = {name: part.detach() for name, part in tensors.items() if part.is_floating_point() and part.numel()}
    if not floats:
        return set()
    devices = {part.device for part in floats.values()}
    home = next((device for device in devices if device.type != "cpu"), torch.device("cpu"))
    largest = torch._foreach_norm(list(floats.values()), ord=math.inf)  # one kernel or a few for all of them
    finite = torch.stack(
        [number.to(home, torch.float32 if home.type == "mps" else torch.float64) for number in largest]
    ).isfinite()
    return {name for name, fine in zip(floats, finite.tolist(), strict=True) if not fine}
