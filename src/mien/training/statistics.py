"""Running means of named numbers. They stay on the device until `read`, which waits for it."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.runtime.device import widest_float


class Statistics:
    """Means since the last `reset`. Its tensors are checkpointed, so a resumed run reports the same digits."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
            self.counts[name] = self.counts.get(name, 0) + 1

    def read(self) -> dict[str, float]:
        """Return the means, in the order in which the names were first added."""
        if not self.sums:
            return {}
        sums = torch.stack([value.to(widest_float(value.device)) for value in self.sums.values()]).tolist()
        return {name: total / self.counts[name] for name, total in zip(self.sums, sums, strict=True)}

    def reset(self) -> None:
        self.sums, self.counts = {}, {}

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.sums)

    def load(self, tensors: dict[str, Tensor], counts: dict[str, int], device: torch.device | None = None) -> None:
        # The order of `counts` is the order of first arrival; a safetensors file sorts its names.
        for name in counts:
            if tensors[name].dim() or not tensors[name].is_floating_point():
                raise ValueError(f"{name} is {tensors[name].dtype} {list(tensors[name].shape)}, not a number")
        self.sums = {name: tensors[name].to(device, copy=True) for name in counts}
        self.counts = dict(counts)
