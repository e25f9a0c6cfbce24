"""Symptoms of images as numbers: contrast, clipping, checkerboards, diversity, distance to real images.

Pixels are uint8 [N,H,W,C], gray images float32 [N,H,W] of `grayscale`. A level is one step of 255. Nothing here uses
torch or global random numbers.
"""

from __future__ import annotations

import numpy as np

SIDE = 8  # of a thumbnail
FILTERS, FILTER = 24, 5  # random filters: number and side
MOST_PLACES = 32  # of a filter along a side, so that large images need no more time
BLOCK = 8  # a checkerboard keeps its phase within blocks of this side
EPSILON = 1e-6


def grayscale(pixels: np.ndarray) -> np.ndarray:
    """Return float32 [N,H,W]: the mean of the channels, in levels."""
    total = pixels[..., 0].astype(np.float32)
    for channel in range(1, pixels.shape[3]):
        total += pixels[..., channel]
    total /= pixels.shape[3]
    return total


def contrast(gray: np.ndarray) -> np.ndarray:
    """Return the standard deviation within each image [N], in levels. An image of one colour has 0."""
    return np.array([image.std() for image in gray])


def clipped(pixels: np.ndarray) -> float:
    """Return the share of values at 0 or 255."""
    return float(((pixels == 0) | (pixels == 255)).mean())


def roughness(gray: np.ndarray) -> float:
    """Return the mean step between neighbouring pixels, in levels. Noise is rough, blurred images are smooth."""
    return float((np.abs(np.diff(gray, axis=1)).mean() + np.abs(np.diff(gray, axis=2)).mean()) / 2)


def checkerboard(gray: np.ndarray) -> float:
    """Return the amplitude of the strongest pattern of period 2 with a fixed phase, in levels.

    The patterns are checks, and stripes in both directions. Transposed convolutions make them (Odena et al. 2016).
    Within a block the signs of a pattern add up, while those of edges and noise cancel. So noise of standard deviation
    s has an amplitude of only s / BLOCK.
    """
    count, height, width = gray.shape
    rows, columns = height // BLOCK, width // BLOCK
    blocks = gray[:, : rows * BLOCK, : columns * BLOCK].reshape(count, rows, BLOCK, columns, BLOCK)
    signs = np.stack([np.ones(BLOCK), (-1.0) ** np.arange(BLOCK)]).astype(np.float32) / BLOCK
    across = blocks @ signs.T  # [N,rows,BLOCK,columns,2]
    both = np.moveaxis(across, 2, 4) @ signs.T  # [N,rows,columns,across,down]
    powers = np.square(both).mean((0, 1, 2))
    powers[0, 0] = 0  # the brightness
    return float(np.sqrt(powers.max()))


def thumbnails(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return float32 [N,side*side*C]: means over areas, in levels. They say where light and colours are."""
    count, height, width = pixels.shape[:3]
    rows, columns = edges(height, side), edges(width, side)
    shown = np.add.reduceat(np.add.reduceat(pixels, rows[:-1], 1, np.float32), columns[:-1], 2)
    area = np.outer(np.diff(rows), np.diff(columns))[None, :, :, None]
    found: np.ndarray = (shown / area).reshape(count, -1)
    return found


def edges(length: int, parts: int) -> np.ndarray:
    """Return the ends of `parts` nearly equal parts of a length: edges(8, 4) -> [0, 2, 4, 6, 8]."""
    return np.linspace(0, length, min(parts, length) + 1).round().astype(int)


def random_features(gray: np.ndarray) -> np.ndarray:
    """Return float32 [N,4*FILTERS]: mean and spread of random filters' answers at two scales. They describe texture.

    Images of fewer than 10 pixels a side have one scale and [N,2*FILTERS]. The filters are the same for every call.
    They have no mean and unit length.
    """
    filters = np.random.default_rng(0).standard_normal((FILTERS, FILTER, FILTER)).astype(np.float32)
    filters -= filters.mean((1, 2), keepdims=True)
    filters /= np.sqrt(np.square(filters).sum((1, 2), keepdims=True))
    small = halved(gray)
    scales = [gray, small] if min(small.shape[1:]) >= FILTER else [gray]
    return np.concatenate([answers(one, filters) for one in scales], 1)


def answers(gray: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation [N,2*F] of the rectified answers of filters [F,k,k] to images [N,H,W]."""
    windows = np.lib.stride_tricks.sliding_window_view(gray, filters.shape[1:], (1, 2))
    step = max(2, -(-max(windows.shape[1:3]) // MOST_PLACES))
    windows = windows[:, ::step, ::step]
    found = np.maximum(windows.reshape(*windows.shape[:3], -1) @ filters.reshape(len(filters), -1).T, 0)
    return np.concatenate([found.mean((1, 2)), found.std((1, 2))], 1)


def halved(gray: np.ndarray) -> np.ndarray:
    """[N,H,W] -> [N,H//2,W//2], means over two by two pixels."""
    height, width = (side // 2 * 2 for side in gray.shape[1:])
    found: np.ndarray = gray[:, :height, :width].reshape(len(gray), height // 2, 2, width // 2, 2).mean((2, 4))
    return found


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the root mean square differences [N,M] of rows [N,D] and [M,D]."""
    squares = np.square(one).sum(1)[:, None] + np.square(other).sum(1)[None] - 2 * one @ other.T
    found: np.ndarray = np.sqrt(np.maximum(squares, 0) / one.shape[1])
    return found


def diversity(rows: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Return the mean distance between two rows of [N,D]. groups: [N]; only pairs of one group count."""
    return float(distances(rows, rows)[pairs(len(rows), groups)].mean())


def individuality(rows: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Return how much of the variation of rows [N,D] is between them, 0 to 1; the rest is a pattern that all share.

    It is the root of variance between rows by variance of all numbers. Rows that are all equal have 0, whatever they
    show. groups: [N]; only rows of one group are compared.
    """
    groups = np.zeros(len(rows), int) if groups is None else groups
    parts = [rows[groups == group] for group in np.unique(groups)]
    between = np.mean([part.var(0, ddof=1).mean() for part in parts if len(part) > 1] or [0.0])
    return float(np.sqrt(between / (rows.var() + EPSILON)))


def pairs(count: int, groups: np.ndarray | None = None) -> np.ndarray:
    """Return bool [N,N]: the pairs of different rows, of one group if there are groups."""
    different = ~np.eye(count, dtype=bool)
    return different if groups is None else different & (groups[:, None] == groups[None])


def nearest(rows: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Return the distance [N] of each row of [N,D] to its nearest other row, of its group if there are groups."""
    found = distances(rows, rows)
    found[~pairs(len(rows), groups)] = np.inf
    least: np.ndarray = found.min(1)
    return least


def gap(fake: np.ndarray, real: np.ndarray) -> float:
    """Return how far the features of fakes [N,D] are from those of real images [M,D].

    It is the mean of (mean - mean)^2 + (spread - spread)^2 over the features, in units of the real images' variance.
    Two halves of one set give about 0.05 at 64 images. Fakes that are all equal give 1 or more.
    """
    spread = real.std(0) + EPSILON + 0.01 * real.std(0).mean()
    means, spreads = (fake.mean(0) - real.mean(0)) / spread, (fake.std(0) - real.std(0)) / spread
    return float((np.square(means) + np.square(spreads)).mean())
