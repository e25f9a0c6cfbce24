"""A queue with a limit, and one thread that makes images of all requests that wait, in one forward."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

Forward = Callable[[Hashable, np.ndarray], np.ndarray]


class QueueFull(Exception):
    """Too many images wait: try again later."""


class Closed(Exception):
    """The server is stopping."""


@dataclass
class Job:
    """The rows of one request, and its result."""

    key: Hashable
    rows: np.ndarray
    done: Future[np.ndarray] = field(default_factory=Future)


class Batches:
    """Runs `forward(key, rows [N,…]) -> images [N,…]` for rows of several requests at once.

    Only rows of one key are joined. most: largest N. waiting: images that may wait. There is no delay: while one
    forward runs, requests gather for the next.
    """

    def __init__(self, forward: Forward, most: int, waiting: int):
        self.forward, self.most, self.limit = forward, most, waiting
        self.jobs: deque[Job] = deque()
        self.waiting, self.batches, self.images = 0, 0, 0  # images now; forwards and images since the start
        self.closed = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True, name="mien batches")
        self.thread.start()

    def submit(self, key: Hashable, rows: np.ndarray) -> Future[np.ndarray]:
        """Return the future images of the rows. Raises QueueFull or Closed."""
        with self.changed:
            if self.closed:
                raise Closed
            if self.waiting + len(rows) > self.limit:
                raise QueueFull
            job = Job(key, rows)
            self.jobs.append(job)
            self.waiting += len(rows)
            self.changed.notify()
        return job.done

    def close(self) -> None:
        """Finish what waits, take nothing more, and end the thread."""
        with self.changed:
            self.closed = True
            self.changed.notify()
        self.thread.join()

    def _take(self) -> list[Job]:
        """Return the jobs of the next forward, the oldest first; [] at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.jobs or self.closed)
            taken: list[Job] = []
            count = 0
            for job in list(self.jobs):
                if taken and (job.key != taken[0].key or count + len(job.rows) > self.most):
                    continue
                self.jobs.remove(job)
                self.waiting -= len(job.rows)
                if job.done.set_running_or_notify_cancel():  # its client may be gone
                    taken.append(job)
                    count += len(job.rows)
            return taken

    def _run(self) -> None:
        while True:
            jobs = self._take()
            if not jobs:
                if self.closed:
                    return
                continue
            try:
                images = self.forward(jobs[0].key, np.concatenate([job.rows for job in jobs]))
            except Exception as error:  # each of these requests gets it, and the thread goes on
                for job in jobs:
                    job.done.set_exception(error)
                continue
            self.batches, self.images = self.batches + 1, self.images + len(images)
            start = 0
            for job in jobs:
                job.done.set_result(images[start : start + len(job.rows)])
                start += len(job.rows)
