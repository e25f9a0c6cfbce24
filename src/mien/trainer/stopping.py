"""Signals that stop a training. The first ends it after the round and saves it; a second Ctrl-C ends it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mien.errors import MienError
from mien.reports.doctor.diagnosis import Finding
from mien.runtime import signals


class Stopped(MienError):
    """A signal ended the training after it was saved; the exit code is 128 + signal."""

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.exit_code = 128 + number


class StoppedByDoctor(MienError):
    """A diagnosis ended the training after it was saved, as --on-trouble says."""

    exit_code = 4


class Alarm(Exception):
    """A diagnosis for which the training goes back to a checkpoint. `rollback` handles it."""

    def __init__(self, finding: Finding):
        super().__init__(finding.line)
        self.finding = finding


@contextmanager
def stoppable(ask: Callable[[int], None], last_words: Callable[[], str]) -> Iterator[None]:
    """Call `ask` with a signal's number when it comes. A second Ctrl-C raises Stopped with `last_words`."""
    try:
        with signals.handled(ask, last_words):
            yield
    except signals.Interrupted as again:
        raise Stopped(last_words(), again.exit_code - 128) from None
