"""The queue joins what waits, has a limit, survives errors, and finishes its work at the end."""

import threading

import numpy as np
import pytest

from mien.web.serving.batches import Batches, Closed, QueueFull


class Forward:
    """Doubles the rows. The first call waits until `go` is set. It notes the key and the size of each call."""

    def __init__(self):
        self.go, self.begun, self.calls = threading.Event(), threading.Event(), []

    def __call__(self, key, rows):
        self.calls.append((key, len(rows)))
        if rows.min() < 0:
            raise RuntimeError("negative")
        self.begun.set()
        assert self.go.wait(5)
        return rows * 2


def rows(*numbers):
    return np.array(numbers)[:, None]


@pytest.fixture
def forward():
    return Forward()


@pytest.fixture
def batches(forward):
    made = Batches(forward, most=4, waiting=8)
    yield made
    forward.go.set()
    made.close()


def test_requests_that_wait_share_a_forward(batches, forward):
    first = batches.submit("a", rows(1))
    assert forward.begun.wait(5)
    others = [batches.submit("a", rows(2, 3)), batches.submit("b", rows(4)), batches.submit("a", rows(5, 6))]
    last = batches.submit("a", rows(7))
    assert batches.waiting == 6
    forward.go.set()
    found = [job.result(5).ravel().tolist() for job in (first, *others, last)]
    assert found == [[2], [4, 6], [8], [10, 12], [14]]
    assert forward.calls == [("a", 1), ("a", 4), ("b", 1), ("a", 1)]
    assert (batches.batches, batches.images, batches.waiting) == (4, 7, 0)


def test_too_many_are_refused_and_the_place_comes_back(batches, forward):
    batches.submit("a", rows(1))
    assert forward.begun.wait(5)
    waiting = [batches.submit("a", rows(*range(4))) for _ in range(2)]
    with pytest.raises(QueueFull):
        batches.submit("a", rows(1))
    forward.go.set()
    assert [len(job.result(5)) for job in waiting] == [4, 4]
    assert batches.submit("a", rows(3)).result(5).tolist() == [[6]]


def test_an_error_reaches_its_requests_alone(batches, forward):
    forward.go.set()
    with pytest.raises(RuntimeError, match="negative"):
        batches.submit("a", rows(-1)).result(5)
    assert batches.submit("a", rows(1)).result(5).tolist() == [[2]]


def test_a_client_that_left_costs_no_forward(batches, forward):
    batches.submit("a", rows(1))
    assert forward.begun.wait(5)
    gone, stays = batches.submit("a", rows(2)), batches.submit("a", rows(3))
    assert gone.cancel()
    forward.go.set()
    assert stays.result(5).tolist() == [[6]]
    assert forward.calls == [("a", 1), ("a", 1)]


def test_the_end_finishes_what_waits(batches, forward):
    jobs = [batches.submit("a", rows(number)) for number in range(3)]
    threading.Timer(0.05, forward.go.set).start()
    batches.close()
    assert [job.result(0).tolist() for job in jobs] == [[[0]], [[2]], [[4]]]
    with pytest.raises(Closed):
        batches.submit("a", rows(1))
