from itertools import islice, pairwise

import pytest

from mien.trainer.intervals import Ticks, ticks


def test_gaps_widen_as_the_docstring_says():
    kimg = [tick // 1000 for tick in islice(ticks(1000, 0.12), 24)]
    assert kimg == [*range(1, 18), 19, 21, 23, 25, 28, 31, 34]
    assert list(islice(ticks(1000, 1.0), 5)) == [1000, 2000, 4000, 8000, 16000]
    assert list(islice(ticks(1000, 0.005), 300)) == [1000 * n for n in range(1, 301)]


@pytest.mark.parametrize("first, growth", [(1000, 0.12), (7, 0.3), (64, 1.0), (1, 0.005)])
def test_ticks_rise_in_multiples_of_the_first_with_gaps_of_at_most_the_growth(first, growth):
    found = list(islice(ticks(first, growth), 200))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert all(tick % first == 0 for tick in found)
    assert all(first <= gap <= max(first, growth * tick) for gap, tick in zip(gaps, found))


def test_due_gives_the_last_tick_reached_and_each_only_once():
    due = Ticks(100, 1.0, images=0).due
    assert [due(images) for images in (64, 100, 128, 192, 256, 900)] == [None, 100, None, None, 200, 800]


@pytest.mark.parametrize("step", [64, 100, 37])
@pytest.mark.parametrize("stop", [0, 1, 6, 7, 20])
def test_a_resumed_run_has_the_ticks_that_follow(step, stop):
    """Stopped after any round and begun anew, the ticks due are those of the run without a stop."""
    rounds = [step * number for number in range(1, 60)]
    whole = Ticks(100, 0.12, 0)
    expected = [whole.due(images) for images in rounds]
    before, after = Ticks(100, 0.12, 0), Ticks(100, 0.12, rounds[stop - 1] if stop else 0)
    found = [before.due(images) for images in rounds[:stop]] + [after.due(images) for images in rounds[stop:]]
    assert found == expected
