"""Signals that end mien, and their exit code (128 + signal).

A signal raises Interrupted, so that every `finally` cleans up. A training handles the signal itself, to save first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")  # Ctrl-C, kill, a closed terminal, SLURM's warning
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
CLOSED_OUTPUT = 13  # SIGPIPE: the number that reports a closed pipe, even if the system lacks this signal
APART = 0.3  # seconds: a wrapper program may pass one Ctrl-C twice
GRACE = 1.0  # seconds that a second Ctrl-C waits for the step before the process ends

Ask = Callable[[int], None]


class Interrupted(KeyboardInterrupt):
    """A signal ends this process now."""

    def __init__(self, number: int):
        super().__init__(name_of(number))
        self.exit_code = 128 + number


def name_of(number: int) -> str:
    """Return the name of a signal: 15 -> "SIGTERM". A closed output has its own name."""
    return "the output was closed" if number == CLOSED_OUTPUT else signal.Signals(number).name


asked: Ask | None = None  # the handler of a signal; None: Interrupted is raised


def arrive(number: int, frame: FrameType | None = None) -> None:
    """Handle a signal, or a closed output."""
    (asked or interrupt)(number)


def interrupt(number: int) -> None:
    raise Interrupted(number)


@contextlib.contextmanager
def handled(ask: Ask | None = None, last_words: Callable[[], str] | None = None) -> Iterator[None]:
    """Make a signal raise Interrupted, or call `ask` with its number, within this context.

    A second Ctrl-C raises Interrupted even with `ask`. If the main thread does not react within a second (during one
    long operation of PyTorch), the process prints `last_words` and ends. Outside the main thread signals are not
    handled. A signal that was ignored before (nohup) stays ignored.
    """
    global asked
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    outer = asked
    before = {
        number: signal.getsignal(number)
        for number in SIGNALS
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN
    }
    asked = twice(ask or once(interrupt))
    try:
        for number in before:
            signal.signal(number, arrive)
        with impatience(last_words) if last_words else contextlib.nullcontext():
            yield
    finally:
        asked = outer
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def once(ask: Ask) -> Ask:
    """Return `ask` for the first signal only. Later ones (from a closed terminal) must not end its clean-up."""
    arrived = False

    def asked_first(number: int) -> None:
        nonlocal arrived
        if not arrived:
            arrived = True
            ask(number)

    return asked_first


def twice(ask: Ask) -> Ask:
    """Return `ask` for every signal except a second Ctrl-C, which raises Interrupted."""
    first: float | None = None

    def asked_or_raised(number: int) -> None:
        nonlocal first
        if number == signal.SIGINT:
            if first is not None and time.monotonic() - first > APART:
                raise Interrupted(number)
            first = first or time.monotonic()
        ask(number)

    return asked_or_raised


@contextlib.contextmanager
def impatience(last_words: Callable[[], str]) -> Iterator[None]:
    """End the process if the main thread does not react to a second Ctrl-C within GRACE seconds.

    Python runs handlers between two instructions of the main thread, and one backward pass is a single instruction. So
    another thread reads the signals' numbers from a socket. The interpreter writes them there at once.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    over = threading.Event()

    def watch() -> None:
        first: float | None = None
        while numbers := reader.recv(64):
            if signal.SIGINT not in numbers:
                continue
            if first is None:
                first = time.monotonic()
            elif time.monotonic() - first > APART and not over.wait(GRACE):
                end_now(last_words())

    thread = threading.Thread(target=watch, daemon=True, name="mien second Ctrl-C")
    thread.start()
    old = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(old)
        writer.close()
        thread.join()
        reader.close()


def end_now(words: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(f"mien: {words}", file=sys.stderr, flush=True)
    os._exit(128 + signal.SIGINT)


def open_standard_streams() -> None:
    """Open the null device for descriptors 0 to 2 if they are closed (`mien … 2>&-`).

    Otherwise the next opened file would get the number of standard error, and all that libraries print there.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def silence(stream: IO[str]) -> None:
    """Connect a stream whose reader is gone to the null device, so that no write fails when Python ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
