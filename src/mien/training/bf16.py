"""Convolutions in bfloat16, on devices that compute faster in it. Weights, optimizer and all else stay in float32.

A convolution rounds its input and its weight to bfloat16 (8 bits of mantissa), multiplies, and returns the type of its
input. So norms, losses and images have their usual precision. Only training networks do so: an averaged generator
computes in float32. A step with a term that differentiates twice (`Term.exact`) is in float32 altogether.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mien.runtime.device import has_fast_bfloat16

exact = False  # whether the convolutions of the present step stay in float32
open_contexts: list[torch.autocast] = []  # of the convolutions that compute at this moment


def convolve_in_bf16(module: nn.Module, device: torch.device) -> None:
    """Let the convolutions of a network compute in bfloat16, if the device is faster in it.

    Depthwise ones are left out: they take little arithmetic, and oneDNN takes longer for them in bfloat16.
    """
    if not has_fast_bfloat16(device):
        return
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.groups < max(2, layer.in_channels):
            layer.register_forward_pre_hook(enter)
            layer.register_forward_hook(leave, always_call=True)


@contextmanager
def in_float32(needed: bool) -> Iterator[None]:
    """Let all convolutions compute in float32 meanwhile, if needed."""
    global exact
    before, exact = exact, needed
    try:
        yield
    finally:
        exact = before


def enter(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    on = layer.training and not exact
    context = torch.autocast(inputs[0].device.type, torch.bfloat16, enabled=on, cache_enabled=False)
    context.__enter__()
    open_contexts.append(context)


def leave(layer: nn.Module, inputs: tuple[Tensor, ...], result: Any) -> Any:
    open_contexts.pop().__exit__(None, None, None)
    return result.to(inputs[0].dtype) if isinstance(result, Tensor) else result
