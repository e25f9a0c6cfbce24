"""The random numbers of an update: drawn for the global batch, and each process keeps those of its own places.

With W processes, process r has the places r, r + W, r + 2W … of the global batch. So the first part, the last part, the
halves and the quarters of its images are its share of those of the global batch: images that a term compares (pairs,
groups) stay together, whatever the number of processes.

Each process draws the numbers of all places from one stream and drops the others': a function of the seed of the update
alone. This costs W times the draws of its own images, which are few numbers beside those of a network's pass. With one
process the functions here are those of torch, to the bit.

Code that calls torch itself (your own network) gets numbers of its process alone: good ones, but other ones with
another number of processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mien.runtime import distributed

STRIDE = 0x9E3779B97F4A7C15  # between the seeds of two processes' own streams: odd, and far from small numbers
shared: torch.Generator | None = None  # the stream that all processes have, if there are several


def begin(seed: int, device: torch.device) -> None:
    """Seed the random numbers of an update. seed: the same in all processes.

    On a CPU the accelerators are not seeded. torch would record the call stack for them, which takes as long as the
    update of a tiny network.
    """
    global shared
    own = (seed + distributed.rank() * STRIDE) % 2**63
    if device.type == "cpu":
        torch.default_generator.manual_seed(own)
    else:
        torch.manual_seed(own)
    if distributed.world_size() > 1:
        if shared is None or shared.device.type != device.type:
            shared = torch.Generator(device)
        shared.manual_seed(seed)


def stream() -> torch.Generator | None:
    """Return the stream that all processes have. None: torch's global one, of a single process."""
    return shared if distributed.world_size() > 1 else None


def own(whole: Tensor, axis: int = 0) -> Tensor:
    """Return what belongs to this process's places on an axis of the global batch: [… W*N …] -> [… N …]."""
    if distributed.world_size() == 1:
        return whole
    return whole[(slice(None),) * axis + (slice(distributed.rank(), None, distributed.world_size()),)]


def places(count: int, device: torch.device) -> Tensor:
    """Return the places of this process's images in the global batch: int64 [count]."""
    return own(torch.arange(count * distributed.world_size(), device=device))


# --- random numbers of the own places. axis: of `size`, along the images ----------------------------------------------


def normal(*size: int, axis: int = 0, dtype: torch.dtype | None = None, device: torch.device | None = None) -> Tensor:
    """Return normal numbers, as `torch.randn` does."""
    return own(torch.empty(whole(size, axis), dtype=dtype, device=device).normal_(generator=stream()), axis)


def uniform(*size: int, axis: int = 0, dtype: torch.dtype | None = None, device: torch.device | None = None) -> Tensor:
    """Return numbers in [0, 1), as `torch.rand` does."""
    return own(torch.empty(whole(size, axis), dtype=dtype, device=device).uniform_(generator=stream()), axis)


def integers(
    low: int, high: int, *size: int, dtype: torch.dtype = torch.int64, device: torch.device | None = None
) -> Tensor:
    """Return whole numbers from low to high - 1, as `torch.randint` does. The first axis is along the images."""
    return own(torch.empty(whole(size, 0), dtype=dtype, device=device).random_(low, high, generator=stream()))


def normal_like(tensor: Tensor) -> Tensor:
    """Return normal numbers of the shape [N, …], type and layout in memory of a tensor, as `torch.randn_like` does."""
    return own(whole_like(tensor).normal_(generator=stream()))


class Dropout(nn.Dropout):
    """torch's dropout, by the place of an image in the global batch."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or distributed.world_size() == 1:
            return super().forward(input)
        kept = 1 - self.p
        return input * own(whole_like(input).bernoulli_(kept, generator=stream()).div_(kept))


def whole(size: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return the size for the global batch."""
    return (*size[:axis], size[axis] * distributed.world_size(), *size[axis + 1 :])


def whole_like(tensor: Tensor) -> Tensor:
    """Return an empty tensor for the global batch, in the layout of a process's [N, …]: draws follow the layout."""
    if distributed.world_size() == 1:
        return torch.empty_like(tensor)
    order = sorted(range(tensor.ndim), key=lambda axis: -tensor.stride()[axis])
    return torch.empty_permuted(whole(tuple(tensor.shape), 0), order, dtype=tensor.dtype, device=tensor.device)


# --- the same numbers once more ---------------------------------------------------------------------------------------


def states(device: torch.device) -> list[Tensor]:
    """Return the states of all streams that an update draws from."""
    found = [torch.get_rng_state()]
    if device.type == "cuda":
        found.append(torch.cuda.get_rng_state(device))
    if (common := stream()) is not None:
        found.append(common.get_state())
    return found


@contextmanager
def repeated(earlier: list[Tensor], device: torch.device) -> Iterator[None]:
    """Draw the numbers that followed these states. Afterwards the streams are where they were."""
    now = states(device)
    set_states(earlier, device)
    try:
        yield
    finally:
        set_states(now, device)


def set_states(found: list[Tensor], device: torch.device) -> None:
    first, *more = found
    torch.set_rng_state(first)
    if device.type == "cuda":
        torch.cuda.set_rng_state(more.pop(0), device)
    if (common := stream()) is not None:
        common.set_state(more.pop(0))
