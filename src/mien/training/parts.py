"""An update in parts: a batch that does not fit into memory at once is gone through piece by piece, and the gradients
add up to those of the whole.

Images are images: means over them are means over the parts. What a network computes from all images of a batch
(batch norm, minibatch standard deviation) it then computes from those of a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from mien.batch import Batch, Memory
from mien.networks.stylegan2 import StyleGAN2Discriminator


def in_parts(batch: Batch, parts: int, memory: Memory) -> Iterator[Batch]:
    """One part after the other. As processes do, each meets the numbers in the memory that were there before the
    update, and leaves the mean of what all made of them. Pools of images go from one part to the next."""
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
    """The mean of each statistic over parts that are so large a share of the batch."""
    if len(found) == 1:
        return found[0][1]
    return {name: torch.stack([share * one[name] for share, one in found]).sum(0) for name in found[0][1]}


def batch_statistics(modules: Sequence[nn.Module], count: int) -> str:
    """What in these networks depends on how many images are seen at once, in words, when it is `count`."""
    layers = [layer for module in modules for layer in module.modules()]
    found = []
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers):
        found.append("batch norm")
    if any(isinstance(layer, StyleGAN2Discriminator) and layer.group > count for layer in layers):
        found.append("minibatch standard deviation")
    return " and ".join(found)
