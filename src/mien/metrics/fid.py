"""Fréchet Inception Distance: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", eq. 6.

The distance of two Gaussians is |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)). If S1 = A A^T, then S1 S2 has the same
eigenvalues as the symmetric A^T S2 A. The trace of the root therefore needs no complex numbers and no general matrix
root.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor

from mien.errors import UsageError
from mien.metrics.metric import SAME_IMAGES, Metric, Score, metric, same_rows


@metric
class FID(Metric):
    """Lower is better; 0 for equal moments. The bias grows with smaller N: compare only numbers of the same N."""

    name: ClassVar[str] = "fid"

    def scores(self, real: Tensor, fake: Tensor) -> dict[str, Score]:
        fewest, width = min(len(real), len(fake)), real.shape[1]
        if fewest < 2:
            raise UsageError("fid needs 2 images or more of each kind: raise --num")
        if same_rows(real, fake):  # rounding would give about 1e-4, positive or negative
            return {"fid": Score(0.0, note=SAME_IMAGES)}
        if fewest > width:
            return {"fid": Score(frechet(*moments(real), *moments(fake)))}
        note = f"{fewest:,} images for {width:,} features: a singular covariance, and a value far too high"
        return {"fid": Score(frechet_of_few(real, fake), note=note)}


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean [D] and unbiased covariance [D,D], float64, of rows [N,D]."""
    mean, rows = centred(features)
    return mean, rows.T @ rows


def centred(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean [D] and A [N,D], float64, of rows [N,D]. A^T A is the unbiased covariance."""
    features = features.double()
    mean = features.mean(0)
    return mean, (features - mean) / math.sqrt(len(features) - 1)


def frechet(mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor) -> float:
    """Return the distance of two Gaussians: means [D], covariances [D,D], float64."""
    root = factor(covariance)
    eigenvalues = torch.linalg.eigvalsh(root.T @ other_covariance @ root)
    trace = covariance.trace() + other_covariance.trace() - 2 * eigenvalues.clamp_min(0).sqrt().sum()
    return float((mean - other_mean).square().sum() + trace)


def frechet_of_few(features: Tensor, other: Tensor) -> float:
    """Return the distance of rows [N,D] and [M,D], if one of them has fewer rows than columns.

    The roots of the eigenvalues of A^T A B^T B are the singular values of A B^T, which is small in this case. Singular
    covariances cause no loss of precision.
    """
    (mean, rows), (other_mean, other_rows) = centred(features), centred(other)
    trace = rows.square().sum() + other_rows.square().sum() - 2 * torch.linalg.svdvals(rows @ other_rows.T).sum()
    return float((mean - other_mean).square().sum() + trace)


def factor(covariance: Tensor) -> Tensor:
    """Return A [D,D] with A A^T = covariance.

    Cholesky's method fails if a feature is constant. Then A is the root by eigenvalues. Tiny negative eigenvalues are
    rounding errors.
    """
    lower: Tensor
    lower, failed = torch.linalg.cholesky_ex(covariance)
    if not failed:
        return lower
    eigenvalues: Tensor
    vectors: Tensor
    eigenvalues, vectors = torch.linalg.eigh(covariance)
    return vectors * eigenvalues.clamp_min(0).sqrt()
