"""Which sizes can be built, and the nearest to one that cannot."""

import pytest

from mien.errors import UsageError
from mien.networks.sizes import even_halvings, halves_evenly, nearest


def test_halvings_end_with_four_to_seven():
    assert even_halvings((64, 64)) == [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]
    assert even_halvings((96, 80)) == [(96, 80), (48, 40), (24, 20), (12, 10), (6, 5)]
    assert even_halvings((96, 96))[-1] == (6, 6)
    assert even_halvings((8, 24)) == [(8, 24), (4, 12)]


@pytest.mark.parametrize("size", [(8, 8), (10, 14), (48, 48), (112, 96), (2048, 2048), (8, 2), (14, 18)])
def test_sizes_that_work(size):
    assert halves_evenly(size)


@pytest.mark.parametrize("size", [(9, 9), (100, 100), (64, 65), (65, 64), (218, 178), (16, 18)])
def test_sizes_that_do_not(size):
    assert not halves_evenly(size)


@pytest.mark.parametrize(
    "size, near", [((100, 100), (96, 96)), ((65, 64), (64, 64)), ((9, 9), (8, 8)), ((2047, 2047), (2048, 2048))]
)
def test_the_nearest(size, near):
    assert nearest(size, halves_evenly) == near


def test_nothing_is_nearer():
    for height in range(8, 80, 7):
        for width in range(8, 80, 9):
            found = nearest((height, width), halves_evenly)
            away = abs(found[0] - height) + abs(found[1] - width)
            around = [
                (h, w)
                for h in range(max(8, height - away), height + away)
                for w in range(max(8, width - away), width + away)
                if abs(h - height) + abs(w - width) < away
            ]
            assert halves_evenly(found) and not any(map(halves_evenly, around))


def test_the_error_is_one_line_with_the_cure():
    with pytest.raises(UsageError) as caught:
        even_halvings((218, 178))
    assert str(caught.value) == (
        "--resolution 218x178: both sides must halve without remainder until the shorter one is 4 to 7 "
        "for this recipe's networks; try 224x192"
    )
