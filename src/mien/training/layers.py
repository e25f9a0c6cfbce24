"""A network as its layers: which of them stay frozen, and which another network can take over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from torch import Tensor, nn

Layer = dict[str, Tensor]
"""What one layer holds, by its name within the layer: {"weight": …, "bias": …}."""

T = TypeVar("T", bound=Tensor)


def by_layer(tensors: dict[str, T]) -> dict[str, dict[str, T]]:
    """A state_dict by the layers that its tensors belong to, in the order in which the network names them.

    What a parametrization (spectral norm) keeps belongs to the layer whose weight it makes.
    """
    layers: dict[str, dict[str, T]] = {}
    for name, tensor in tensors.items():
        cut = name.find(".parametrizations.") if ".parametrizations." in name else name.rfind(".")
        layers.setdefault(name[: max(cut, 0)], {})[name[cut + 1 :]] = tensor
    return layers


def leading(network: nn.Module, count: int) -> list[nn.Parameter]:
    """The parameters of the first `count` layers that have a weight matrix, and of the norms between them."""
    parameters: list[nn.Parameter] = []
    if not count:  # vectors before the first matrix are no part of it then
        return parameters
    for layer in by_layer(dict(network.named_parameters())).values():
        count -= any(parameter.ndim > 1 for parameter in layer.values())
        if count < 0:
            break
        parameters += layer.values()
    return parameters


def common(old: Sequence[Layer], new: Sequence[Layer]) -> list[tuple[int, int]]:
    """Pairs of positions, rising in both, whose layers have the same names and shapes and hold the most numbers in all
    (the heaviest common subsequence). Of several such, the one whose pairs come earliest."""
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
