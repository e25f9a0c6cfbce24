"""Frozen weights that a network's constructor sets to the same values each time: a pretrained backbone from a file.

They are not trained, and not saved. A file holds one sha256 of them all in their place. So a resumed run or a generator
never uses other weights than the training did. Frozen weights with random values cannot be made again, so they are
saved like all other weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mien.errors import FileError

SEAL = "given.sha256"  # among a network's tensors: uint8 [32]


@dataclass(frozen=True)
class Given:
    """names: of the weights that the constructor gives. seal: uint8 [32]."""

    names: frozenset[str]
    seal: Tensor


def has_frozen(modules: Iterable[nn.Module]) -> bool:
    return not all(parameter.requires_grad for module in modules for parameter in module.parameters())


def found(module: nn.Module, again: nn.Module) -> Given | None:
    """Return the frozen weights that are equal in two networks of the same constructor, or None."""
    other = dict(again.named_parameters())
    names = frozenset(
        name
        for name, parameter in module.named_parameters()
        if not parameter.requires_grad and torch.equal(parameter.cpu(), other[name].cpu())
    )
    return Given(names, seal_of(module, names)) if names else None


def seal_of(module: nn.Module, names: Iterable[str]) -> Tensor:
    digest, parameters = hashlib.sha256(), dict(module.named_parameters())
    for name in sorted(names):
        part = parameters[name].detach().cpu().contiguous()
        digest.update(f"{name} {part.dtype} {list(part.shape)}\n".encode())
        digest.update(part.reshape(-1).view(torch.uint8).numpy().tobytes())
    return torch.frombuffer(bytearray(digest.digest()), dtype=torch.uint8)


def to_save(module: nn.Module, given: Given | None) -> dict[str, Tensor]:
    state = dict(module.state_dict())
    if given is None:
        return state
    return {**{name: part for name, part in state.items() if name not in given.names}, SEAL: given.seal}


def complete(module: nn.Module, tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the tensors of `to_save`, completed by the weights that this module's constructor sets.

    Raises FileError if those weights differ from the saved sha256. name: the start of the message.
    """
    if SEAL not in tensors:
        return dict(tensors)
    own = {key: part for key, part in module.named_parameters() if key not in tensors}
    if not torch.equal(seal_of(module, own), tensors[SEAL].cpu()):
        raise FileError(
            f"{name}: the frozen weights that its constructor gives are not those that it was trained with: put "
            "back the file that they come from"
        )
    return {**{key: part.detach() for key, part in own.items()}, **{k: v for k, v in tensors.items() if k != SEAL}}
