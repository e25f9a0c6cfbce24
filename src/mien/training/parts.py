"""An update in parts, for a batch that does not fit into memory at once. The gradients of the parts add up.

Means over images are means over the parts. But batch norm and minibatch standard deviation, which compute from all
images of a batch, then compute from the images of a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from mien.batch import Batch, Memory
from mien.networks.stylegan2 import StyleGAN2Discriminator


def in_parts(batch: Batch, parts: int, memory: Memory) -> Iterator[Batch]:
    """Yield one part after the other, with the game's memory prepared for it.

    Numbers in the memory are treated as with several processes: each part starts from their values before the update.
    At the end each number is the mean over the parts. Pools of images pass from one part to the next.
    """
    if parts == 1:
        yield batch
        return
    before, after = numbers(memory), []
    for part in batch.split(parts):
        for name in numbers(memory):
            del memory[name]
        memory.update(before)
        yield part
        after.append(numbers(memory))
    memory.update({name: torch.stack([one[name] for one in after]).mean(0) for name in after[0]})


def numbers(memory: Memory) -> Memory:
    return {name: tensor for name, tensor in memory.items() if tensor.ndim == 0}


def weighted(found: Sequence[tuple[float, dict[str, Tensor]]]) -> dict[str, Tensor]:
    """Return the mean of each statistic over the parts, weighted by their share of the batch."""
    if len(found) == 1:
        return found[0][1]
    return {name: torch.stack([share * one[name] for share, one in found]).sum(0) for name in found[0][1]}


def batch_statistics(modules: Sequence[nn.Module], count: int) -> str:
    """Return the layers of these networks that compute from `count` images at once, in words ("" for none)."""
    layers = [layer for module in modules for layer in module.modules()]
    found = []
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers):
        found.append("batch norm")
    if any(isinstance(layer, StyleGAN2Discriminator) and layer.group > count for layer in layers):
        found.append("minibatch standard deviation")
    return " and ".join(found)
