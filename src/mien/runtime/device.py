"""The device of a process: the CPU, or its own GPU."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import torch
from torch import nn

from mien.errors import UsageError
from mien.runtime import console, distributed, slurm

M = TypeVar("M", bound=nn.Module)
SEES: dict[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "xpu": torch.xpu.is_available,
}
"""Kinds of devices, and whether PyTorch sees one here."""

CAVEATS = {
    "mps": "device   mps: no float64, and the bf16 stages compute in float32; one process; not tried yet",
    "xpu": "device   xpu: the bf16 stages compute in float32; one process; not tried yet",
}
"""What a device lacks, in one line for the start of a training."""


def join(device: str) -> torch.device:
    """Return the device of this process. If torchrun, srun or another engine started several, join them first."""
    slurm.take_variables()
    place = pick_device(device)
    distributed.start(place)
    console.console.quiet = distributed.rank() > 0
    if place.type in CAVEATS:
        if distributed.world_size() > 1:
            raise UsageError(f"--device {place.type} trains in one process: start it without torchrun or srun")
        console.say(CAVEATS[place.type])
    return place


def pick_device(name: str) -> torch.device:
    """Return the device of this name. "auto": a CUDA GPU if there is one, one for each process; else the processor.

    Raises UsageError.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"--device {name!r} is unknown: there are {listed()}") from None
    if device.type not in SEES:
        raise UsageError(f"--device {name}: mien computes on {', '.join(SEES)}; there are {listed()}")
    if not SEES[device.type]():
        raise UsageError(f"--device {name}: PyTorch sees none here, only {listed()}")
    if device.type == "cuda":
        own = (
            0 if torch.cuda.device_count() == 1 else int(os.environ.get("LOCAL_RANK", 0))
        )  # an engine may show only one
        device = torch.device("cuda", own if device.index is None else device.index)
        torch.cuda.set_device(device)
    return device


def listed() -> str:
    """Return the devices that PyTorch sees: "cpu, cuda:0 (NVIDIA H200)". It makes a context on a GPU."""
    found = ["cpu"]
    if SEES["cuda"]():
        found += [f"cuda:{index} ({torch.cuda.get_device_name(index)})" for index in range(torch.cuda.device_count())]
    if SEES["mps"]():
        found.append("mps (the GPU of this Mac)")
    if SEES["xpu"]():
        found += [f"xpu:{index} ({torch.xpu.get_device_name(index)})" for index in range(torch.xpu.device_count())]
    return ", ".join(found)


def widest_float(device: torch.device) -> torch.dtype:
    """Return the most exact type of float that the device has."""
    return torch.float32 if device.type == "mps" else torch.float64


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether the device computes in bfloat16 faster than in float32: a GPU, or a processor made for it.

    A processor without AVX512-BF16 and AMX takes up to fifty times as long.
    """
    return device.type == "cuda" or (device.type == "cpu" and processor_has_bfloat16())


@lru_cache(maxsize=1)
def processor_has_bfloat16() -> bool:
    if not torch.backends.cpu.get_cpu_capability().startswith(("AVX512", "AMX")):  # it may be set lower by the user
        return False
    asked = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(asked and torch.backends.mkldnn.is_available())


def to_device(module: M, device: torch.device, channels_last: bool = False) -> M:
    """Move the module, in place, and return it. channels_last: the memory layout of its convolutions."""
    memory = torch.channels_last if channels_last else torch.contiguous_format
    module.to(device=device, memory_format=memory)  # type: ignore[call-overload]  # torch declares no memory_format here
    return module
