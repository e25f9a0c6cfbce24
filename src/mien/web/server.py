"""The server of the studio: one process, which serves pages until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from mien.errors import UsageError
from mien.runtime import signals
from mien.runtime.memory import keep_small
from mien.web.listening import listen, shown

MISSING = "mien studio needs Starlette and uvicorn: pip install 'mien[studio]'"
GRACE = 4.0  # seconds after Ctrl-C
LIMIT = 200  # connections that are answered at once


def serve(folder: Path, host: str, port: int, opened: Callable[[str], None]) -> None:
    """Serve the pages until a signal comes. opened: called with the link to open, once the server listens.

    Raises UsageError, in one line, if a package is missing or the port is taken.
    """
    try:
        import uvicorn

        from mien.web.app import create_app
    except ImportError as error:
        raise UsageError(f"{MISSING} ({error})") from None

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """End soon after a signal, even if a request computes for long. Files are written by rename."""
            end = threading.Timer(GRACE, os._exit, (0,))
            end.daemon = True
            end.start()
            super().handle_exit(sig, frame)

    keep_small()
    token = secrets.token_urlsafe(24)
    listener = listen(host, port)
    port = listener.getsockname()[1]
    app = create_app(folder, token, local=host in ("127.0.0.1", "localhost", "::1"), port=port)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, timeout_keep_alive=20,
        limit_concurrency=LIMIT, timeout_graceful_shutdown=2,
    )  # fmt: skip
    threading.Thread(target=warm_up, daemon=True).start()
    opened(f"http://{shown(host)}:{port}/?token={token}")
    with contextlib.suppress(
        signals.Interrupted
    ):  # the usual end: uvicorn finishes its work and raises the signal again
        Server(config).run(sockets=[listener])


def warm_up() -> None:
    """Import what the first image needs. The server answers meanwhile."""
    import mien.inference.scene  # noqa: F401
