"""The only reader of safetensors files: named tensors, and mien's header with a declared type.

A file may come from a stranger. The library checks offsets, sizes and the length of the header before it makes a
tensor. mien's own header passes through `typed_json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import load
from torch import Tensor, nn

from mien.errors import FileError, is_out_of_memory
from mien.networks import frozen_weights
from mien.runtime import typed_json

T = TypeVar("T")
KEY = "mien"  # mien's key in the header


def read(path: Path, kind: type[T]) -> tuple[dict[str, Tensor], T]:
    """Return all tensors by name, and the header as `kind`. Raises FileError, in one line."""
    with opened(path) as file:
        header = header_of(file, kind, path)
        return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118 (safe_open is no dict)


def read_header(path: Path, kind: type[T]) -> T:
    """Return the header alone, as `kind`. Raises FileError."""
    with opened(path) as file:
        return header_of(file, kind, path)


def from_bytes(data: bytes, name: str) -> dict[str, Tensor]:
    """Return the tensors of a file's bytes. Raises FileError."""
    try:
        return load(data)
    except TROUBLES as error:
        if is_out_of_memory(error):  # the file may be undamaged
            raise
        raise FileError(f"{name} cannot be read as tensors: {first_line(error)}") from error


TROUBLES = (OSError, SafetensorError, ValueError, KeyError, AttributeError, RuntimeError, OverflowError)
"""The errors of the library: its own, and Python's for a number type that torch does not have."""


@contextmanager
def opened(path: Path) -> Iterator[safe_open]:
    """Open a regular file with safetensors. Errors inside become one line that names the file."""
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"{path} is not a regular file")
        with safe_open(path, framework="pt") as file:
            yield file
    except TROUBLES as error:
        if is_out_of_memory(error):
            raise
        raise FileError(f"{path} cannot be read as tensors: {first_line(error)}") from error


def header_of(file: safe_open, kind: type[T], path: Path) -> T:
    text = (file.metadata() or {}).get(KEY)
    if text is None:
        raise FileError(f"{path} is not a file of mien: its header has no entry of mien")
    return typed_json.decode(text, kind, f"{path}, in its header,")


def fill(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Load the tensors of a file into a network. Raises FileError as `fitting` does."""
    network.load_state_dict(fitting(network, tensors, name))


def fitting(network: nn.Module, tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the tensors of a file in the network's order.

    The file must have exactly the network's tensors, except for weights that its constructor sets. Raises FileError
    that names the first tensor that does not fit. name: the start of the message.
    """
    own, tensors = network.state_dict(), frozen_weights.complete(network, tensors, name)
    if odd := own.keys() ^ tensors.keys():
        one = min(odd)
        raise FileError(f"{name} does not fit its recipe: {one} is {'missing' if one in own else 'one too many'}")
    for key, there in own.items():
        found = tensors[key]
        if found.shape != there.shape or found.is_floating_point() != there.is_floating_point():
            kinds = [f"{tensor.dtype} {list(tensor.shape)}".removeprefix("torch.") for tensor in (found, there)]
            raise FileError(f"{name} does not fit its recipe: {key} is {kinds[0]}, not {kinds[1]}")
        masked = not bool(there.isfinite().all())  # a buffer with an infinite number from the start, such as a mask
        if found.is_floating_point() and not masked and not bool(found.float().isfinite().all()):
            raise FileError(f"{name} is damaged: {key} holds numbers that are not finite")
    return {key: tensors[key] for key in own}


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
