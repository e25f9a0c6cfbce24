"""Images that training streams from shards."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.data.shards import ShardedImages


class StreamedImages:
    """The images of a sharded set as training reads them: `streamed[rows]` is a tensor uint8 [n,H,W,C]."""

    device = torch.device("cpu")

    def __init__(self, images: ShardedImages):
        self.images, self.rows, self.want = images, images.rows_each, images.want

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: int | np.ndarray | Tensor) -> Tensor:
        return torch.from_numpy(self.images[np.asarray(chosen)])
