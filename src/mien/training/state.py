"""The full state of a training as named tensors and plain numbers: the content of a checkpoint."""

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
from mien.runtime.device import widest_float
from mien.training.ema import MovingAverage
from mien.training.player import Player
from mien.training.statistics import Statistics

Tensors = dict[str, dict[str, Tensor]]


@dataclass
class Training:
    """The players of a game, its memory, the moving average, the statistics, and the images shown so far.

    given: by network, the frozen weights that its constructor sets. They are not saved.
    """

    game: Game
    players: list[Player]
    ema: MovingAverage
    statistics: Statistics = field(default_factory=Statistics)
    images: int = 0
    given: dict[str, Given] = field(default_factory=dict)
    unbounded: frozenset[str] = field(init=False)  # buffers with an infinite number from the start, such as masks

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
        """Return the real images of the most active player in a round, as a multiple of the batch."""
        return max(player.updates for player in self.players)

    def tensors(self) -> Tensors:
        """Return file name -> tensor name -> tensor.

        The files are each network, its average, each optimizer, the memory if it is not empty, and the statistics.
        """
        return {
            **{name: to_save(module, self.given.get(name)) for name, module in self.networks.items()},
            **{f"{name}_ema": tensors for name, tensors in self.averages().items()},
            **{f"{player.name}_optimizer": player.tensors() for player in self.players},
            **({"memory": dict(self.game.memory)} if self.game.memory else {}),
            "statistics": self.statistics.tensors(),
        }

    def averages(self) -> Tensors:
        """Return the averaged generators: the content of a snapshot."""
        return {name: to_save(module, self.given.get(name)) for name, module in self.ema.modules.items()}

    def numbers(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "steps": {player.name: player.steps for player in self.players},
            "statistics": self.statistics.counts,
        }

    def load(self, tensors: Tensors, numbers: Mapping[str, Any]) -> None:
        """Load the results of `tensors` and `numbers`, exact to the bit, into networks of the same shapes.

        Raises RuntimeError, KeyError or ValueError for the state of another training.
        """
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
        self.game.memory.clear()  # terms and augmentations hold a reference to this dictionary
        self.game.memory.update({name: tensor.to(device) for name, tensor in tensors.get("memory", {}).items()})
        self.statistics.load(tensors["statistics"], numbers["statistics"], device)
        self.images = numbers["images"]

    def synchronize(self) -> None:
        """Start every process from the networks of rank 0."""
        distributed.broadcast([*self.state(self.networks), *self.state(self.ema.modules)])

    def state(self, modules: dict[str, nn.Module]) -> list[Tensor]:
        return [tensor for module in modules.values() for tensor in module.state_dict().values()]

    def wrong(self, tensors: Tensors | None = None) -> list[str]:
        """Return the names of tensors with a number that is not finite, the losses first: ["D/layers.0.weight"].

        tensors: of a checkpoint that was read; None: the current state. It waits for the device, so call it seldom.
        """
        groups = self.tensors() if tensors is None else tensors
        flat = {f"{group}/{name}": tensor for group, named in groups.items() for name, tensor in named.items()}
        return sorted(not_finite(flat) - self.unbounded, key=lambda name: not name.startswith("statistics/"))


def not_finite(tensors: dict[str, Tensor]) -> set[str]:
    """Return the names of the tensors that hold a NaN or an infinite number."""
    floats = {name: part.detach() for name, part in tensors.items() if part.is_floating_point() and part.numel()}
    if not floats:
        return set()
    devices = {part.device for part in floats.values()}
    home = next((device for device in devices if device.type != "cpu"), torch.device("cpu"))
    largest = torch._foreach_norm(list(floats.values()), ord=math.inf)  # one kernel or a few for all of them
    finite = torch.stack([number.to(home, widest_float(home)) for number in largest]).isfinite()
    return {name for name, fine in zip(floats, finite.tolist(), strict=True) if not fine}
