"""The same images on both sides: distances are exactly 0, shares exactly 1."""

import pytest
import torch

from mien.metrics.fid import FID
from mien.metrics.kid import KID
from mien.metrics.metric import SAME_IMAGES, same_rows
from mien.metrics.precision_recall import PrecisionRecall


@pytest.mark.parametrize("count", [20, 300])  # fewer and more than features
def test_distances_are_zero_and_shares_one(count):
    rows = torch.randn(count, 64, generator=torch.Generator().manual_seed(0)).relu()
    other = rows[torch.randperm(count, generator=torch.Generator().manual_seed(1))]
    fid, kid = FID().scores(rows, other)["fid"], KID(subsets=3).scores(rows, other)["kid"]
    assert (fid.value, fid.note) == (0.0, SAME_IMAGES)
    assert (kid.value, kid.std, kid.note) == (0.0, 0.0, SAME_IMAGES)
    found = PrecisionRecall().scores(rows, other)
    assert [found[name].value for name in ("precision", "recall", "coverage")] == [1.0, 1.0, 1.0]


def test_one_other_image_makes_another_set():
    rows = torch.randn(300, 64, generator=torch.Generator().manual_seed(0))
    other = rows.clone()
    other[7] += 0.01
    assert same_rows(rows, rows.flip(0)) and not same_rows(rows, other) and not same_rows(rows, rows[:-1])
    assert not same_rows(rows, torch.cat([rows[:-1], rows[:1]]))  # one twice, one missing
    assert FID().scores(rows, other)["fid"].value != 0
