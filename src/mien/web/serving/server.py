"""Runs the application until a signal ends it. Needs the extra `serve`."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from mien.runtime import signals
from mien.runtime.console import say
from mien.web.listening import shown

GRACE = 10  # seconds that running requests get after the signal


class Server(uvicorn.Server):
    """A server that leaves signals to mien."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(app: ASGIApp, listening: socket.socket, about: str) -> float:
    """Serve until SIGINT or SIGTERM, finish the running requests, and return the seconds."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE)
    server, begun = Server(config), time.time()

    def stop(number: int) -> None:
        server.should_exit = True

    host, port = listening.getsockname()[:2]
    say(f"{about} at http://{shown(host)}:{port}: description at /openapi.json, Ctrl-C stops")
    with signals.handled(stop), listening:
        server.run(sockets=[listening])
    return time.time() - begun
