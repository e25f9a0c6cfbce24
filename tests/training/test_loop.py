"""The loop alone, with players that only keep a diary."""

import math
from itertools import islice

from mien.training.loop import train


class Diary:
    """Stands for a player: takes its batches and notes the call."""

    def __init__(self, name, updates, pages):
        self.name, self.updates, self.pages = name, updates, pages

    def update(self, batches, images):
        self.pages.append((self.name, images, list(islice(batches, self.updates))))
        return {f"{self.name}/loss": len(self.pages)}


class Average:
    def __init__(self):
        self.calls = []

    def update(self, images, batch_size):
        self.calls.append((images, batch_size))


def batches(images, purpose):
    while True:
        yield (purpose, images)
        images += 10


def rounds(updates=(1, 1), total=30, resume_from=0):
    pages, average = [], Average()
    players = [Diary(name, count, pages) for name, count in zip(("D", "G"), updates)]
    return train(players, batches, 10, average, total, resume_from), pages, average


def test_discriminators_then_generators_on_their_own_streams():
    road, pages, average = rounds()
    progress = list(road)
    assert [step.images for step in progress] == [10, 20, 30]
    assert progress[0].statistics == {"D/loss": 1, "G/loss": 2}
    assert pages[:4] == [("D", 0, [("D", 0)]), ("G", 0, [("G", 0)]), ("D", 10, [("D", 10)]), ("G", 10, [("G", 10)])]
    assert average.calls == [(10, 10), (20, 10), (30, 10)]


def test_a_round_counts_the_images_of_the_most_active_player():
    road, pages, average = rounds(updates=(3, 1), total=60)
    assert [step.images for step in road] == [30, 60]
    assert pages[2] == ("D", 30, [("D", 30), ("D", 40), ("D", 50)])
    assert average.calls == [(30, 30), (60, 30)]


def test_the_last_round_may_pass_the_total():
    assert [step.images for step in rounds(total=25)[0]] == [10, 20, 30]


def test_resuming_asks_for_the_batches_that_follow():
    whole, all_pages, _ = rounds()
    resumed, later_pages, _ = rounds(resume_from=10)
    list(whole), list(resumed)
    assert later_pages == all_pages[2:] and len(later_pages) == 4


def test_nothing_happens_when_the_total_is_reached():
    road, pages, _ = rounds(total=30, resume_from=30)
    assert list(road) == [] and pages == []


def test_an_infinite_total_ends_when_no_further_round_is_asked_for():
    road, pages, _ = rounds(total=math.inf)
    assert [step.images for step in islice(road, 4)] == [10, 20, 30, 40] and len(pages) == 8
