"""DiffAugment against the paper's numbers, pixel by pixel where that can be said."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from mien.augmentation.diffaugment import DiffAugment, color, cutout, translation
from mien.batch import Batch
from mien.errors import UsageError


def pictures(count=4, channels=3, height=8, width=12):
    return torch.rand(count, channels, height, width, dtype=torch.double, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("part", [color, translation, cutout])
def test_differentiable_twice_at_any_size(part, channels):
    def function(image):
        torch.manual_seed(3)
        return part(image)

    image = pictures(2, channels, 5, 6).requires_grad_()
    assert function(image).shape == image.shape
    assert gradcheck(function, image) and gradgradcheck(function, image)


def test_color_by_hand():
    """A picture of two pixels, one value each: with m the mean, x -> contrast * (x + b - m - b) + m + b."""
    torch.manual_seed(0)
    drawn = torch.rand(3, 4000, 1, 1, 1)
    brightness, contrast = drawn[0].flatten() - 0.5, drawn[2].flatten() + 0.5
    torch.manual_seed(0)
    image = torch.tensor([-0.25, 0.75]).view(1, 1, 1, 2).expand(4000, 3, 1, 2)
    found = color(image)
    expected = torch.stack([0.25 + brightness + sign * 0.5 * contrast for sign in (-1, 1)], 1)
    torch.testing.assert_close(found[:, 1, 0], expected)  # grey stays grey, whatever the saturation
    assert brightness.min() < -0.49 and brightness.max() > 0.49 and contrast.min() < 0.51 and contrast.max() > 1.49


def test_saturation_is_the_distance_from_grey_times_0_to_2():
    torch.manual_seed(0)
    image = torch.tensor([0.3, 0.0, -0.3]).view(1, 3, 1, 1).expand(4000, 3, 1, 1)
    torch.manual_seed(1)
    saturation, contrast = torch.rand(3, 4000, 1, 1, 1)[1:].flatten(1)
    torch.manual_seed(1)
    found = color(image)
    torch.testing.assert_close((found[:, 0] - found[:, 2]).flatten(), 0.6 * 2 * saturation * (0.5 + contrast))
    assert saturation.min() < 0.01 and saturation.max() > 0.99


def test_translation_by_an_eighth_at_most_each_shift_as_often():
    torch.manual_seed(0)
    image = torch.zeros(6000, 1, 16, 32)
    image[:, :, 8, 16] = 1.0
    places = translation(image).flatten(1).argmax(1)
    down, across = places // 32 - 8, places % 32 - 16
    assert [down.eq(step).sum().item() / 6000 for step in range(-2, 3)] == pytest.approx([1 / 5] * 5, abs=0.03)
    assert [across.eq(step).sum().item() / 6000 for step in range(-4, 5)] == pytest.approx([1 / 9] * 9, abs=0.03)


@pytest.mark.parametrize("side, reach", [(20, 3), (36, 5), (52, 7), (64, 8), (8, 1), (11, 1)])
def test_the_reach_of_a_shift_is_rounded_half_up(side, reach):
    """int(side / 8 + 0.5), as the authors' code has it."""
    torch.manual_seed(0)
    image = torch.zeros(800, 1, side, side)
    image[:, :, side // 2, side // 2] = 1.0
    rows = translation(image).amax(3).flatten(1).argmax(1) - side // 2
    assert (rows.min().item(), rows.max().item()) == (-reach, reach)


@pytest.mark.parametrize("side, size", [(5, 3), (9, 5), (16, 8), (13, 7)])
def test_the_size_of_a_cut_is_rounded_half_up(side, size):
    torch.manual_seed(0)
    cut = cutout(torch.ones(800, 1, side, side)) == 0
    assert cut.any(3).sum(2).max().item() == size


def test_what_is_moved_in_is_zero_and_the_rest_is_the_picture():
    torch.manual_seed(0)
    image = pictures(50, 3, 16, 16) + 1
    moved = translation(image)
    for one, before in zip(moved, image):
        rows, columns = (one[0].abs().sum(axis) != 0 for axis in (1, 0))
        top, left = rows.nonzero()[0].item(), columns.nonzero()[0].item()
        height, width = rows.sum().item(), columns.sum().item()
        y, x = (0 if top else 16 - height), (0 if left else 16 - width)
        assert torch.equal(one[:, rows][:, :, columns], before[:, y : y + height, x : x + width])


def test_cutout_is_half_of_each_side_with_its_centre_anywhere():
    torch.manual_seed(0)
    cut = cutout(torch.ones(6000, 1, 16, 32)) == 0
    heights, widths = cut.any(3).sum(2).flatten(), cut.any(2).sum(2).flatten()
    assert (heights.max(), widths.max(), heights.min(), widths.min()) == (8, 16, 4, 8)  # half of it may lie outside
    assert torch.equal(cut.sum((1, 2, 3)), heights * widths)  # a rectangle
    # Row r is cut where the first one cut, uniform over -4 … 12, lies in r-7 … r: 5 of 17 places for row 0.
    shares = cut.any(3).float().mean((0, 1))
    torch.testing.assert_close(shares[[0, 8]], torch.tensor([5 / 17, 8 / 17]), atol=0.03, rtol=0)


def test_each_picture_has_its_own_draw_and_real_and_fake_differ():
    torch.manual_seed(0)
    transform = DiffAugment().at(Batch(pictures()), {})
    image = pictures(1).expand(6, -1, -1, -1)
    first, second = transform(image), transform(image)
    assert len({one.sum().item() for one in torch.cat([first, second])}) == 12
    torch.manual_seed(0)
    assert torch.equal(DiffAugment().at(Batch(pictures()), {})(image), first)


def test_the_policy_is_kept_in_its_order():
    torch.manual_seed(1)
    expected = cutout(translation(pictures()))
    torch.manual_seed(1)
    assert torch.equal(DiffAugment("translation, cutout").changed(pictures()), expected)
    with pytest.raises(UsageError, match="'blur' is none of color, translation, cutout"):
        DiffAugment("color,blur")
