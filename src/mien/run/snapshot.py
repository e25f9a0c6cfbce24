"""Snapshots: the averaged generators alone, one file with the recipe in its header: all that drawing needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mien.errors import FileTrouble
from mien.run.checkpoint import contiguous
from mien.run.files import write_bytes


def save_snapshot(path: Path, generators: dict[str, dict[str, Tensor]], header: dict[str, Any]) -> None:
    """Tensors are named "G/layers.0.weight"; `header` is JSON: recipe, run, images."""
    tensors = {f"{name}/{key}": tensor for name, state in generators.items() for key, tensor in state.items()}
    write_bytes(path, save(contiguous(tensors), {"mien": json.dumps(header)}))


def load_snapshot(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """Inverse of `save_snapshot`. Raises FileTrouble for a file that is missing, damaged or of another kind."""
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get("mien")
            if header is None:
                raise FileTrouble(f"{path} is not a mien snapshot: its header holds no recipe")
            generators: dict[str, dict[str, Tensor]] = {}
            for name in file.keys():  # noqa: SIM118 (safe_open is no dict)
                group, _, key = name.partition("/")
                generators.setdefault(group, {})[key] = file.get_tensor(name)
            return generators, json.loads(header)
    except (OSError, SafetensorError, ValueError) as error:
        raise FileTrouble(f"{path} cannot be read as a snapshot: {error}") from error
