"""Messages and progress on standard error: a live line in a terminal, plain lines elsewhere.

Results go to standard output and are printed by `cli.main` alone. rich respects NO_COLOR and dumb terminals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from mien.errors import FileError
from mien.runtime import signals
from mien.runtime.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress


class Output(Console):
    """Standard error. An error of this stream never makes a training fail.

    A closed pipe ends mien as a signal does. After any other error (a closed terminal, a full disk behind `2> file`)
    the stream stays silent.
    """

    def on_broken_pipe(self) -> None:
        self.silence()
        signals.arrive(signals.CLOSED_OUTPUT)

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError:
            self.silence()

    def silence(self) -> None:
        self.quiet = True
        self._buffer.clear()
        signals.silence(self.file)


console = Output(stderr=True, highlight=False, soft_wrap=True, emoji=False)  # a file may be called :smile:

BAR, SHORT_BAR, WIDE = 24, 10, 80  # columns of the bar, and of a terminal that has room for the long one
PLAIN_EVERY = 10.0  # seconds between plain lines
LIVE_EVERY = 0.5  # seconds between redraws of the live line


class Viewer(Protocol):
    """A notebook's display, which takes the place of standard error."""

    def say(self, text: str) -> None: ...

    def show(self, share: float, text: str) -> None:
        """Show progress. share: 0 to 1."""


log: Path | None = None
showing = False  # whether a live line is on the screen
viewer: Viewer | None = None


def live() -> bool:
    return console.is_terminal and not console.is_dumb_terminal


def log_to(path: Path | None) -> None:
    """Append all messages to a file as well, from now on. None ends that."""
    global log
    log = path


def say(text: str) -> None:
    if viewer is None:
        console.print(printable(text), markup=False)
    else:
        viewer.say(printable(text))
    note(text)


def note(text: str) -> None:
    """Write a message to the log file alone, with the time. Raises FileError if it cannot be written."""
    if log is None:
        return
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {printable(text)}\n")
    except OSError as error:
        raise FileError(f"{log}: {error.strerror or error}") from error


Part = tuple[int, str]
"""(rank, text) of a part of a progress line. A narrow terminal leaves out the parts of the highest rank first."""


class Line:
    """A progress line. `show` may be called often; it redraws seldom."""

    def __init__(self, progress: Progress | None, bar: int = 0):
        self.progress, self.bar = progress, bar
        self.task = progress.add_task("", total=1.0) if progress else None
        self.last = self.noted = 0.0

    def due(self) -> bool:
        return time.monotonic() - self.last >= (LIVE_EVERY if self.progress or viewer else PLAIN_EVERY)

    def show(self, share: float, words: str | Sequence[Part]) -> None:
        """Show progress. share: 0 to 1. words: a live line shows only what fits into the terminal."""
        self.last = time.monotonic()
        parts = [(0, words)] if isinstance(words, str) else words
        text = "  ".join(part for _, part in parts)
        if viewer is not None:
            viewer.show(share, printable(text))
        elif self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=share, description=fitted(parts, self.room()), refresh=True)
        else:
            say(f"{share:4.0%}  {text}")
            return
        if self.last - self.noted >= PLAIN_EVERY:
            self.noted = self.last
            note(f"{share:4.0%}  {text}")

    def room(self) -> int:
        """Return the columns of the terminal that bar and percentage leave."""
        return max(1, console.width - self.bar - len(" 100% ") - 1)


def fitted(parts: Sequence[Part], room: int) -> str:
    """Return the text of a line in `room` columns: parts of the highest rank are left out, then the end is cut."""
    left = [(rank, printable(text)) for rank, text in parts]
    while len(left) > 1 and len("  ".join(text for _, text in left)) > room:
        left.remove(max(reversed(left), key=lambda part: part[0]))
    text = "  ".join(text for _, text in left)
    return text if len(text) <= room else text[: room - 1] + "…"


@contextmanager
def progress_line() -> Iterator[Line]:
    """Show a bar and text. It is redrawn by `Line.show`: another thread would slow down the training.

    If a bar is on the screen already, the words come in plain lines above it.
    """
    global showing
    if viewer is not None or not live() or showing:
        yield Line(None)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = BAR if console.width >= WIDE else SHORT_BAR
    columns = (BarColumn(bar_width=bar), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        showing = True
        try:
            yield Line(progress, bar)
        finally:
            showing = False


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show the progress of counted work by `progress(done, total)`. Short work shows nothing."""
    with progress_line() as line:
        start = line.last = time.monotonic()

        def progress(done: int, total: int) -> None:
            if line.due() and done < total:
                speed = done / max(time.monotonic() - start, 1e-9)
                line.show(done / total, f"{what}: {done:,} of {total:,} ({speed:,.0f} a second)")

        yield progress
