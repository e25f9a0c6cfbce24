"""The socket on which a server of mien listens."""

from __future__ import annotations

import socket

from mien.errors import UsageError

ANY = ("0.0.0.0", "::", "")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. port: 0 takes any free one. Raises UsageError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay (TCP_NODELAY) only if the socket names its protocol. Else the body of an answer waits
    # 40 ms for the other side.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except (OSError, OverflowError) as error:
        made.close()
        cure = "choose another --port, or --port 0 for any free one"
        raise UsageError(f"--host {host} --port {port}: {getattr(error, 'strerror', None) or error}; {cure}") from None
    return made


def shown(host: str) -> str:
    """The address that a browser on this machine opens."""
    name = "127.0.0.1" if host in ANY else host
    return f"[{name}]" if ":" in name else name
