"""mien studio: pages in a browser about all runs, live; and images from what they learned."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from mien.commands.verb_result import VerbResult
from mien.errors import UsageError


@dataclass(frozen=True)
class Closed(VerbResult):
    """folder: the runs that the studio showed."""

    folder: Path

    def as_dict(self) -> dict[str, Any]:
        return {"folder": str(self.folder)}

    def __str__(self) -> str:
        return "the studio is closed; trainings go on"


def studio(
    folder: tyro.conf.Positional[Path] = Path("runs"), *, host: str = "127.0.0.1", port: int = 8100, open: bool = False
) -> Closed:
    """Show runs in a browser: watch, pause and steer trainings, and generate images. Ctrl-C closes the studio alone.

    Args:
        folder: Folder that holds the runs, or one run.
        host: Address to listen on. With another address than 127.0.0.1, other machines can use the link, too.
        port: Port to listen on. 0: any free one.
        open: Open the link in the browser of this machine.
    """
    from mien.web.server import serve

    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder: name the folder that holds your runs, or start a training first")
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port} is out of range: 0 to 65535")

    def opened(link: str) -> None:
        print(f"studio   {link}", file=sys.stderr, flush=True)
        print("close    Ctrl-C; trainings go on", file=sys.stderr, flush=True)
        if open:
            import webbrowser

            webbrowser.open(link)

    serve(folder, host, port, opened)
    return Closed(folder)
