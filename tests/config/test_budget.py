import math

import pytest

from mien.config.budget import Budget, duration, parse_budget, parse_duration
from mien.errors import UsageError


@pytest.mark.parametrize(
    "text, budget",
    [
        ("30s", Budget(seconds=30)),
        ("30m", Budget(seconds=1800)),
        ("2h", Budget(seconds=7200)),
        ("1.5h", Budget(seconds=5400)),
        ("1d", Budget(seconds=86400)),
        ("5 min", Budget(seconds=300)),
        ("200kimg", Budget(images=200_000)),
        ("0.5Mimg", Budget(images=500_000)),
        ("320img", Budget(images=320)),
        ("50ep", Budget(images=50 * 96)),
        ("0.25epochs", Budget(images=24)),
        ("0.0001kimg", Budget(images=1)),  # never a budget of nothing
        ("0.001ep", Budget(images=1)),
        ("200kimg,30m", Budget(images=200_000, seconds=1800)),
        ("30m, 2h, 1ep, 50img", Budget(images=50, seconds=1800)),
    ],
)
def test_amounts(text, budget):
    assert parse_budget(text, epoch=96) == budget


@pytest.mark.parametrize(
    "text",
    ["", "30", "m", "0m", "0kimg", "-5m", "1e3kimg", "30 parsecs", "30m,", ",", "30m,5", "1h30m", "nan h", "infm"],
)
def test_refused_with_the_flag_and_examples(text):
    with pytest.raises(UsageError, match=r"^--budget .* is not an amount of training: write 30m, 2h, 200kimg or 50ep$"):
        parse_budget(text, 96)


def test_a_duration_is_a_time_and_nothing_else():
    assert parse_duration("2m", "--every") == 120 and parse_duration("0.2s", "--every") == 0.2
    for text in ("5kimg", "3ep", "soon", "0s", "30s,5kimg", "30s,1m"):
        with pytest.raises(UsageError, match=f"^--every '{text}' is not a time: write 30s, 2m or 1h$"):
            parse_duration(text, "--every")


def test_share_is_of_whichever_ends_first():
    budget = Budget(images=1000, seconds=10)
    assert budget.share(250, 1.0) == 0.25 and budget.share(250, 5.0) == 0.5 and budget.share(5000, 0) == 1.0
    assert Budget(seconds=10).share(10**9, 2.0) == 0.2 and Budget().share(10**9, 10**9) == 0.0


def test_plus_starts_from_what_is_done():
    assert Budget(images=100).plus(320, 7.5) == Budget(images=420)
    assert Budget(seconds=60).plus(320, 7.5) == Budget(math.inf, 67.5)


@pytest.mark.parametrize("budget", [Budget(54_736), Budget(seconds=1800.25), Budget(1_234_567, 3600.5)])
def test_its_text_is_read_back(budget):
    assert parse_budget(budget.as_text(), 1) == budget


def test_words():
    assert str(Budget(images=200_500)) == "200.5 kimg" and str(Budget(seconds=7265)) == "2h 01m"
    assert str(Budget(1_234_567, 1800)) == "1234.567 kimg, at most 30m 00s"
    assert [duration(seconds) for seconds in (0, 59.6, 75, 3599.6, 7265)] == [
        "0s",
        "1m 00s",
        "1m 15s",
        "1h 00m",
        "2h 01m",
    ]
