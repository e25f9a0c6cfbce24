"""The 4 x 4 filter against plain convolution, and its gradients."""

import pytest
import torch
from torch.nn.functional import conv2d

from mien.networks.smooth import smooth


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
def test_equals_a_plain_convolution(padding):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 6, 9, dtype=torch.double)
    taps = torch.tensor([1, 3, 3, 1], dtype=torch.double) / 8
    plain = conv2d(x.flatten(0, 1)[:, None], torch.outer(taps, taps)[None, None], padding=padding)
    expected = 4 * plain.view(2, 3, 3 + 2 * padding, 6 + 2 * padding)
    torch.testing.assert_close(smooth(x, padding, gain=4.0), expected)


@pytest.mark.parametrize("padding", [1, 2])
def test_first_and_second_gradients(padding):
    torch.manual_seed(0)
    x = torch.randn(1, 2, 4, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: smooth(x, padding), x)
    assert torch.autograd.gradgradcheck(lambda x: smooth(x, padding).square(), x)


def test_an_even_area_stays_even():
    inside = smooth(torch.full((1, 1, 8, 8), 5.0), padding=2)[:, :, 3:-3, 3:-3]
    torch.testing.assert_close(inside, torch.full_like(inside, 5.0))
