"""Snapshots: files with the averaged generators, and the recipe in the header. Generation needs nothing else."""

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
    """Write the generators' tensors, named "G/layers.0.weight", and the header as JSON: recipe, run, images."""
    tensors = {f"{name}/{key}": tensor for name, state in generators.items() for key, tensor in state.items()}
    write_bytes(path, save(contiguous(tensors), {"mien": json.dumps(header)}))


def load_snapshot(path: Path) -> tuple[dict[str, dict[str, Tensor]], Header]:
    """Return the generators and the header. Raises FileError for a file that is missing, damaged or of another kind."""
    tensors, header = tensor_files.read(path, Header)
    generators: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        group, _, key = name.partition("/")
        generators.setdefault(group, {})[key] = tensor
    return generators, header
