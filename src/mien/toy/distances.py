"""Distances between generated points and a known distribution: exact, or estimated as the docstrings say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mien.losses.adversarial import AdversarialLoss, NonSaturating, Wasserstein
from mien.toy.distributions import Mixture

SAMPLES = 2500  # points that are measured at a time, as in VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018)
GOOD_WITHIN = 3.0  # standard deviations from the nearest centre, as there
FAIR_SHARE = 0.1  # of its fair share must reach a mode for it to count as covered; there one point was enough
REACH = 2.0  # cells cover [-2, 2] on each axis; what lies beyond counts as one more cell
CELLS = {1: 81, 2: 41}  # along an axis: odd, so that a line at 0 lies within a cell
DIRECTIONS = 32  # of the sliced distance, evenly over half a turn
LOG_2 = math.log(2.0)


@dataclass(frozen=True)
class Distances:
    """modes: covered modes; 0 for a line. good: share of points near a mode. js: Jensen-Shannon divergence in nats, 0
    to log 2. wasserstein: W1 in the plane's unit of length (sliced in 2 dimensions)."""

    modes: int
    good: float
    js: float
    wasserstein: float


class DistributionMetrics:
    """Measures points against one mixture. `real`: its sample for the Wasserstein distance."""

    def __init__(self, mixture: Mixture):
        self.mixture = mixture
        self.edges = torch.linspace(-REACH, REACH, CELLS[mixture.dimensions] + 1)
        inside = mixture.masses(self.edges).flatten()
        self.masses = torch.cat([inside, (1 - inside.sum()).clamp_min(0)[None]])
        self.real = mixture.sample(SAMPLES, torch.Generator().manual_seed(0))

    def __call__(self, points: Tensor) -> Distances:
        """points: [N, dimensions]"""
        if self.mixture.thin:
            # Two parallel lines share no point at any distance, and mass moves straight across (Arjovsky et al. 2017,
            # example 1): both truths are known, where cells would take near lines for one.
            place = abs(float(points[:, 0].mean()))
            return Distances(0, 0.0, LOG_2 if place > 0 else 0.0, place)
        modes, good = self.coverage(points)
        return Distances(modes, good, self.js(points), wasserstein(points, self.real))

    def coverage(self, points: Tensor) -> tuple[int, float]:
        """(covered modes, share of good points). On an axis without width every distance above 0 is too far."""
        centres = torch.tensor(self.mixture.centres)
        sigma = torch.tensor(self.mixture.sigma).clamp_min(1e-12)
        away, nearest = ((points[:, None] - centres) / sigma).norm(dim=2).min(dim=1)
        good = away <= GOOD_WITHIN
        counts = nearest[good].bincount(minlength=len(centres))
        covered = counts >= FAIR_SHARE * len(points) / len(centres)
        return int(covered.sum()), float(good.float().mean())

    def js(self, points: Tensor) -> float:
        """JS between the points' shares of the cells and the cells' exact probabilities. A finite sample never fills
        the cells evenly, so points of the mixture itself measure about 0.01, not 0."""
        cell = torch.bucketize(points, self.edges[1:-1])
        side = CELLS[self.mixture.dimensions]
        index = cell[:, 0] if points.shape[1] == 1 else cell[:, 0] * side + cell[:, 1]
        index = torch.where((points.abs() > REACH).any(dim=1), len(self.masses) - 1, index)
        return divergence(index.bincount(minlength=len(self.masses)).double() / len(points), self.masses)


def divergence(p: Tensor, q: Tensor) -> float:
    """JS(p, q) = (KL(p | m) + KL(q | m)) / 2 with m = (p + q) / 2, in nats, of two lists of probabilities."""
    middle = (p + q) / 2
    halves = [torch.where(part > 0, part * (part / middle).log(), torch.zeros_like(part)).sum() for part in (p, q)]
    return float((halves[0] + halves[1]) / 2)


def wasserstein(a: Tensor, b: Tensor) -> float:
    """W1 of equally many points [N, 1], exactly: sorted against sorted. In the plane the mean of W1 over directions
    (sliced W1, Bonneel et al. 2015): for a shift by s it gives 2/pi * s."""
    if a.shape[1] == 2:
        angles = torch.arange(DIRECTIONS) * (math.pi / DIRECTIONS)
        directions = torch.stack([angles.cos(), angles.sin()])
        a, b = a @ directions, b @ directions
    return float((a.sort(dim=0).values - b.sort(dim=0).values).abs().mean())


def claimed(loss: AdversarialLoss, real: Tensor, fake: Tensor) -> dict[str, float]:
    """The distance that the discriminator's loss estimates, from its logits [N]: a lower bound, tight for the best D.
    {} for a loss that estimates neither JS nor W."""
    value = float(loss.discriminator(real, fake).mean())
    if isinstance(loss, NonSaturating):
        return {"js of D": LOG_2 - value / 2}  # Goodfellow et al. 2014, theorem 1
    if isinstance(loss, Wasserstein):
        return {"W of D": -value}  # Arjovsky et al. 2017, eq. 2
    return {}


def generator_gradient_norm(loss: AdversarialLoss, real: Tensor, fake: Tensor, points: Tensor) -> float:
    """The mean length of G's loss gradient at a generated point, |d loss / d point|. fake: logits [N] of `points`
    [N,…], with a graph to them."""
    (pull,) = torch.autograd.grad(loss.generator(real, fake).sum(), points)
    return float(pull.flatten(1).norm(dim=1).mean())
