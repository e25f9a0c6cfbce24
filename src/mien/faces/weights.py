"""MTCNN's published weights, read from the installed package `mtcnn` of PyPI (MIT).

mien never imports the package and never unpickles its files. Each file has one known content (sha256), and each tensor
starts at a known byte of it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import FileError
from mien.networks.mtcnn import Output, Proposal, Refinement
from mien.runtime.atomic_files import io_errors

PACKAGE = "mtcnn"
FOLDER = Path("assets", "weights")
CURE = "pip install 'mien[faces]'"


@dataclass(frozen=True)
class Published:
    """One file. sha256: of the file. offsets: first byte of each tensor in the unpacked content, in parameter order."""

    file: str
    sha256: str
    network: type[nn.Module]
    offsets: tuple[int, ...]


FILES = (
    Published(
        "pnet.lz4",
        "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
        Proposal,
        (240, 1376, 1472, 1568, 7376, 7504, 7632, 26112, 26304, 26496, 27056, 27136, 27440),
    ),
    Published(
        "rnet.lz4",
        "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
        Refinement,
        (
            *(240, 3312, 3488, 3664, 52096, 52352, 52608, 101808, 102128),
            *(102448, 397408, 397968, 398528, 400624, 400688, 401760),
        ),
    ),
    Published(
        "onet.lz4",
        "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
        Output,
        (
            *(240, 3744, 3936, 4128, 77904, 78224, 78544, 226048, 226368, 226688, 357808, 358384),
            *(358960, 1538656, 1539728, 1540816, 1544960, 1545040, 1555328, 1555424, 1557520),
        ),
    ),
)


def find_mtcnn() -> Path | None:
    """The folder of the three files; None if the package, or lz4, is not installed."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0], FOLDER)
    there = all((folder / published.file).is_file() for published in FILES)
    return folder if there and importlib.util.find_spec("lz4") else None


def load_mtcnn(folder: Path) -> tuple[Proposal, Refinement, Output]:
    """The three networks with their weights. Raises FileError for a file that is not the published one."""
    proposal, refinement, output = (load(published, folder / published.file) for published in FILES)
    assert isinstance(proposal, Proposal) and isinstance(refinement, Refinement) and isinstance(output, Output)
    return proposal, refinement, output


def load(published: Published, path: Path) -> nn.Module:
    """One network with its weights, frozen. Raises FileError."""
    with io_errors(path):
        packed = path.read_bytes()
    if (found := hashlib.sha256(packed).hexdigest()) != published.sha256:
        raise FileError(
            f"{path} is not the published file (sha256 {found[:12]}…, not {published.sha256[:12]}…): "
            f"install it again: {CURE}"
        )
    network = published.network()
    state = network.state_dict()
    frame: Any = importlib.import_module("lz4.frame")
    content = frame.decompress(packed)
    tensors = [tensor_at(content, offset, state[name].shape) for name, offset in zip(state, published.offsets)]
    network.load_state_dict(dict(zip(state, tensors, strict=True)))
    return network.eval().requires_grad_(False)


def tensor_at(content: bytes, offset: int, shape: torch.Size) -> Tensor:
    """The tensor at byte `offset`.

    TensorFlow stores [H,W,in,out] and [in,out]; PyTorch has [out,in,H,W] and [out,in].
    """
    numbers = np.frombuffer(content, "<f4", math.prod(shape), offset)
    if len(shape) == 4:
        out, into, height, width = shape
        numbers = numbers.reshape(height, width, into, out).transpose(3, 2, 0, 1)
    elif len(shape) == 2:
        numbers = numbers.reshape(shape[::-1]).T
    return torch.from_numpy(np.array(numbers, np.float32, order="C")).reshape(shape)
