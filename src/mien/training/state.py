"""Everything that a training is at one moment, as named tensors and plain numbers: what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mien import distributed
from mien.games.game import Game
from mien.training.ema import MovingAverage
from mien.training.player import Player
from mien.training.statistics import Statistics

Tensors = dict[str, dict[str, Tensor]]


@dataclass
class Training:
    """The players of a game, its memory, the moving average, the statistics, and how many images were seen."""

    game: Game
    players: list[Player]
    ema: MovingAverage
    statistics: Statistics = field(default_factory=Statistics)
    images: int = 0

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
            **{name: dict(module.state_dict()) for name, module in self.networks.items()},
            **{f"{name}_ema": dict(module.state_dict()) for name, module in self.ema.modules.items()},
            **{f"{player.name}_optimizer": player.tensors() for player in self.players},
            **({"memory": dict(self.game.memory)} if self.game.memory else {}),
            "statistics": self.statistics.tensors(),
        }

    def numbers(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "steps": {player.name: player.steps for player in self.players},
            "statistics": self.statistics.counts,
        }

    def load(self, tensors: Tensors, numbers: Mapping[str, Any]) -> None:
        """Inverse of `tensors` and `numbers`, into networks of the same shapes; bitwise."""
        for name, module in self.networks.items():
            module.load_state_dict(tensors[name])
        for name, module in self.ema.modules.items():
            module.load_state_dict(tensors[f"{name}_ema"])
        for player in self.players:
            player.load_tensors(tensors[f"{player.name}_optimizer"])
            player.steps = numbers["steps"][player.name]
        device = self.players[0].parameters[0].device
        self.game.memory.clear()  # terms and augmentations hold on to this very dictionary
        self.game.memory.update({name: tensor.to(device) for name, tensor in tensors.get("memory", {}).items()})
        self.statistics.load(tensors["statistics"], numbers["statistics"], device)
        self.images = numbers["images"]

    def synchronize(self) -> None:
        """Start every process from the networks of rank 0."""
        distributed.broadcast([*self.state(self.networks), *self.state(self.ema.modules)])

    def state(self, modules: dict[str, nn.Module]) -> list[Tensor]:
        return [tensor for module in modules.values() for tensor in module.state_dict().values()]

    def finite(self) -> bool:
        """Whether every weight is a finite number (waits for the device)."""
        weights = [parameter.detach() for module in self.networks.values() for parameter in module.parameters()]
        return bool(torch.isfinite(torch.stack(torch._foreach_norm(weights))).all())
