"""FID against hand computations and against the published general form."""

import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.metrics.fid import FID, factor, frechet, frechet_of_few, moments


def published(real, fake):
    """By the complex eigenvalues of S1 S2, which is no symmetric matrix: Heusel et al.'s form, as in torch-fidelity."""
    means = [features.mean(0) for features in (real, fake)]
    covariances = [np.cov(features, rowvar=False) for features in (real, fake)]
    root = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex)).real.sum()
    return ((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * root


def features(count, width, seed, scale=1.0, shift=0.0):
    random = np.random.default_rng(seed)
    return random.standard_normal((count, width)) @ random.standard_normal((width, width)) * scale + shift


def score(real, fake):
    return FID().scores(torch.from_numpy(real), torch.from_numpy(fake))["fid"]


def test_by_hand():
    """Means 1 and 3, variances 2 and 8: 4 + (2 + 8 - 2 sqrt 16) = 6."""
    assert score(np.array([[0.0], [2.0]]), np.array([[1.0], [5.0]])).value == pytest.approx(6.0, abs=1e-12)


def test_moments_by_hand():
    mean, covariance = moments(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    assert mean.tolist() == [1.0, 3.0] and covariance.tolist() == [[2.0, 4.0], [4.0, 8.0]]
    assert covariance.dtype == torch.float64


def test_the_published_form():
    real, fake = features(400, 64, 1), features(300, 64, 2, 1.3, 0.2)
    assert score(real, fake).value == pytest.approx(published(real, fake), rel=1e-9)
    assert score(real, fake).note is None


def test_equal_pictures_are_at_no_distance():
    real = features(200, 32, 3)
    assert score(real, real).value == pytest.approx(0, abs=1e-9)
    assert score(real, features(150, 32, 4)).value == pytest.approx(score(features(150, 32, 4), real).value, rel=1e-10)


@pytest.mark.parametrize("counts", [(20, 20), (200, 20), (20, 200), (2, 3), (64, 300)])
def test_fewer_pictures_than_features(counts):
    """tr (S1 S2)^(1/2) is the sum of singular values of A1 A2^T, where S = A^T A of the centred features."""
    real, fake = features(counts[0], 64, 5), features(counts[1], 64, 6, 1.2)
    one, two = ((x - x.mean(0)) / np.sqrt(len(x) - 1) for x in (real, fake))
    distance = ((real.mean(0) - fake.mean(0)) ** 2).sum() + (one**2).sum() + (two**2).sum()
    expected = distance - 2 * np.linalg.svd(one @ two.T, compute_uv=False).sum()
    found = score(real, fake)
    assert found.value == pytest.approx(expected, rel=1e-10)
    assert found.note is not None and "singular" in found.note


def test_many_pictures_and_few_by_one_formula():
    """At one picture more than features the covariances are regular: both ways are exact."""
    real, fake = (torch.from_numpy(features(65, 64, seed)) for seed in (9, 10))
    assert frechet_of_few(real, fake) == pytest.approx(frechet(*moments(real), *moments(fake)), rel=1e-9)


def test_a_feature_that_never_changes():
    real, fake = features(100, 8, 7), features(100, 8, 8)
    real[:, 3] = fake[:, 3] = 1.0
    keep = [index for index in range(8) if index != 3]
    assert score(real, fake).value == pytest.approx(published(real[:, keep], fake[:, keep]), rel=1e-6)


def test_factor_of_a_singular_matrix():
    covariance = torch.tensor([[1.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    root = factor(covariance)
    assert torch.allclose(root @ root.T, covariance, atol=1e-12)
    assert frechet(torch.zeros(2), covariance, torch.zeros(2), covariance) == pytest.approx(0, abs=1e-7)


def test_one_picture_has_no_covariance():
    with pytest.raises(UsageError, match="2 images or more"):
        score(np.zeros((1, 4)), np.zeros((5, 4)))
