"""The live display of a command in Jupyter, updated in place.

Outside Jupyter this module does not import IPython.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from mien.runtime import console

EVERY = 2.0  # seconds between two reads of a run's files
MOST_LINES = 200  # lines of output in the saved notebook


def in_notebook() -> bool:
    """Return whether this code runs in a cell of Jupyter, not in a terminal or a script."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextmanager
def live_display() -> Iterator[None]:
    """Show output and progress in one display in Jupyter. Elsewhere nothing changes."""
    if console.viewer is not None or not in_notebook():
        yield
        return
    viewer = console.viewer = LiveDisplay()
    try:
        yield
    finally:
        console.viewer = None
        viewer.close()


class LiveDisplay:
    """A display of progress, the newest sample grid, curves and the output. The notebook saves only its last state."""

    def __init__(self) -> None:
        self.handle: Any = None
        self.said: list[str] = []
        self.share, self.text = 0.0, ""
        self.run: Path | None = None
        self.run_html, self.looked = "", 0.0

    def say(self, text: str) -> None:
        self.said = [*self.said, text][-MOST_LINES:]
        self.draw()

    def show(self, share: float, text: str) -> None:
        self.share, self.text = share, text
        self.look(EVERY)
        self.draw()

    def close(self) -> None:
        """Remove the progress bar when the command ends."""
        self.text = ""
        self.look(0.0)
        if self.handle is not None:
            self.draw()

    def look(self, every: float) -> None:
        """Read the files of the current run, at most once in `every` seconds. The log file gives the run's folder."""
        if console.log is not None:
            self.run = console.log.parent
        if self.run is None or time.monotonic() - self.looked < every:
            return
        from mien.runs.directory import RunDirectory
        from mien.trainer.run_html import run_html

        self.run_html, self.looked = run_html(RunDirectory(self.run)), time.monotonic()

    def draw(self) -> None:
        display = import_module("IPython.display").display
        shown = {"text/html": self.html(), "text/plain": "\n".join([*self.said, *filter(None, [self.text])])}
        if self.handle is None:
            self.handle = display(shown, raw=True, display_id=True)
        else:
            self.handle.update(shown, raw=True)

    def html(self) -> str:
        warnings = [line for line in self.said if line.startswith("warning")]
        parts = [f"<div>{escape(line)}</div>" for line in warnings]
        if self.text:
            words = escape(f"{self.share:.0%}  {self.text}")
            parts.append(f'<progress value="{self.share:.4f}" style="width:240px"></progress> {words}')
        parts.append(self.run_html)
        if self.said:
            lines = escape("\n".join(self.said))
            opened = "" if self.run_html else " open"
            summary = f"{len(self.said)} line{'s' if len(self.said) > 1 else ''}"
            parts.append(f"<details{opened}><summary>{summary}</summary><pre>{lines}</pre></details>")
        return f'<div style="font:13px/1.5 system-ui,sans-serif">{"".join(parts)}</div>'
