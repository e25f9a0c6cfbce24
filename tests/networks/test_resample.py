"""Up and down by two, against zeros put in, a convolution and pixels thrown away, all of it in loops."""

import pytest
import torch

from mien.networks.resample import BINOMIAL, LINEAR, downsample2, upsample2

KERNELS = [(1, 2, 1), (1, 3, 3, 1), (1, 1), (1,), (1, 4, 6, 4, 1)]


def pictures(height=6, width=4, count=2, channels=3):
    random = torch.Generator().manual_seed(0)
    return torch.randn(count, channels, height, width, generator=random, dtype=torch.double)


def filtered(x, kernel, gain):
    """Each pixel a weighted sum of those around it; with an even number of taps half a pixel to the right of centre."""
    taps = torch.tensor(kernel, dtype=torch.double) / sum(kernel)
    before = (len(kernel) - 1) // 2
    around = torch.nn.functional.pad(x, (before, len(kernel), before, len(kernel)))
    result = torch.zeros_like(x)
    for row, column in torch.cartesian_prod(torch.arange(x.shape[2]), torch.arange(x.shape[3])).tolist():
        window = around[:, :, row : row + len(kernel), column : column + len(kernel)]
        result[:, :, row, column] = gain * (window * torch.outer(taps, taps)).sum((2, 3))
    return result


def stuffed(x, first):
    """Zeros between the pixels; `first`: whether one stands before the first."""
    wide = torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3], dtype=x.dtype)
    wide[:, :, first::2, first::2] = x
    return wide


@pytest.mark.parametrize("kernel", KERNELS)
def test_up_and_down_by_hand(kernel):
    x = pictures()
    torch.testing.assert_close(downsample2(x, kernel), filtered(x, kernel, 1)[:, :, ::2, ::2])
    # With an even number of taps the transposed filter looks half a pixel to the left: one zero comes first.
    torch.testing.assert_close(upsample2(x, kernel), filtered(stuffed(x, len(kernel) % 2 == 0), kernel, 4))


def test_a_line_of_pixels():
    line = torch.tensor([[[[4.0, 8.0, 16.0]]]]).expand(1, 1, 3, 3)
    assert upsample2(line)[0, 0, 2].tolist() == [3, 5, 7, 10, 14, 12]  # both edges fade alike
    assert upsample2(line, (1, 2, 1))[0, 0, 2].tolist() == [4, 6, 8, 12, 16, 8]  # half a pixel to the left of it
    line = torch.tensor([[[[0.0, 4.0, 8.0, 8.0]]]]).expand(1, 1, 6, 4)
    assert downsample2(line)[0, 0, 1].tolist() == [2.5, 6.5]
    assert downsample2(line, (1, 2, 1))[0, 0, 1].tolist() == [1, 7]


def test_a_picture_and_its_mirror_image_are_resampled_alike():
    """Only an even number of taps has its middle between two pixels: no side of the picture comes first."""
    x = pictures()
    for change in (upsample2, downsample2):
        torch.testing.assert_close(change(x.flip(3)), change(x).flip(3))
        assert not torch.allclose(change(x.flip(3), (1, 2, 1)), change(x, (1, 2, 1)).flip(3))


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_is_the_others_transpose(kernel):
    small, large = pictures(3, 5), pictures(6, 10)
    torch.testing.assert_close((upsample2(small, kernel) * large).sum(), 4 * (small * downsample2(large, kernel)).sum())


@pytest.mark.parametrize("change", [upsample2, downsample2])
@pytest.mark.parametrize("kernel", KERNELS[:3])
def test_gradients(change, kernel):
    x = pictures(2, 4, 1, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: change(x, kernel), x)
    assert torch.autograd.gradgradcheck(lambda x: change(x, kernel).square(), x)


def test_layouts_and_types_stay():
    x = pictures().float()
    for change in (upsample2, downsample2):
        plain, last = change(x), change(x.contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(plain, last)
        assert plain.dtype == torch.float32 and plain.is_contiguous()
        assert last.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("kernel", [BINOMIAL, LINEAR])
def test_bfloat16_on_a_processor_rounds_once(kernel):
    image = pictures().float().bfloat16()
    for change in (upsample2, downsample2):
        found, exact = change(image, kernel), change(image.float(), kernel)
        assert found.dtype == torch.bfloat16
        torch.testing.assert_close(found.float(), exact, rtol=2**-7, atol=2**-8)
    assert torch.equal(upsample2(image, kernel), upsample2(image.float(), kernel).bfloat16())


def test_drawn_first_and_trained_afterwards():
    """The kept kernel is made in the mode in which nothing can be differentiated, and serves a gradient then."""
    with torch.inference_mode():
        upsample2(pictures(), (1, 5, 1))
    x = pictures().requires_grad_()
    upsample2(x, (1, 5, 1)).sum().backward()
    assert torch.isfinite(x.grad).all()
