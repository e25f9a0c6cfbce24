"""Interpolation between latents."""

from __future__ import annotations

import torch
from torch import Tensor

SHORTEST = 1e-12  # the smallest divisor


def walk(stations: Tensor, frames: int, loop: bool) -> Tensor:
    """stations [S,N, …] of N walks -> [F,N, …], with `frames` from one station to the next.

    loop: the walk returns to the first station, which is not repeated; F = S * frames. Otherwise it ends at the last
    station; F = (S - 1) * frames + 1.

    z follows great circles. w of a mapping network follows a smooth cubic through the stations, because w does not lie
    on a sphere (Karras et al. 2019, section 4.1).
    """
    count = len(stations)
    step = cubic if stations.dim() == 4 else circle
    path = [
        step(stations, here, number / frames, loop)
        for here in range(count if loop else count - 1)
        for number in range(frames)
    ]
    return torch.stack(path if loop else [*path, stations[-1]])


def circle(stations: Tensor, here: int, share: float, loop: bool) -> Tensor:
    """The point at `share` of the great circle from station `here` to the next."""
    return slerp(stations[here], stations[(here + 1) % len(stations)], share)


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Spherical interpolation between latents [N,D]; the length changes linearly (White 2016).

    A straight line would pass near 0, where no latent of N(0, I) lies.
    """
    lengths: list[Tensor] = [part.norm(dim=1, keepdim=True) for part in (start, end)]
    one, other = start / lengths[0].clamp_min(SHORTEST), end / lengths[1].clamp_min(SHORTEST)
    angle = torch.acos((one * other).sum(1, keepdim=True).clamp(-1, 1)).clamp_min(1e-6)
    direction = (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * other) / torch.sin(angle)
    return direction * torch.lerp(lengths[0], lengths[1], share)


def cubic(stations: Tensor, here: int, share: float, loop: bool) -> Tensor:
    """Catmull-Rom spline (1974): the slope at a station is half the difference of its two neighbours."""
    last = len(stations) - 1
    near = [here + offset for offset in (-1, 0, 1, 2)]
    before, start, end, after = (stations[i % (last + 1) if loop else min(max(i, 0), last)] for i in near)
    s = share
    return (
        (-s + 2 * s**2 - s**3) * before
        + (2 - 5 * s**2 + 3 * s**3) * start
        + (s + 4 * s**2 - 3 * s**3) * end
        + (-(s**2) + s**3) * after
    ) / 2
