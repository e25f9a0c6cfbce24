"""Affine maps of images without aliasing, differentiable any number of times (Karras et al. 2020, appendix B).

An image is brought to twice its resolution, read bilinearly where the inverse of the map says, and brought back to its
size; both changes of resolution are low-passed by the wavelet sym6. Each of the three steps is linear in the image.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from mien.networks.autograd import apply

# The least asymmetric of Daubechies' filters with 6 vanishing moments; its sum is sqrt(2), its squares sum to 1.
SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)
BEFORE, AFTER = 5, 6  # taps on each side of the largest
# The fine pixel k lies at pixel (k - DELAY) / 2: the filter is nearly symmetric about its largest tap, but not quite.
DELAY = sum(place * tap for place, tap in enumerate(SYM6)) / 2**0.5 - BEFORE


def warp(image: Tensor, inverse: Tensor) -> Tensor:
    """Return the mapped images: [N,C,H,W] and [N,3,3] -> [N,C,H,W].

    inverse: from a position (x, y, 1) of the new image to the position in the old one, both in pixels from the centre.
    Beyond its edges an image is mirrored, any number of times.
    """
    height, width = image.shape[2:]
    down, across = (doubling(side, image.dtype, image.device) for side in (height, width))
    fine = down @ image @ across.T
    fine = apply(Read, fine, places(inverse, height, width))
    down, across = (halving(side, image.dtype, image.device) for side in (height, width))
    return down @ fine @ across.T


def places(inverse: Tensor, height: int, width: int) -> Tensor:
    """Return the positions to read in the image of twice the resolution: [N,2H+10,2W+10,2].

    x and y are in [-1, 1], from the centre of the first pixel to that of the last, as in `grid_sample`.
    """
    x, y = (
        (torch.arange(-BEFORE, 2 * side - 1 + AFTER, dtype=inverse.dtype, device=inverse.device) - DELAY) / 2
        - (side - 1) / 2
        for side in (width, height)
    )
    new = [inverse[:, row, 0, None, None] * x + inverse[:, row, 1, None, None] * y[:, None] for row in (0, 1)]
    old = [part + inverse[:, row, 2, None, None] for row, part in enumerate(new)]
    return torch.stack([fine_place(part, side) for part, side in zip(old, (width, height), strict=True)], -1)


def fine_place(place: Tensor, side: int) -> Tensor:
    """Pixels from the centre -> [-1, 1] over the 2*side fine pixels; mirrored at the outermost pixels' centres."""
    last = side - 1
    mirrored = last - ((place + last / 2).remainder(2 * last) - last).abs()
    return (2 * mirrored + DELAY) * (2 / (2 * side - 1)) - 1


# --- twice the resolution and back: a product with a matrix for each axis ---------------------------------------------


@lru_cache(maxsize=16)
def doubling(side: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[2*side, side]: the mirrored image's pixels, zeros between them, low-passed."""
    matrix = torch.zeros(2 * side, side, dtype=torch.float64)
    for fine in range(2 * side):
        for pixel in range((fine - AFTER + 1) // 2, (fine + BEFORE) // 2 + 1):
            matrix[fine, bounce(pixel, side)] += 2**0.5 * SYM6[fine - 2 * pixel + BEFORE]
    return matrix.to(device, dtype)


@lru_cache(maxsize=16)
def halving(side: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[side, 2*side + 10]: every second fine pixel, low-passed; from BEFORE the first to AFTER the last. The inverse
    of doubling but for the mirrored edge, for the filter is orthogonal to its shifts by two."""
    matrix = torch.zeros(side, 2 * side - 1 + BEFORE + AFTER, dtype=torch.float64)
    for pixel in range(side):
        matrix[pixel, 2 * pixel : 2 * pixel + len(SYM6)] = torch.tensor(SYM6, dtype=torch.float64) / 2**0.5
    return matrix.to(device, dtype)


def bounce(pixel: int, side: int) -> int:
    """Return the pixel at this position of an endlessly mirrored row. The outermost pixels are not repeated."""
    last = side - 1
    return last - abs(pixel % (2 * last) - last)


# --- reading between pixels -------------------------------------------------------------------------------------------


class Read(torch.autograd.Function):
    """Bilinear reading of [N,C,H,W] at places [N,h,w,2] -> [N,C,h,w]. It is linear in the image, so its derivative
    is its adjoint, whose derivative is the reading again; torch's own stops after the first."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        ctx.size = image.shape[2:]
        return grid_sample(image, places, padding_mode="border", align_corners=True)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (places,) = ctx.saved_tensors
        return apply(Spread, gradients[0], places, ctx.size), None


class Spread(torch.autograd.Function):
    """The adjoint: each value [N,C,h,w] is added to the four pixels that it would be read from -> [N,C,*size]."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(places)
        return spread_in_turn(values, places, size) if values.is_cpu else spread_sorted(values, places, size)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (places,) = ctx.saved_tensors
        return apply(Read, gradients[0], places), None, None


def spread_in_turn(values: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
    """torch's derivative of grid_sample. On a processor each image is the work of one thread."""
    empty = values.new_empty(*values.shape[:2], *size)  # only its shape is read
    border, aligned, only_image = 1, True, (True, False)
    derivatives: tuple[Tensor, Tensor | None] = torch.ops.aten.grid_sampler_2d_backward(
        values, empty, places, 0, border, aligned, only_image
    )
    return derivatives[0]


def spread_sorted(values: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
    """The same sums in an order of their own: on an accelerator torch's derivative adds in whichever order its threads
    come, and no two runs have the same bits; index_put sorts by pixel first."""
    count, channels = values.shape[:2]
    height, width = size
    x, y = ((part + 1) * ((side - 1) / 2) for part, side in zip(places.unbind(-1), (width, height), strict=True))
    left, top = x.floor().clamp(0, width - 2), y.floor().clamp(0, height - 2)
    right_share, lower_share = x - left, y - top
    first = torch.arange(count, device=values.device).view(-1, 1, 1) * (height * width)
    corner = first + top.long() * width + left.long()
    pixels = torch.stack([corner, corner + 1, corner + width, corner + width + 1])
    shares = torch.stack(
        [
            (1 - right_share) * (1 - lower_share),
            right_share * (1 - lower_share),
            (1 - right_share) * lower_share,
            right_share * lower_share,
        ]
    )
    added = (shares[..., None] * values.permute(0, 2, 3, 1)).flatten(0, -2)
    summed = values.new_zeros(count * height * width, channels)
    summed.index_put_((pixels.flatten(),), added, accumulate=True)
    return summed.view(count, height, width, channels).permute(0, 3, 1, 2)
