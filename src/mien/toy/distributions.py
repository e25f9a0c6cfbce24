"""Distributions that are known exactly: mixtures of Gaussians on a line or a plane, all within about [-1.5, 1.5]."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Point = tuple[float, ...]


@dataclass(frozen=True)
class Mixture:
    """Equally likely Gaussians. centres: one point for each, with 1 or 2 coordinates. sigma: standard deviation along
    each axis, the same for all; 0 makes a line. about: one sentence. mode: the noun for one of them."""

    name: str
    about: str
    centres: tuple[Point, ...]
    sigma: Point
    mode: str = "modes"

    @property
    def dimensions(self) -> int:
        return len(self.sigma)

    @property
    def thin(self) -> bool:
        """Whether it has no width along x. Then a point is good only at x = 0, and only the place of a line counts."""
        return 0.0 in self.sigma

    def sample(self, count: int, random: torch.Generator) -> Tensor:
        """Random points, [count, dimensions]."""
        centres = torch.tensor(self.centres)[torch.randint(len(self.centres), (count,), generator=random)]
        return centres + torch.randn(centres.shape, generator=random) * torch.tensor(self.sigma)

    def masses(self, edges: Tensor) -> Tensor:
        """The exact probability of each cell, [n] or [n,n] (the first axis is x). edges: [n+1], the same along every
        axis. The sum lacks the probability outside of the cells."""
        centres = torch.tensor(self.centres, dtype=torch.float64)
        sigma = torch.tensor(self.sigma, dtype=torch.float64).clamp_min(1e-12)
        below = 0.5 * (1 + torch.erf((edges.double()[:, None, None] - centres) / (sigma * math.sqrt(2))))
        within = below.diff(dim=0)  # [n, modes, dimensions]
        if self.dimensions == 1:
            return within.mean((1, 2))
        return torch.einsum("ik,jk->ij", within[..., 0], within[..., 1]) / len(centres)


def bump() -> Mixture:
    """One Gaussian on the line, beside the place where generators start."""
    return Mixture("bump", bump.__doc__ or "", ((1.0,),), (0.15,))


def two_bumps() -> Mixture:
    """Two Gaussians on the line, with nothing between them."""
    return Mixture("two-bumps", two_bumps.__doc__ or "", ((-1.0,), (1.0,)), (0.12,))


def ring() -> Mixture:
    """Eight Gaussians on a circle: the usual example of mode collapse."""
    angles = [2 * math.pi * index / 8 for index in range(8)]
    return Mixture("ring", ring.__doc__ or "", tuple((math.cos(a), math.sin(a)) for a in angles), (0.05, 0.05))


def grid() -> Mixture:
    """Twenty-five Gaussians on a 5 x 5 grid: many modes to cover."""
    steps = (-1.2, -0.6, 0.0, 0.6, 1.2)
    return Mixture("grid", grid.__doc__ or "", tuple((x, y) for x in steps for y in steps), (0.05, 0.05))


def spiral() -> Mixture:
    """A spiral of one and a half turns: one long thin shape, counted in 40 stations."""
    centres = []
    for index in range(40):
        # Equal steps of the square root are equal steps along the way of an Archimedean spiral.
        angle = 3 * math.pi * math.sqrt((index + 2) / 41)
        radius = 1.35 * angle / (3 * math.pi)
        centres.append((radius * math.cos(angle), radius * math.sin(angle)))
    return Mixture("spiral", spiral.__doc__ or "", tuple(centres), (0.04, 0.04), "stations")


def line() -> Mixture:
    """An upright line at x = 0 without any width."""
    return Mixture("line", line.__doc__ or "", ((0.0, 0.0),), (0.0, 0.5))


DISTRIBUTIONS: dict[str, Callable[[], Mixture]] = {made().name: made for made in (bump, two_bumps, ring, grid, spiral)}
"""The distributions that any recipe can learn. `line` is only for its own experiment."""
