"""Optimizers as data. Their numbers may be schedules over the images shown to the discriminator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from mien.config.schedules import Number, at
from mien.errors import UsageError


class OptimizerSettings(Protocol):
    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer: ...

    def tune(self, optimizer: torch.optim.Optimizer, images: int) -> None:
        """Set the scheduled numbers for a step taken after `images` images."""
        ...


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015), one fused kernel for all parameters."""

    lr: Number = 2e-4
    beta1: Number = 0.5
    beta2: Number = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        for name, number, end in (("lr", self.lr, math.inf), ("beta1", self.beta1, 1), ("beta2", self.beta2, 1)):
            if not 0 <= at(number, 0) < end:
                raise UsageError(f"Adam: {name} {at(number, 0):g} is not in [0, {end:g})")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        betas = (at(self.beta1, 0), at(self.beta2, 0))
        return torch.optim.Adam(parameters, at(self.lr, 0), betas, self.eps, fused=True)

    def tune(self, optimizer: torch.optim.Optimizer, images: int) -> None:
        for group in optimizer.param_groups:
            group["lr"], group["betas"] = at(self.lr, images), (at(self.beta1, images), at(self.beta2, images))


@dataclass(frozen=True)
class RMSprop:
    """RMSprop (Tieleman & Hinton 2012), as in WGAN: a critic's loss changes too much for momentum.

    torch has no fused kernel for it; one call a step for all parameters (foreach) is its quickest.
    """

    lr: Number = 5e-5
    alpha: Number = 0.99
    eps: float = 1e-8

    def __post_init__(self) -> None:
        for name, number, end in (("lr", self.lr, math.inf), ("alpha", self.alpha, 1)):
            if not 0 <= at(number, 0) < end:
                raise UsageError(f"RMSprop: {name} {at(number, 0):g} is not in [0, {end:g})")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RMSprop(parameters, at(self.lr, 0), at(self.alpha, 0), self.eps, foreach=True)

    def tune(self, optimizer: torch.optim.Optimizer, images: int) -> None:
        for group in optimizer.param_groups:
            group["lr"], group["alpha"] = at(self.lr, images), at(self.alpha, images)


STATE: dict[type, set[str]] = {
    torch.optim.Adam: {"step", "exp_avg", "exp_avg_sq"},
    torch.optim.RMSprop: {"step", "square_avg"},
}
"""State of each optimizer for a parameter. For any other optimizer, all parameters must have the same state."""


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: dict[Tensor, str]) -> dict[str, Tensor]:
    """Return the optimizer's state by name: {"D.layers.0.weight/exp_avg": …}. Scalars are 0-dimensional tensors."""
    return {
        f"{names[parameter]}/{key}": torch.as_tensor(value)
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
    }


def load_optimizer_tensors(
    optimizer: torch.optim.Optimizer, names: dict[Tensor, str], tensors: dict[str, Tensor]
) -> None:
    """Load the tensors of `optimizer_tensors`. Raises ValueError for tensors that this optimizer cannot have made.

    torch's load_state_dict uses the memory layout of the file. A fused kernel reads parameter and state side by side,
    so each state gets the layout of its parameter here.
    """
    parameters = {name: parameter for parameter, name in names.items()}
    # A fused kernel counts its steps on the parameter's device, any other on the processor.
    fused = {part: bool(group.get("fused")) for group in optimizer.param_groups for part in group["params"]}
    optimizer.state.clear()
    check_state(optimizer, {name: parameter.shape for name, parameter in parameters.items()}, tensors)
    for path, value in tensors.items():
        name, key = path.rsplit("/", 1)
        parameter = parameters[name]
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter, requires_grad=False).copy_(value)
        else:
            value = value.to(parameter.device if fused[parameter] else value.device, copy=True)
        optimizer.state[parameter][key] = value


def check_state(
    optimizer: torch.optim.Optimizer, shapes: Mapping[str, tuple[int, ...]], tensors: dict[str, Tensor]
) -> None:
    """Raise ValueError if a parameter's state is incomplete, or has another shape than the parameter."""
    found: dict[str, set[str]] = {}
    for path, value in tensors.items():
        name, _, key = path.rpartition("/")
        found.setdefault(name, set()).add(key)
        if name not in shapes or value.shape not in (torch.Size(), shapes[name]) or not value.is_floating_point():
            raise ValueError(f"{path} is {value.dtype} {list(value.shape)}")
        if key == "step" and value.dim():
            raise ValueError(f"{path} is not a count of steps")
    wanted = STATE.get(type(optimizer)) or next(iter(found.values()), set())
    for name, keys in found.items():
        if keys != wanted:
            raise ValueError(f"{name} has {', '.join(sorted(keys))}, not {', '.join(sorted(wanted))}")
