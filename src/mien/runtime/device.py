"""The device of a process: the CPU, or its own GPU."""

from __future__ import annotations

import os
from typing import TypeVar

import torch
from torch import nn

from mien.errors import UsageError
from mien.runtime import console, distributed

M = TypeVar("M", bound=nn.Module)


def join(device: str) -> torch.device:
    """Return the device of this process. If torchrun started several processes, join them first."""
    place = pick_device(device)
    distributed.start(place)
    console.console.quiet = distributed.rank() > 0
    return place


def pick_device(name: str) -> torch.device:
    """Return the device of this name. "auto": the GPU if there is one, one for each process. Raises UsageError."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"--device {name!r} is unknown: use auto, cpu, cuda or cuda:1") from None
    if device.type not in ("cpu", "cuda"):
        raise UsageError(f"--device {name}: mien trains on cpu and cuda")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise UsageError(f"--device {name}: PyTorch sees no GPU here; --device cpu works everywhere")
        index = device.index if device.index is not None else int(os.environ.get("LOCAL_RANK", 0))
        device = torch.device("cuda", index)
        torch.cuda.set_device(device)
    return device


def to_device(module: M, device: torch.device, channels_last: bool = False) -> M:
    """Move the module, in place, and return it. channels_last: the memory layout of its convolutions."""
    memory = torch.channels_last if channels_last else torch.contiguous_format
    module.to(device=device, memory_format=memory)  # type: ignore[call-overload]  # torch declares no memory_format here
    return module
