"""A player: networks, their turn in the game, weighted terms, an optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import torch
from torch import Tensor, nn

from mien.batch import Batch, Memory, Turn
from mien.config.schedules import at
from mien.errors import UsageError
from mien.losses.term import Term
from mien.runtime import distributed, draws
from mien.training.bf16 import in_float32
from mien.training.layers import leading
from mien.training.logit_statistics import logit_statistics
from mien.training.optimizer import OptimizerSettings, load_optimizer_tensors, optimizer_tensors
from mien.training.parts import in_parts, weighted

GRADIENTS_EVERY = 8  # steps between two measurements of gradients and logits: often enough for each tick, and cheap


def do_nothing(module: nn.Module) -> None:
    """Leave the module as it is: the default constraint."""


@dataclass
class Player:
    """One side of the game.

    terms: the key is the name in the log. updates: steps a round (n_critic for a WGAN's discriminator). constrain:
    applied to each network after each step (weight clipping). frozen: the number of first layers of each network that
    are not trained. Parameters with requires_grad=False at the start are not trained either. rate_factor: multiplies
    the learning rates of the settings. steps: taken so far; they decide when a lazy term is due. parts: the number of
    parts of an update; more need less memory. bf16_gradients: processes send them in bfloat16. memory: of the game.
    """

    name: str
    modules: dict[str, nn.Module]
    turn: Callable[[Batch], Turn]
    terms: dict[str, Term]
    settings: OptimizerSettings
    updates: int = 1
    constrain: Callable[[nn.Module], None] = do_nothing
    frozen: int = 0
    rate_factor: float = 1.0
    parts: int = 1
    bf16_gradients: bool = False
    memory: Memory = field(default_factory=dict)
    steps: int = 0
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        frozen = {part for module in self.modules.values() for part in leading(module, self.frozen)}
        self.parameters = [
            parameter
            for module in self.modules.values()
            for parameter in module.parameters()
            if parameter.requires_grad and parameter not in frozen
        ]
        if not self.parameters:
            what = f"{self.frozen} frozen layers are" if self.frozen else "frozen weights are"
            raise UsageError(f"{what} all that the {self.name} has: freeze fewer")
        for module in self.modules.values():
            module.requires_grad_(False)
        self.optimizer = self.settings.build(self.parameters)

    def update(self, batches: Iterator[Batch], images: int) -> dict[str, Tensor]:
        """Make `updates` optimizer steps and return the latest statistics: 0-dimensional tensors on the device."""
        statistics: dict[str, Tensor] = {}
        self.trainable(True)
        try:
            for batch in islice(batches, self.updates):
                statistics |= self.step(batch, images)
        finally:
            self.trainable(False)
        return statistics

    def step(self, batch: Batch, images: int) -> dict[str, Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        found = []
        for part in in_parts(batch, self.parts, self.memory):
            share = len(part.image) / len(batch.image)
            turn, values = self.learn(part, share, images)
            found.append((share, values))
        statistics = weighted(found)
        kept = [tensor for tensor in self.memory.values() if tensor.ndim == 0]
        exact = [*self.running_statistics(turn), *kept, *statistics.values()]
        if self.bf16_gradients:
            distributed.average(self.gradients(), in_bf16=True)
        else:
            exact = [*self.gradients(), *exact]
        distributed.average(exact)
        before = [part.detach().clone() for part in self.parameters] if self.measures() else []
        if before:
            statistics |= self.gradient_norms()
        self.settings.tune(self.optimizer, images)
        for group in self.optimizer.param_groups:
            group["lr"] *= self.rate_factor
        self.optimizer.step()
        if before:
            statistics |= self.update_norms(before)
        self.steps += 1
        for module in self.modules.values():
            self.constrain(module)
        return statistics

    def learn(self, batch: Batch, share: float, images: int) -> tuple[Turn, dict[str, Tensor]]:
        """Add the gradient of the objective on a batch. share: the part of the update that the batch is."""
        draws.begin(batch.seed, batch.image.device)
        due = {name: term for name, term in self.terms.items() if self.steps % term.every == 0}
        with in_float32(any(term.exact for term in due.values())):
            turn = self.turn(batch)
            for term in due.values():
                term.prepare(turn)
            values = {name: term(turn).mean() for name, term in due.items()}
        weights = {name: at(term.weight, images) * term.every * share for name, term in due.items()}
        torch.stack([values[name] * weight for name, weight in weights.items()]).sum().backward()
        statistics = {f"{self.name}/{name}": value.detach() for name, value in values.items()}
        for term in due.values():
            statistics |= term.statistics(turn)
        if self.measures():
            statistics |= logit_statistics(turn, self.name)
        return turn, statistics

    def measures(self) -> bool:
        """Return whether this step measures gradients and logits."""
        return self.steps % GRADIENTS_EVERY == 0

    def trainable(self, on: bool) -> None:
        """Set whether the parameters require gradients. They do only in the player's own update."""
        for parameter in self.parameters:
            parameter.requires_grad_(on)

    def gradients(self) -> list[Tensor]:
        return [parameter.grad for parameter in self.parameters if parameter.grad is not None]

    def gradient_norms(self) -> dict[str, Tensor]:
        """Return the norm of each weight's gradient, in order: {"discriminator/gradient/D.layers.0.weight": …}.

        Biases and the vectors of norms are left out (Gulrajani et al. 2017, figure 1b).
        """
        names = self.parameter_names()
        layers = [(part, part.grad) for part in self.parameters if part.grad is not None and part.ndim > 1]
        norms = torch._foreach_norm([gradient for _, gradient in layers]) if layers else ()
        return {f"{self.name}/gradient/{names[part]}": norm for (part, _), norm in zip(layers, norms, strict=True)}

    def update_norms(self, before: list[Tensor]) -> dict[str, Tensor]:
        """Return the norm of all trained weights before a step, and that of the step: {"generator/norms/weight": …}."""
        parameters = [part.detach() for part in self.parameters]
        weight = torch.stack(torch._foreach_norm(before)).norm()
        update = torch.stack(torch._foreach_norm(torch._foreach_sub(parameters, before))).norm()
        return {f"{self.name}/norms/weight": weight, f"{self.name}/norms/update": update}

    def running_statistics(self, turn: Turn) -> list[Tensor]:
        """Return batch norm's means and variances: this player's, and the discriminators', which its turn changes too.

        They are averaged with the gradients, so that they are equal in every process.
        """
        modules = dict.fromkeys([*self.modules.values(), *(match.discriminator for match in turn.matches)])
        return [buffer for module in modules for buffer in module.buffers() if buffer.is_floating_point()]

    def parameter_names(self) -> dict[Tensor, str]:
        return {
            parameter: f"{key}.{name}"
            for key, module in self.modules.items()
            for name, parameter in module.named_parameters()
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the optimizer's state by name. The networks are saved separately."""
        return optimizer_tensors(self.optimizer, self.parameter_names())

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        load_optimizer_tensors(self.optimizer, self.parameter_names(), tensors)
