"""The linear first layers of any generator, measured by forward hooks on its modules.

A module's output is affine in the latent as long as only weights have read the latent. The test: the inputs are 0, the
unit vectors, and -2 times their sum. An output is affine if the last is -2 times the sum of the others.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mien.inference.generator import BATCH, Generator

FAR = -2.0  # of the sum of unit vectors, see `unit_latents`
EXACT = 1e-4  # relative tolerance of float32 sums

Look = Callable[[int, Tensor, Tensor], bool]
"""(number of the call, the module's input, its output) -> whether to stop"""


@torch.inference_mode()
def weights_of(generator: Generator, layers: list[int] | None = None) -> Tensor:
    """A [R,D] of y = A w + b: the rows of all weights that read the latent directly, layer by layer.

    R is 0 if no layer is linear in the latent. D is the latent's width. layers: those to use, if each has a latent.
    If a network computes its first layer without a module (dcgan), the first module's input is that layer's output.
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
    """The function z [N,latent_dim] -> [N,P]: the output of the first module that is not linear in z."""
    first = 0

    def not_linear(number: int, given: Tensor, answer: Tensor) -> bool:
        nonlocal first
        first = number
        return not is_linear(answer.flatten(1))

    run_with_hooks(generator, unit_latents(generator), not_linear)

    @torch.inference_mode()
    def activations(z: Tensor) -> Tensor:
        outputs: list[Tensor] = []

        def store(number: int, given: Tensor, answer: Tensor) -> bool:
            if number == first:
                outputs.append(answer.flatten(1).clone())
            return number == first

        for part in z.split(BATCH):
            run_with_hooks(generator, part, store)
        return torch.cat(outputs)

    return activations


def unit_latents(generator: Generator) -> Tensor:
    """[D + 2,D]: 0, the D unit vectors, and -2 times their sum. |x| and x^2 fail the linearity test on them."""
    width = generator.mapping(generator.latents([0])).shape[-1]
    eye = torch.eye(width, device=generator.device)
    return torch.cat([torch.zeros_like(eye[:1]), eye, FAR * torch.ones_like(eye[:1])])


def in_layers(generator: Generator, one: Tensor, layers: list[int] | None) -> Tensor:
    """one [N,D] -> w [N, …], which is `one` in `layers` and 0 elsewhere."""
    like = generator.mapping(generator.latents([0]))
    if like.dim() == 2:
        return one
    w = one.new_zeros(len(one), *like.shape[1:])
    w[:, layers if layers is not None else slice(None)] = one[:, None]
    return w


def is_linear(answer: Tensor) -> bool:
    """Whether the output [D + 2,R] for `unit_latents` is affine."""
    steps = answer[1:] - answer[0]
    wrong = (FAR * steps[:-1].sum(0) - steps[-1]).abs().max()
    return bool(wrong <= EXACT * steps[:-1].abs().sum(0).max())


class Enough(Exception):
    """Ends a forward pass early, when the later layers are not needed."""


def run_with_hooks(generator: Generator, w: Tensor, look: Look) -> None:
    """Run the generator on w and call `look` at each module without children, until `look` returns True."""
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
