"""Snapshots: the averaged generators alone, one file with the recipe in its header: all that drawing needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from mien.runs import tensor_files
from mien.runs.checkpoint import contiguous
from mien.runs.records import Header
from mien.runtime.atomic_files import write_bytes


def save_snapshot(path: Path, generators: dict[str, dict[str, Tensor]], header: dict[str, Any]) -> None:
    """Tensors are named "G/layers.0.weight"; `header` is JSON: recipe, run, images."""
    tensors = {f"{name}/{key}": tensor for name, state in generators.items() for key, tensor in state.items()}
    write_bytes(path, save(contiguous(tensors), {"mien": json.dumps(header)}))


def load_snapshot(path: Path) -> tuple[dict[str, dict[str, Tensor]], Header]:
    """Inverse of `save_snapshot`. Raises FileError for a file that is missing, damaged or of another kind."""
    tensors, header = tensor_files.read(path, Header)
    generators: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        group, _, key = name.partition("/")
        generators.setdefault(group, {})[key] = tensor
    return generators, header
