"""One training in several processes: an engine starts them, and one flat all-reduce per update makes them equal.

The engine is torchrun, SLURM's srun, or a program that has made a process group already (Ray Train, Fabric). Networks
stay plain modules without a wrapper. With one process every function here does nothing.

Before each collective operation every process exchanges whether it had an error (`hear`). A process with an error
reports it in place of its next operation (`tell`). So all learn of it at the same moment, and none waits for a process
that will not come. The exchange uses the CPU and never waits for a GPU.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from mien.errors import MienError, OutOfMemory, in_brief, is_out_of_memory
from mien.runtime.heartbeat import GONE, Heartbeat, named

T = TypeVar("T")
FOREVER = datetime.timedelta(days=1)  # for one operation: the other processes wait while rank 0 evaluates

group: dist.ProcessGroup | None = None  # of this training; None before `start`, after `stop`, and with one process
starts = 0  # of a group in this process: a series of recipes makes one after the other
heartbeat: Heartbeat | None = None
advice = ""  # the cure in the message when a process is gone; a training names its run


class RankGone(MienError):
    """Another process of the training has ended or no longer answers."""

    exit_code = GONE


def start(device: torch.device) -> None:
    """Make the process group that the environment describes. With one process do nothing.

    Within a process group that an engine has made, make one of the same processes: `stop` ends only this one. That
    engine finds dead processes itself, so there is no heartbeat. Every process of the engine must call this.
    """
    global group, heartbeat, starts
    if group is not None:
        return
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    if dist.is_initialized():
        if dist.get_world_size() > 1:
            with others_needed():
                group = dist.new_group(backend=backend, timeout=FOREVER)
    elif int(os.environ.get("WORLD_SIZE", 1)) > 1:
        with others_needed():
            # torchrun's store outlives a group: the next one has a name of its own, or it might read old addresses.
            store, own_rank, size = next(dist.rendezvous("env://"))
            named_store = dist.PrefixStore(f"mien-{starts}", store)
            dist.init_process_group(backend, store=named_store, rank=own_rank, world_size=size, timeout=FOREVER)
        group, starts = dist.group.WORLD, starts + 1
        heartbeat = Heartbeat(dist.get_rank(), dist.get_world_size(), lambda: advice, starts)
        heartbeat.start()


def stop() -> None:
    """Leave the process group of the training, if there is one."""
    global group, heartbeat
    if heartbeat is not None:
        heartbeat.stop()
        heartbeat = None
    if group is not None:
        dist.destroy_process_group(group)
        group = None


@contextmanager
def others_needed() -> Iterator[None]:
    """Turn the error of a collective operation into RankGone, which names the process that is gone.

    A failed allocation becomes OutOfMemory. It is not reported to the other processes, which are in the operation.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"out of memory while meeting the other processes ({in_brief(error)}){advice}") from error
        gone = named(heartbeat.whom_to_blame() if heartbeat else [])
        raise RankGone(f"{gone} of the training has ended or lost its connection{advice}") from error


def rank() -> int:
    return dist.get_rank(group) if group is not None else 0


def world_size() -> int:
    return dist.get_world_size(group) if group is not None else 1


# --- an error of one process, reported to all -------------------------------------------------------------------------


def tell(trouble: OutOfMemory) -> OutOfMemory:
    """Report an error to all processes and return the error to raise, the same on all, with the rank of one process.

    A single process gets its own error back.
    """
    return exchange(trouble) or trouble


def hear() -> None:
    """Raise the error that another process reports, if there is one."""
    if told := exchange(None):
        raise told


def exchange(trouble: OutOfMemory | None) -> OutOfMemory | None:
    """Return the error of the highest rank that has one, on every rank."""
    if world_size() == 1:
        return None
    box = [trouble and type(trouble)(f"rank {rank()}: {trouble}")]
    with others_needed():
        if who := maximum(rank() + 1 if trouble else 0):
            dist.broadcast_object_list(box, src=who - 1, group=group)
    return box[0]


@contextmanager
def telling(cure: str) -> Iterator[None]:
    """Raise OutOfMemory with the cure, on all processes, if an allocation fails in one of them."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if world_size() == 1 or not is_out_of_memory(error):
            raise
        raise tell(OutOfMemory(f"out of memory ({in_brief(error)}): {cure}")) from error


def maximum(value: int) -> int:
    box = torch.tensor(value)
    dist.all_reduce(box, dist.ReduceOp.MAX, group=group)
    return int(box)


# --- collective operations --------------------------------------------------------------------------------------------


def average(tensors: Sequence[Tensor], in_bf16: bool = False) -> None:
    """Replace each float tensor by its mean over the processes, in place, through one flat all-reduce.

    in_bf16: they travel in bfloat16, which halves the bytes. All processes get the same rounded mean.
    """
    if world_size() == 1:
        return
    whole = [tensor.detach().reshape(-1) for tensor in tensors]
    flat = torch.cat([part.to(torch.promote_types(part.dtype, torch.float32)) for part in whole])
    if in_bf16:
        flat = flat.bfloat16()
    hear()
    with others_needed():
        dist.all_reduce(flat, group=group)
    flat = flat.to(torch.promote_types(flat.dtype, torch.float32)).div_(world_size())
    for tensor, mean in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.detach().copy_(mean.view(tensor.shape))


def broadcast(tensors: Sequence[Tensor]) -> None:
    """Replace the tensors of every process by those of rank 0, in place. Called once, before the first round."""
    if world_size() == 1:
        return
    for tensor in tensors:
        contiguous = tensor.detach().contiguous()
        hear()
        with others_needed():
            dist.broadcast(contiguous, src=0, group=group)
        tensor.detach().copy_(contiguous)


def gather(tensor: Tensor) -> Tensor:
    """Return the tensors [N, …] of all processes in the order of the global batch: [processes * N, …] (see `draws`)."""
    if world_size() == 1:
        return tensor
    own, parts = tensor.contiguous(), [torch.empty_like(tensor) for _ in range(world_size())]
    hear()
    with others_needed():
        dist.all_gather(parts, own, group=group)
    return torch.stack(parts, 1).flatten(0, 1)


def collected(value: T) -> list[T]:
    """Return the values of all processes, in the order of their ranks, on rank 0, and [] on the others.

    They may be large.
    """
    if world_size() == 1:
        return [value]
    box = [value] * world_size() if rank() == 0 else None
    hear()
    with others_needed():
        dist.gather_object(value, box, dst=0, group=group)
    return box or []


def from_first(value: T) -> T:
    """Return rank 0's value on every rank (a path, a decision: anything small)."""
    if world_size() == 1:
        return value
    box = [value]
    hear()
    with others_needed():
        dist.broadcast_object_list(box, src=0, group=group)
    return box[0]


def agreed(make: Callable[[], T]) -> T:
    """Return what rank 0 makes, on every rank. If rank 0 raises a MienError, every rank raises it."""
    if world_size() == 1:
        return make()
    made, trouble = None, None
    if rank() == 0:
        try:
            made = make()
        except MienError as error:
            trouble = error
    made, trouble = from_first((made, trouble))
    if trouble is not None:
        raise trouble
    return made  # type: ignore[return-value]  # rank 0 has made it


def largest(value: int) -> int:
    """Return the largest value of all processes, on every rank."""
    if world_size() == 1:
        return value
    hear()
    with others_needed():
        return maximum(value)


def barrier() -> None:
    """Wait until all processes have reached this line."""
    hear()
