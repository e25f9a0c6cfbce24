"""The interface of a feature network, as an extractor uses it."""

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
        """Scale float [N,3,H,W] in [0, 255] to the range of the network's training, in place."""
        raise NotImplementedError
