"""Weights that a network's constructor freezes and makes alike each time: a pretrained backbone, read from a file.

They are not trained, and not saved. In their place a file holds one sha256 of them all, so a run never goes on, and a
generator never draws, with other weights than it was trained with. What a constructor freezes but draws by chance
cannot be made again, and is saved like every other weight.
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
    """Of a network and another that the same constructor made after other random numbers; None: nothing is given."""
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
    """What `to_save` gave, with what this module's constructor gives. Raises FileError where that is something else.
    name: what the words begin with."""
    if SEAL not in tensors:
        return dict(tensors)
    own = {key: part for key, part in module.named_parameters() if key not in tensors}
    if not torch.equal(seal_of(module, own), tensors[SEAL].cpu()):
        raise FileError(
            f"{name}: the frozen weights that its constructor gives are not those that it was trained with: put "
            "back the file that they come from"
        )
    return {**{key: part.detach() for key, part in own.items()}, **{k: v for k, v in tensors.items() if k != SEAL}}
