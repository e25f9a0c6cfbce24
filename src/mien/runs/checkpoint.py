"""Checkpoints: folders `kimg-000200/` of safetensors and JSON, with a manifest of sha256 sums, renamed into place.

A folder without a manifest, or with a wrong checksum, does not count as a checkpoint. So after a kill or on a full disk
the earlier checkpoints stay valid.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from mien.errors import FileError
from mien.runs import tensor_files
from mien.runs.records import Manifest, State
from mien.runtime import typed_json
from mien.runtime.atomic_files import io_errors, sync_folder, write_bytes

Tensors = dict[str, dict[str, Tensor]]
STATE, MANIFEST = "state.json", "manifest.json"
MOST_BYTES = 1 << 36  # of one file


def save_checkpoint(folder: Path, tensors: Tensors, state: dict[str, Any]) -> None:
    """Write `{name}.safetensors` for each entry and `state.json`; replaces an older checkpoint of the same name."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    with io_errors(folder):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    try:
        contents = {f"{name}.safetensors": save(contiguous(group)) for name, group in tensors.items()}
        contents[STATE] = json.dumps(state, indent=2).encode()
        for name, data in contents.items():
            write_bytes(temporary / name, data)
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        write_bytes(temporary / MANIFEST, json.dumps(sums, indent=2).encode())
        with io_errors(folder):
            sync_folder(temporary)
            if folder.exists():
                shutil.rmtree(folder)
            temporary.rename(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def load_checkpoint(folder: Path) -> tuple[Tensors, State]:
    """Return the tensors and the state, after a check of every checksum. Raises FileError that names the bad file."""
    sums = typed_json.read(folder / MANIFEST, Manifest)
    if sums.keys() != {STATE, *(path.name for path in folder.glob("*.safetensors"))}:
        raise FileError(f"{folder} is damaged: its files differ from its manifest")
    contents = {}
    for name, expected in sums.items():
        contents[name] = typed_json.read_bytes(folder / name, MOST_BYTES)
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise FileError(f"{folder / name} is damaged: its sha256 differs from the manifest's")
    state = typed_json.decode(contents.pop(STATE), State, str(folder / STATE))
    return {
        name.removesuffix(".safetensors"): tensor_files.from_bytes(data, str(folder / name))
        for name, data in contents.items()
    }, state


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints that have a manifest, oldest first."""
    return sorted(path.parent for path in folder.glob(f"kimg-*/{MANIFEST}"))


def images_of(folder: Path) -> int:
    """Return the images of a checkpoint, from its name: kimg-000012.5 -> 12500."""
    return round(float(folder.name.partition("-")[2]) * 1000)


def prune(folder: Path, keep: int, ladder: int = 0) -> None:
    """Delete all but the newest `keep` checkpoints, and incomplete folders that a kill left.

    ladder: keep further ones, too: the newest one of each doubling of the images, for as many doublings. A training
    that may go back needs them.
    """
    whole = checkpoints(folder)
    steps = {images_of(path).bit_length(): path for path in whole}  # the newest one of each doubling
    kept = {*whole[-keep:], *[steps[step] for step in sorted(steps)][len(steps) - min(ladder, len(steps)) :]}
    for path in [*(path for path in whole if path not in kept), *folder.glob(".*.tmp")]:
        shutil.rmtree(path, ignore_errors=True)
