"""Both conventions of resizing for FID. A resize is linear and separable, so each axis is a product with a matrix.

clean: antialiased bicubic, as in Pillow for floats; Parmar et al. 2022, "On Aliased Resizing and Surprising Subtleties
in GAN Evaluation". legacy: TensorFlow 1's bilinear without antialiasing or half-pixel centres. Earlier published FIDs
use legacy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Resize = Literal["clean", "legacy"]


def resize(pixels: Tensor, height: int, width: int, convention: Resize) -> Tensor:
    """Resize uint8 [N,H,W,C] -> float32 [N,C,height,width] in [0, 255], first the rows, then the columns. Never
    rounds.
    """
    planes = pixels.permute(0, 3, 1, 2).float()
    across = weights(pixels.shape[2], width, convention).to(planes.device)
    down = weights(pixels.shape[1], height, convention).to(planes.device)
    return (down @ (planes @ across.T)).clamp_(0, 255)


@lru_cache(maxsize=16)
def weights(have: int, want: int, convention: Resize) -> Tensor:
    """Return the matrix float32 [want, have]: each output pixel as a weighted sum of input pixels."""
    matrix = bicubic(have, want) if convention == "clean" else tensorflow_bilinear(have, want)
    return torch.from_numpy(matrix.astype(np.float32))


def bicubic(have: int, want: int) -> np.ndarray:
    """Return the bicubic matrix, float64 [want, have].

    The filter is Keys' cubic with a = -1/2, as wide as the input pixels of one output pixel. At the edges, weights
    outside the image are dropped and the other weights are scaled to the sum 1, as in Pillow.
    """
    scale = have / want
    stretch = max(scale, 1.0)
    centres = (np.arange(want) + 0.5) * scale
    distance = np.abs((np.arange(have) + 0.5 - centres[:, None]) / stretch)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    matrix = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    # Pillow uses only complete pixels within its support.
    support = 2 * stretch
    first = np.maximum((centres - support + 0.5).astype(int), 0)
    last = np.minimum((centres + support + 0.5).astype(int), have)
    columns = np.arange(have)
    matrix *= (columns >= first[:, None]) & (columns < last[:, None])
    normalized: np.ndarray = matrix / matrix.sum(1, keepdims=True)
    return normalized


def tensorflow_bilinear(have: int, want: int) -> np.ndarray:
    """Return the bilinear matrix, float64 [want, have]. Output pixel i lies at i * have/want of the input."""
    place = np.arange(want, dtype=np.float32) * np.float32(have / want)
    low = place.astype(int)
    share = place - low
    matrix = np.zeros((want, have))
    matrix[np.arange(want), low] = 1 - share
    matrix[np.arange(want), np.minimum(low + 1, have - 1)] += share
    return matrix
