"""Several processes, one training: torchrun starts them, one flat all-reduce per update keeps them equal.

No wrapper: networks stay plain modules. Without torchrun every function here does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")


def start(device: torch.device) -> None:
    """Join the process group that torchrun describes in the environment; a no-op elsewhere."""
    if "WORLD_SIZE" in os.environ and int(os.environ["WORLD_SIZE"]) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def stop() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def average(tensors: Sequence[Tensor]) -> None:
    """Replace each float tensor by its mean over the processes, in place, through one flat all-reduce."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.detach().reshape(-1).float() for tensor in tensors])
    dist.all_reduce(flat)
    flat /= world_size()
    for tensor, mean in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.detach().copy_(mean.view(tensor.shape))


def broadcast(tensors: Sequence[Tensor]) -> None:
    """Give every process the tensors of rank 0, in place; once, before the first round."""
    if world_size() == 1:
        return
    for tensor in tensors:
        contiguous = tensor.detach().contiguous()
        dist.broadcast(contiguous, src=0)
        tensor.detach().copy_(contiguous)


def gather(tensor: Tensor) -> Tensor:
    """[N, …] of each process, alike in shape -> all of them, [processes * N, …], in the order of their ranks."""
    if world_size() == 1:
        return tensor
    parts = [torch.empty_like(tensor) for _ in range(world_size())]
    dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def from_first(value: T) -> T:
    """The value that rank 0 holds, on every rank (a path, a decision: anything small)."""
    if world_size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def barrier() -> None:
    if dist.is_initialized():
        dist.barrier()
