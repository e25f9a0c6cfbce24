"""Several processes, one training: torchrun starts them, one flat all-reduce per update keeps them equal.

No wrapper: networks stay plain modules. Without torchrun every function here does nothing.

Before each operation that all take part in, each says whether it can (`hear`). A process that has met trouble says so
in place of its next operation (`tell`), whichever that would have been; so all learn of it at one moment, and none
waits for a process that will not come. These words go between the processors: they never wait for a device.
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

from mien.errors import MienError, OutOfMemory, in_brief, is_out_of_memory
from mien.runtime.heartbeat import GONE, Heartbeat, named

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
            dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=FOREVER)
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
    """Turn what a collective operation says of a process that is gone into RankGone, which names it. An allocation that
    fails in it is OutOfMemory, and never told: the others are in the operation, and would not hear it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"memory does not suffice to meet the others ({in_brief(error)}){advice}") from error
        gone = named(heartbeat.whom_to_blame() if heartbeat else [])
        raise RankGone(f"{gone} of the training has ended or lost its connection{advice}") from error


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


# --- trouble that one has met, and all must know ----------------------------------------------------------------------


def tell(trouble: OutOfMemory) -> OutOfMemory:
    """What to raise now, the same on all: one process's trouble, with its rank; where it is alone, simply this."""
    return exchange(trouble) or trouble


def hear() -> None:
    """Raises the trouble that another process tells."""
    if told := exchange(None):
        raise told


def exchange(trouble: OutOfMemory | None) -> OutOfMemory | None:
    """The trouble of the highest rank that has some, on every one."""
    if world_size() == 1:
        return None
    box = [trouble and type(trouble)(f"rank {rank()}: {trouble}")]
    with others_needed():
        if who := maximum(rank() + 1 if trouble else 0):
            dist.broadcast_object_list(box, src=who - 1)
    return box[0]


@contextmanager
def telling(cure: str) -> Iterator[None]:
    """An allocation that fails in here raises OutOfMemory on all, with the cure."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if world_size() == 1 or not is_out_of_memory(error):
            raise
        raise tell(OutOfMemory(f"memory does not suffice ({in_brief(error)}): {cure}")) from error


def maximum(value: int) -> int:
    box = torch.tensor(value)
    dist.all_reduce(box, dist.ReduceOp.MAX)
    return int(box)


# --- operations that all take part in ---------------------------------------------------------------------------------


def average(tensors: Sequence[Tensor]) -> None:
    """Replace each float tensor by its mean over the processes, in place, through one flat all-reduce."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.detach().reshape(-1).float() for tensor in tensors])
    hear()
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
        hear()
        with others_needed():
            dist.broadcast(contiguous, src=0)
        tensor.detach().copy_(contiguous)


def gather(tensor: Tensor) -> Tensor:
    """[N, …] of each process, alike in shape -> all of them, [processes * N, …], in the order of their ranks."""
    if world_size() == 1:
        return tensor
    own, parts = tensor.contiguous(), [torch.empty_like(tensor) for _ in range(world_size())]
    hear()
    with others_needed():
        dist.all_gather(parts, own)
    return torch.cat(parts)


def from_first(value: T) -> T:
    """The value that rank 0 holds, on every rank (a path, a decision: anything small)."""
    if world_size() == 1:
        return value
    box = [value]
    hear()
    with others_needed():
        dist.broadcast_object_list(box, src=0)
    return box[0]


def largest(value: int) -> int:
    """The largest value that any process holds, on every rank."""
    if world_size() == 1:
        return value
    hear()
    with others_needed():
        return maximum(value)


def barrier() -> None:
    """Go on when all have come here."""
    hear()
