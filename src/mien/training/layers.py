"""The layers of a network: which layers to freeze, and which layers another network can copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from torch import Tensor, nn

Layer = dict[str, Tensor]
"""The tensors of one layer by name: {"weight": …, "bias": …}."""

T = TypeVar("T", bound=Tensor)


def by_layer(tensors: dict[str, T]) -> dict[str, dict[str, T]]:
    """Group a state_dict by layers, in the order of the network.

    The tensors of a parametrization (spectral norm) belong to the layer whose weight it computes.
    """
    layers: dict[str, dict[str, T]] = {}
    for name, tensor in tensors.items():
        cut = name.find(".parametrizations.") if ".parametrizations." in name else name.rfind(".")
        layers.setdefault(name[: max(cut, 0)], {})[name[cut + 1 :]] = tensor
    return layers


def leading(network: nn.Module, count: int) -> list[nn.Parameter]:
    """Return the parameters of the first `count` layers with a weight matrix, and of the norms between them."""
    parameters: list[nn.Parameter] = []
    if not count:  # then vectors before the first matrix do not belong to it
        return parameters
    for layer in by_layer(dict(network.named_parameters())).values():
        count -= any(parameter.ndim > 1 for parameter in layer.values())
        if count < 0:
            break
        parameters += layer.values()
    return parameters


def common(old: Sequence[Layer], new: Sequence[Layer]) -> list[tuple[int, int]]:
    """Return the pairs of positions that align two lists of layers (the heaviest common subsequence).

    Paired layers have the same names and shapes, and positions rise in both lists. The pairs hold as many numbers as
    possible. Of several solutions it is the one with the earliest pairs.
    """
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for one in reversed(range(len(old))):
        for other in reversed(range(len(new))):
            both = best[one + 1][other + 1] + size(old[one]) if alike(old[one], new[other]) else 0
            best[one][other] = max(both, best[one + 1][other], best[one][other + 1])
    pairs, one, other = [], 0, 0
    while one < len(old) and other < len(new):
        if alike(old[one], new[other]) and best[one][other] == best[one + 1][other + 1] + size(old[one]):
            pairs.append((one, other))
            one, other = one + 1, other + 1
        elif best[one][other] == best[one + 1][other]:
            one += 1
        else:
            other += 1
    return pairs


def alike(one: Layer, other: Layer) -> bool:
    return {name: part.shape for name, part in one.items()} == {name: part.shape for name, part in other.items()}


def size(layer: Layer) -> int:
    return sum(part.numel() for part in layer.values())
