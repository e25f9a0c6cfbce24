"""Episodes: evidence over several looks, and two thresholds."""

import pytest

from mien.reports.doctor.series import Episode, Sign, episodes, latest, smoothed


def signs(*strengths: float) -> list[Sign]:
    return [Sign(float(kimg), strength) for kimg, strength in enumerate(strengths, 1)]


def test_three_looks_in_a_row_make_an_episode():
    assert episodes(signs(0, 1.2, 1.5, 1.1), 3) == [Episode(2, 4, None, 1.5)]


@pytest.mark.parametrize("strengths", [(1, 1), (1, 1, 0, 1, 1), (1, 0, 1, 0, 1, 0, 1), (1, 1, 0.9, 1, 1)])
def test_fewer_looks_in_a_row_make_none(strengths):
    assert episodes(signs(*strengths), 3) == []


def test_an_episode_ends_after_as_many_weak_looks():
    assert episodes(signs(1, 1, 1, 0.1, 0.1, 0.1), 3) == [Episode(1, 3, 4, 1)]
    assert episodes(signs(1, 1, 1, 0.1, 0.1), 3) == [Episode(1, 3, None, 1)]


def test_between_the_thresholds_nothing_changes():
    assert episodes(signs(1, 1, 1, *[0.8] * 9), 3) == [Episode(1, 3, None, 1)]
    assert episodes(signs(1, 1, 1, 0.1, 0.1, 0.8, 0.1, 0.1), 3) == [Episode(1, 3, None, 1)]


def test_a_second_episode_has_its_own_onset_and_peak():
    found = episodes(signs(2, 2, 0, 0, 5, 3), 2)
    assert found == [Episode(1, 2, 3, 2), Episode(5, 6, None, 5)]


def test_a_live_look_agrees_with_the_look_back():
    """What was said at a moment is what the same rows say later: an episode has its onset from the first look on."""
    rows = signs(0, 1, 1, 1, 2, 0, 0, 0, 1, 1, 1)
    said = [episodes(rows[:count], 3) for count in range(1, len(rows) + 1)]
    assert [bool(one) and one[-1].end is None for one in said] == [False] * 3 + [True] * 4 + [False] * 3 + [True]
    assert {one[0].onset for one in said if one} == {2}


def test_one_odd_value_is_smoothed_away():
    assert smoothed([1, 1, 90, 1, 1]) == [1, 1, 1, 1, 1]
    assert smoothed([1, 3, 5, 7]) == [1, 2, 3, 5]


def test_latest_is_at_or_before():
    rows = [(1.0, 10.0), (2.0, 20.0)]
    assert [latest(rows, kimg) for kimg in (0.5, 1, 1.9, 2, 9)] == [None, 10, 10, 20, 20]
