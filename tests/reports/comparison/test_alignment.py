"""Equal kimg and equal time: which grids stand side by side."""

import json

import pytest

from mien.reports.comparison.alignment import at_equal_kimg, at_equal_time, seconds_at
from mien.reports.run_data import read_run
from mien.runs.directory import RunDirectory


def read(folder, grids, rows, state=None):
    """A run with empty grid files and statistics (images, seconds)."""
    run = RunDirectory(folder)
    run.samples.mkdir(parents=True)
    for kimg in grids:
        (run.samples / f"fakes{kimg:010.3f}.png").touch()
    for images, seconds in rows:
        run.stats.append({"images": images, "kimg": images / 1000, "seconds": seconds})
    run.status.write_text(json.dumps(state or {"images": rows[-1][0], "seconds": rows[-1][1]}))
    return read_run(run)


@pytest.fixture
def slow_and_fast(tmp_path):
    """10 kimg in 100 s, and 40 kimg in 200 s; the second was resumed at 100 s."""
    slow = read(tmp_path / "slow", [0, 1, 2, 4, 8, 10], [(5000, 50.0), (10_000, 100.0)])
    fast = read(tmp_path / "fast", [0, 1, 3, 9, 18, 25, 40], [(20_000, 100.0), (40_000, 200.0)])
    return [slow, fast]


def kimg(moment):
    return [grid and grid[0] for grid in moment.grids]


def test_time_is_read_between_rows_and_held_at_the_ends(slow_and_fast):
    slow, fast = slow_and_fast
    assert [seconds_at(slow, at) for at in (0, 2.5, 5, 7.5, 10, 12)] == [0, 25, 50, 75, 100, 100]
    assert seconds_at(fast, 30) == 150


def test_equal_kimg_ends_where_the_shortest_run_does(slow_and_fast):
    found = at_equal_kimg(slow_and_fast)
    assert [round(one.at, 3) for one in found] == [1.0, 3.333, 10.0]
    assert [kimg(one) for one in found] == [[1, 1], [2, 3], [10, 9]]


def test_equal_time_is_that_of_the_run_that_trained_least(slow_and_fast):
    found = at_equal_time(slow_and_fast)
    assert found.at == 100 and kimg(found) == [10, 18]


def test_runs_that_end_within_a_round_of_each_other_show_their_ends(tmp_path):
    pair = [read(tmp_path / "a", [0, 90, 100.0], [(100_000, 60.0)])]
    pair += [read(tmp_path / "b", [0, 90, 100.1], [(100_100, 60.3)])]
    assert kimg(at_equal_kimg(pair)[-1]) == [100.0, 100.1]
    assert kimg(at_equal_time(pair)) == [100.0, 100.1]


def test_a_run_without_pictures_has_a_gap(tmp_path):
    pair = [read(tmp_path / "a", [0], [(10, 1.0)]), read(tmp_path / "b", [], [(10, 1.0)])]
    (only,) = at_equal_kimg(pair)  # the same grids at each moment: shown once
    assert kimg(only) == [0, None]
