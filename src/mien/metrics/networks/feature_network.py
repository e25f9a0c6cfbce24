"""What an extractor asks of a feature network."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn


class FeatureNetwork(nn.Module):
    """Prepared images [N,3,size,size] -> features [N,D] and class logits [N,K].

    name: the network's name in every row of metrics. size: pixels a side.
    """

    name: ClassVar[str]
    size: ClassVar[int]

    def prepare(self, pixels: Tensor) -> Tensor:
        """float [N,3,H,W] in [0, 255] -> the numbers that the network was trained on, in place"""
        raise NotImplementedError
