import asyncio
import socket

import pytest

from mien.errors import UsageError
from mien.web.listening import listen, shown


def test_answers_are_sent_without_delay():
    """An answer has two parts, its head and its body. With Nagle's delay the body waits 40 ms."""

    async def option_of_an_answer():
        found = asyncio.get_running_loop().create_future()

        async def answer(reader, writer):
            found.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(answer, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            return await found, writer.close()

    assert asyncio.run(option_of_an_answer())[0] == 1


def test_a_taken_port_is_an_error_with_a_cure():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port}: Address already in use; choose another --port"):
            listen("127.0.0.1", port)


def test_shown_is_an_address_that_a_browser_opens():
    assert [shown(host) for host in ("0.0.0.0", "::", "::1", "example.org")] == [
        "127.0.0.1",
        "127.0.0.1",
        "[::1]",
        "example.org",
    ]
