"""Several processes, one training: torchrun starts them, one flat all-reduce per update keeps them equal.

No wrapper: networks stay plain modules. Without torchrun every function here does nothing.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from mien.errors import MienError
from mien.heartbeat import GONE, Heartbeat, named

T = TypeVar("T")
FOREVER = datetime.timedelta(days=1)  # for one operation: the others wait while the first evaluates

heartbeat: Heartbeat | None = None
advice = ""  # what the user should do when a process is gone; a training names its run


class RankGone(MienError):
    """Another process of the training has ended or no longer answers."""

    exit_code = GONE


def start(device: torch.device) -> None:
    """Join the process group that torchrun describes in the environment; a no-op elsewhere."""
    global heartbeat
    if "WORLD_SIZE" in os.environ and int(os.environ["WORLD_SIZE"]) > 1 and not dist.is_initialized():
        with others_needed():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=FOREVER)
        heartbeat = Heartbeat(dist.get_rank(), dist.get_world_size(), lambda: advice)
        heartbeat.start()


def stop() -> None:
    global heartbeat
    if heartbeat is not None:
        heartbeat.stop()
        heartbeat = None
    if dist.is_initialized():
        dist.destroy_process_group()


@contextmanager
def others_needed() -> Iterator[None]:
    """Turn what a collective operation says of a process that is gone into RankGone, which names it."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
            raise
        gone = named(heartbeat.whom_to_blame() if heartbeat else [])
        raise RankGone(f"{gone} of the training has ended or lost its connection{advice}") from error


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def average(tensors: Sequence[Tensor]) -> None:
    """Replace each float tensor by its mean over the processes, in place, through one flat all-reduce."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.detach().reshape(-1).float() for tensor in tensors])
    with others_needed():
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
        with others_needed():
            dist.broadcast(contiguous, src=0)
        tensor.detach().copy_(contiguous)


def gather(tensor: Tensor) -> Tensor:
    """[N, …] of each process, alike in shape -> all of them, [processes * N, …], in the order of their ranks."""
    if world_size() == 1:
        return tensor
    parts = [torch.empty_like(tensor) for _ in range(world_size())]
    with others_needed():
        dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def from_first(value: T) -> T:
    """The value that rank 0 holds, on every rank (a path, a decision: anything small)."""
    if world_size() == 1:
        return value
    box = [value]
    with others_needed():
        dist.broadcast_object_list(box, src=0)
    return box[0]


def largest(value: int) -> int:
    """The largest value that any process holds, on every rank."""
    if world_size() == 1:
        return value
    device = torch.device("cuda") if dist.get_backend() == "nccl" else torch.device("cpu")
    box = torch.tensor(value, device=device)
    with others_needed():
        dist.all_reduce(box, dist.ReduceOp.MAX)
    return int(box.item())


def barrier() -> None:
    if dist.is_initialized():
        with others_needed():
            dist.barrier()
