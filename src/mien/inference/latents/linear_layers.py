"""How a generator's first layers answer to its latent, found by listening to its modules, whatever its architecture.

An answer is linear in the latent, but for a constant, as long as only weights have read it. That is tried out: 0, the
unit vectors and -2 times their sum go in, and what comes out for the last must be -2 times the sum of the others'.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mien.inference.generator import BATCH, Generator

FAR = -2.0  # of the sum of unit vectors, see `unit_latents`
EXACT = 1e-4  # of what is summed: float32 leaves no more of an equality

Look = Callable[[int, Tensor, Tensor], bool]
"""(number of the call, what the module is given, what it gives) -> whether that was enough"""


@torch.inference_mode()
def weights_of(generator: Generator, layers: list[int] | None = None) -> Tensor:
    """A [R,D], y = A w + b: the rows of all weights that are given the latent itself, one layer after the other; none
    where nothing reads it linearly. D is the latent's width. layers: where each has a latent, those that count.

    A first layer that a network computes without calling a module (dcgan's) is seen by what the first module is given.
    """
    unit = unit_latents(generator)
    found: dict[int, list[Tensor]] = {}
    for one in unit.split(BATCH):

        def look(number: int, given: Tensor, answer: Tensor, one: Tensor = one) -> bool:
            if given.numel() == one.numel() and torch.equal(given.reshape(one.shape), one):
                found.setdefault(number, []).append(answer.clone())
            elif number == 0 and len(given) == len(one):
                found.setdefault(number, []).append(given.clone())
            return False

        run_with_hooks(generator, in_layers(generator, one, layers), look)
    answers = [torch.cat(parts).flatten(1) for parts in found.values()]
    rows = [(answer[1:-1] - answer[0]).T for answer in answers if is_linear(answer)]
    return torch.cat([row for row in rows if row.any()] or [unit.new_zeros(0, unit.shape[1])])


@torch.inference_mode()
def first_activations(generator: Generator) -> Callable[[Tensor], Tensor]:
    """z [N,latent_dim] -> [N,P]: what the first module gives whose answer is not linear in z any more."""
    place = 0

    def not_linear(number: int, given: Tensor, answer: Tensor) -> bool:
        nonlocal place
        place = number
        return not is_linear(answer.flatten(1))

    run_with_hooks(generator, unit_latents(generator), not_linear)

    @torch.inference_mode()
    def activations(z: Tensor) -> Tensor:
        kept: list[Tensor] = []

        def keep(number: int, given: Tensor, answer: Tensor) -> bool:
            if number == place:
                kept.append(answer.flatten(1).clone())
            return number == place

        for part in z.split(BATCH):
            run_with_hooks(generator, part, keep)
        return torch.cat(kept)

    return activations


def unit_latents(generator: Generator) -> Tensor:
    """[D + 2,D]: 0, the D unit vectors, -2 times their sum: neither |x| nor x^2 passes for linear there."""
    width = generator.mapping(generator.latents([0])).shape[-1]
    eye = torch.eye(width, device=generator.device)
    return torch.cat([torch.zeros_like(eye[:1]), eye, FAR * torch.ones_like(eye[:1])])


def in_layers(generator: Generator, one: Tensor, layers: list[int] | None) -> Tensor:
    """one [N,D] -> w [N, …] that has it in `layers` and 0 elsewhere."""
    like = generator.mapping(generator.latents([0]))
    if like.dim() == 2:
        return one
    w = one.new_zeros(len(one), *like.shape[1:])
    w[:, layers if layers is not None else slice(None)] = one[:, None]
    return w


def is_linear(answer: Tensor) -> bool:
    """answer [D + 2,R], to `unit_latents`"""
    steps = answer[1:] - answer[0]
    wrong = (FAR * steps[:-1].sum(0) - steps[-1]).abs().max()
    return bool(wrong <= EXACT * steps[:-1].abs().sum(0).max())


class Enough(Exception):
    """Ends a pass through a network whose later layers nobody needs."""


def run_with_hooks(generator: Generator, w: Tensor, look: Look) -> None:
    """Draw from w, and call `look` at each call of a module without children, until it has seen enough."""
    number = -1

    def hook(module: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> None:
        nonlocal number
        number += 1
        if look(number, given[0], answer):
            raise Enough

    modules = [module for module in generator.network.modules() if not any(True for _ in module.children())]
    hooks = [module.register_forward_hook(hook) for module in modules]
    try:
        generator.synthesis(w)
    except Enough:
        pass
    finally:
        for handle in hooks:
            handle.remove()
